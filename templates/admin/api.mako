## One API. `seen` is the version of it that is shown here, so that a form replaces one secret alone.
<%inherit file="/layout/admin.mako"/>
<%page args="api, scopes, seen, issuer"/>
<%namespace name="catalogue" file="/parts/scope.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${api.name}</%def>
<dl class="facts">
<dt>Address (resource URI)</dt>
<dd><code class="wrap">${api.resource}</code></dd>
<dt>Scopes it accepts</dt>
<dd>\
% if scopes:
${catalogue.listed(scopes)}\
% else:
none: it accepts only tokens that name it\
% endif
</dd>
<dt>Tokens that name no API</dt>
<dd>${"refused" if api.demands_audience else "accepted if they have one of its scopes"}</dd>
<dt>Client ID</dt>
<dd>${show.copyable(api.client_id)}</dd>
<dt>Introspection</dt>
<dd>${show.copyable(f"{issuer}/oauth/introspect")}</dd>
<dt>Registered</dt>
<dd>${show.moment(api.created_at)}</dd>
</dl>
<div class="actions">
<a class="button" href="/admin/apis/${api.client_id}/edit">Edit the API</a>
${forms.post(f"/admin/apis/{api.client_id}/secret", "Replace the secret", "", seen=seen)}
<a class="button danger" href="/admin/apis/${api.client_id}/delete">Delete the API</a>
</div>
<p><a href="/admin/log?app=${api.client_id}">Events of this API</a></p>
