## A secret on the one page that ever shows it.
<%namespace name="show" file="/parts/show.mako"/>

## `way_on` is the page after it. The caller's body says what the secret is for.
<%def name="once(client_id, secret, way_on, in_force=True)">
<p class="notice warn">Copy the client secret now: it is shown this once. We keep only its hash.</p>
% if not in_force:
<p class="notice bad" role="alert">It is recorded, but not yet in force: a database does not answer. Until that is back it may be refused, and one that it replaces may still be taken. Then it works by itself.</p>
% endif
<dl class="facts">
<dt>Client id</dt>
<dd>${show.copyable(client_id, "client-id")}</dd>
<dt>Client secret</dt>
<dd>${show.copyable(secret, "client-secret", "secret")}</dd>
</dl>
${caller.body()}
<p class="actions"><a class="button" href="${way_on}">I have copied the secret</a></p>
</%def>
