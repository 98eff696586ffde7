## One connected app: what it can do, its connections, and those that ended.
<%inherit file="/layout/account.mako"/>
<%page args="app, active, ended, why"/>
<%namespace name="access" file="/parts/access.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${app.client_name}</%def>
<div class="card-head">
${show.logo(app.client_id, app.client_name, app.logo_version)}
<div>
<p>${access.maker(app)} ${show.verified(app.verified, "plain")}</p>
% if not app.verified:
<p class="hint">We haven’t verified this developer.</p>
% endif
</div>
</div>
% if app.description:
<p>${app.description}</p>
% endif
% if app.ended_at:
<p class="notice">This app no longer has access to your account. ${why(app.end_reason).user} (${show.moment(app.ended_at)})</p>
% else:
${access.notices(app)}
% endif
<dl class="facts">
<dt>It ${"could" if app.ended_at else "can"}</dt><dd>${access.scopes(app)}</dd>
<dt>Connected</dt><dd>${show.moment(app.created_at)}</dd>
% if app.ended_at:
<dt>Disconnected</dt><dd>${show.moment(app.ended_at)}</dd>
% endif
<dt>Last used</dt><dd>${access.last_used(app)}</dd>
% if app.home_page:
<dt>Home page</dt><dd><a href="${app.home_page}" rel="noopener noreferrer">${app.home_page}</a></dd>
% endif
</dl>
% if not app.ended_at:
<%forms:form action="/account/apps/${app.grant_id}/end">
${forms.button("Disconnect", "danger", app.client_name)}
<p class="hint">${access.consequences(app)}</p>
</%forms:form>
<h2>Connections</h2>
% if active:
<p>Each connection is named after the browser you allowed it in, or “Device” if you entered a code. The app renews it while you use the app.</p>
<%show:table caption="Connections" heads="${['Connection', 'Since', 'Last renewed', 'From', 'Disconnect']}">
% for connection in active:
<tr>
<td data-label="Connection">${connection.browser or "Unknown browser"}</td>
<td data-label="Since" class="wide">${show.moment(connection.created_at)}</td>
<td data-label="Last renewed">\
% if connection.last_used_at == connection.created_at:
Not yet\
% else:
${show.moment(connection.last_used_at)}\
% endif
% if connection.repeats:
 <p class="hint">${"once" if connection.repeats == 1 else f"{number(connection.repeats)} times"} with a token it had used before</p>\
% endif
</td>
<td data-label="From">${connection.address or "Unknown"}\
% if app.type == "confidential":
 <p class="hint">the app’s own server</p>\
% endif
</td>
<td data-label="Disconnect" class="end"><%forms:form action="/account/apps/${app.grant_id}/devices/${connection.family_id}/end">${forms.button("Disconnect", "danger", f"{connection.browser or 'unknown browser'}, since {moment_text(connection.created_at)}")}</%forms:form></td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="This app has no connections right now.">
<p>You still allow it, so it can connect again without asking you. To prevent that, disconnect it above.</p>
</%show:empty>
% endif
% endif
% if ended:
<h2>Connections that ended in the last 30 days</h2>
<%show:table caption="Ended connections" heads="${['Connection', 'Since', 'Ended', 'Why']}">
% for connection in ended:
<tr>
<td data-label="Connection">${connection.browser or "Unknown browser"}</td>
<td data-label="Since" class="wide">${show.moment(connection.created_at)}</td>
<td data-label="Ended" class="bare">${show.moment(connection.ended_at)}</td>
<td data-label="Why" class="bare">${why(connection.end_reason).user}</td>
</tr>
% endfor
</%show:table>
% endif
<p><a href="/account/apps">All connected apps</a> · <a href="/account/report/${app.client_id}">Report this app</a></p>
