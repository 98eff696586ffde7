## A secret on the one page that ever shows it.
<%namespace name="show" file="/parts/show.mako"/>

## `way_on` is the page after it. The caller's body says what the secret is for.
<%def name="once(client_id, secret, way_on, in_force=True)">
<p class="notice warn">Copy the client secret now. You won’t see it again; we keep only its hash.</p>
% if not in_force:
<p class="notice bad" role="alert">The secret is saved but not yet in force, because a database isn’t answering. Until it is back, this secret may be refused.</p>
% endif
<dl class="facts">
<dt>Client ID</dt>
<dd>${show.copyable(client_id, "client-id")}</dd>
<dt>Client secret</dt>
<dd>${show.copyable(secret, "client-secret", "secret")}</dd>
</dl>
${caller.body()}
<p class="actions"><a class="button" href="${way_on}">I’ve copied the secret</a></p>
</%def>
