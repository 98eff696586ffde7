## The answer to the form that made an app: the one page that ever shows its first secret.
<%inherit file="/layout/developer.mako"/>
<%page args="app, credentials, issuer"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">${app.name} is registered</%def>
% if credentials.client_secret:
<p class="notice">Copy the client secret now: it is shown this once. We keep only its hash.</p>
% endif
<dl class="facts">
<dt>Client id</dt>
<dd><code class="wrap" id="client-id">${credentials.client_id}</code></dd>
% if credentials.client_secret:
<dt>Client secret</dt>
<dd><code class="secret wrap" id="client-secret">${credentials.client_secret}</code></dd>
% endif
</dl>
% if credentials.client_secret:
<p>Keep the secret where your server alone can read it: never in a repository, an e-mail, or a page. If it leaks, add a second one and retire this.</p>
% else:
<p>A public app has no client secret. It proves itself with PKCE.</p>
% endif
<h2>Next</h2>
<ol>
<li>Give your library the client id\
% if credentials.client_secret:
, the secret\
% endif
 and this address, from which it finds everything else: <code class="wrap">${issuer}</code></li>
<li>Send a user to the authorization endpoint with <code>response_type=code</code>, a redirect URI of the app, and a PKCE challenge (<code>S256</code>).</li>
<li>Exchange the code that comes back for tokens, and store the new refresh token of every answer.</li>
</ol>
${parts.endpoints(issuer)}
<p class="actions"><a class="button" href="/developer/apps/${credentials.client_id}">\
% if credentials.client_secret:
I have copied the secret\
% else:
Go to the app\
% endif
</a></p>
