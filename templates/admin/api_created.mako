## The answer to the form that made an API: the one page that ever shows its secret.
<%inherit file="/layout/admin.mako"/>
<%page args="api, credentials, issuer"/>
<%def name="title()">${api.name} is registered</%def>
<p class="notice">Copy the client secret now: it is shown this once. We keep only its hash.</p>
<dl class="facts">
<dt>Client id</dt>
<dd><code class="wrap" id="client-id">${credentials.client_id}</code></dd>
<dt>Client secret</dt>
<dd><code class="secret wrap" id="client-secret">${credentials.client_secret}</code></dd>
<dt>Introspection</dt>
<dd><code class="wrap">${issuer}/oauth/introspect</code></dd>
</dl>
<p>With these the API asks about each token it gets (introspection, RFC 7662). Both go into its configuration, and nowhere else.</p>
<p class="actions"><a class="button" href="/admin/apis/${credentials.client_id}">I have copied the secret</a></p>
