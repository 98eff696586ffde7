## What an app may do for itself, without a user: what administrators opened, what its owner chooses, and its connections.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, scopes, resources, connections, is_on, may_choose"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Access without a user</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/users</%def>
<p>For programs that run on their own, such as nightly exports: the app gets access tokens with its own secret or key. <a href="/developer/docs/machines">How it works</a></p>
% if not is_on:
<p class="notice">It’s off. <a href="/developer/apps/${app.client_id}/edit">Turn on client_credentials</a> in the settings first; only confidential apps can use it.</p>
% endif
% if not scopes:
<p class="notice">No administrator has opened any scopes to this app yet. Ask one, and say what the app needs them for.</p>
% elif may_choose:
<%forms:form action="/developer/apps/${app.client_id}/own-access" of="${form}">
${parts.own_access(form, scopes, resources, "Administrators opened these. Turn off what the app doesn’t need: its tokens lose it immediately.", "Its tokens work only at these APIs.")}
<div class="actions">
${forms.button("Save")}
<a href="/developer/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>
% else:
<p>The app can use ${", ".join(app.own_scopes) or "no scopes"}${" at " + ", ".join(app.own_resources) if app.own_resources else ""}. Only its owner can change this.</p>
% endif

<h2>Connections without a user</h2>
% if connections:
<p>All tokens with the same scopes and APIs belong to one connection. If you revoke it, the app can still get new tokens: to prevent that, delete the secret that leaked, or turn off its scopes.</p>
<%show:table caption="Connections without a user" heads="${['Scopes', 'APIs', 'Since', 'First used from', 'Action']}">
% for connection in connections:
<tr>
<td data-label="Scopes">${parts.codes(connection.scopes)}</td>
<td data-label="APIs" class="bare">${", ".join(connection.resources) or "any"}</td>
<td data-label="Since">${show.moment(connection.created_at)}</td>
<td data-label="First used from" class="wide">${connection.address or "–"}</td>
<td data-label="Action" class="end">${forms.post(f"/developer/apps/{app.client_id}/own-access/{connection.family_id}/end", "Revoke", "danger", unseen="the connection with " + " ".join(connection.scopes))}</td>
</tr>
% endfor
</%show:table>
% else:
<p>None: the app has no tokens of its own.</p>
% endif
