## One connected app: what it can do, on which devices it has access, and what ended.
<%inherit file="/layout/account.mako"/>
<%page args="app, living, ended, why"/>
<%namespace name="access" file="/parts/access.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">${app.client_name}</%def>
<div class="card-head">
${show.logo(app.client_id, app.client_name, app.logo_version)}
<div>
<p>${f"by {app.owner_name}" if app.owner_name else ""} ${show.verified(app.verified, "plain")}</p>
% if not app.verified:
<p class="hint">Nobody here has checked who makes this app.</p>
% endif
</div>
</div>
% if app.description:
<p>${app.description}</p>
% endif
% if app.ended_at:
<p class="notice">This app has no access to your account any more. ${why(app.end_reason).user} (${show.moment(app.ended_at)})</p>
% else:
${access.notices(app)}
% endif
<dl class="facts">
<dt>It ${"could" if app.ended_at else "can"}</dt><dd>${access.scopes(app)}</dd>
<dt>Allowed</dt><dd>${show.moment(app.created_at)}</dd>
% if app.ended_at:
<dt>Ended</dt><dd>${show.moment(app.ended_at)}</dd>
% endif
<dt>Last used</dt><dd>${access.last_used(app)}</dd>
% if app.home_page:
<dt>Home page</dt><dd><a href="${app.home_page}" rel="noopener noreferrer">${app.home_page}</a></dd>
% endif
</dl>
% if not app.ended_at:
<%forms:form action="/account/apps/${app.grant_id}/end">
${forms.button("End access", "danger", f"of {app.client_name}")}
<p class="hint">At once, on every device. Other apps are not touched.</p>
</%forms:form>
<h2>Devices</h2>
% if living:
<p>Where this app has access: each is named after the browser in which you allowed it. An app renews its access by itself while it is used.</p>
<%show:table caption="Devices with access" heads="${['Device', 'Since', 'Last renewed', 'From', 'End it']}">
% for device in living:
<tr>
<td data-label="Device">${device.browser or "Unknown browser"}</td>
<td data-label="Since">${show.moment(device.created_at)}</td>
<td data-label="Last renewed">\
% if device.last_used_at == device.created_at:
Not yet\
% else:
${show.moment(device.last_used_at)}\
% endif
</td>
<td data-label="From">${device.address or "Unknown"}\
% if app.type == "confidential":
 <p class="hint">the app’s own server</p>\
% endif
</td>
<td data-label="End it"><%forms:form action="/account/apps/${app.grant_id}/devices/${device.family_id}/end">${forms.button("End", "danger", f"access on this device: {device.browser or 'unknown browser'}, since {moment_text(device.created_at)}")}</%forms:form></td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="This app has access on no device just now.">
<p>It is still allowed, and can come back without asking you again. To stop that, end its access above.</p>
</%show:empty>
% endif
% endif
% if ended:
<h2>Devices that ended in the last 30 days</h2>
<%show:table caption="Devices that ended" heads="${['Device', 'Since', 'Ended', 'Why']}">
% for device in ended:
<tr>
<td data-label="Device">${device.browser or "Unknown browser"}</td>
<td data-label="Since">${show.moment(device.created_at)}</td>
<td data-label="Ended">${show.moment(device.ended_at)}</td>
<td data-label="Why">${why(device.end_reason).user}</td>
</tr>
% endfor
</%show:table>
% endif
<p><a href="/account/apps">All connected apps</a></p>
