## One API. `seen` is the version of it that is shown here, so that a form adds one secret alone; `advice` is about two.
<%inherit file="/layout/admin.mako"/>
<%page args="api, scopes, seen, issuer, its_secrets, advice"/>
<%namespace name="catalog" file="/parts/scope.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${api.name}</%def>
<dl class="facts">
<dt>Address (resource URI)</dt>
<dd><code class="wrap">${api.resource}</code></dd>
<dt>Scopes it accepts</dt>
<dd>\
% if scopes:
${catalog.listed(scopes)}\
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
<a class="button danger" href="/admin/apis/${api.client_id}/delete">Delete the API</a>
</div>

<h2>Secrets</h2>
<%show:table caption="Secrets" heads="${['Secret', 'Added', 'Last used', 'From', 'Change']}">
% for secret in its_secrets:
<tr>
<td data-label="Secret">\
% if secret.hint:
ending in <code>${secret.hint}</code>\
% else:
the older one\
% endif
</td>
<td data-label="Added" class="wide">${show.moment(secret.created_at)}</td>
<td data-label="Last used">${show.moment_or(secret.last_used_at, "never")}</td>
<td data-label="From">${secret.last_used_from or "–"}</td>
<td data-label="Change" class="end">\
% if len(its_secrets) > 1:
${forms.post(f"/admin/apis/{api.client_id}/secrets/delete", "Delete", "danger", unseen="the secret ending in " + secret.hint, secret=secret.hint)}\
% else:
the only one\
% endif
</td>
</tr>
% endfor
</%show:table>
% if advice:
<p class="notice ${'good' if advice.is_safe else 'warn'}">${advice.text}</p>
% else:
${forms.post(f"/admin/apis/{api.client_id}/secrets", "Add a second secret", "plain", seen=seen)}
<p class="hint">Both then work, so the API can switch without downtime. If a secret leaked, add a second one, switch the API to it, and delete the leaked one.</p>
% endif
<p><a href="/admin/log?app=${api.client_id}">Events of this API</a></p>
