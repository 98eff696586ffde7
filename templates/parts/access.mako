## What users see of a connected app (a row of sql.account.connected_clients).
<%namespace name="show" file="/parts/show.mako"/>

<%def name="scopes(app)">
<ul>
% for description in app.descriptions:
<li>${description}\
% if description in app.sensitive:
 ${show.tag("sensitive", "warn")}\
% endif
</li>
% endfor
% if "offline_access" in app.scopes:
<li>Stay connected when you’re not using it</li>
% endif
</ul>
</%def>

<%def name="last_used(app)">\
% if app.last_used_at:
${show.moment(app.last_used_at)}${f", from {app.last_used_from}" if app.last_used_from else ""}\
% else:
Not yet\
% endif
</%def>

<%def name="notices(app)">
% if app.suspended:
<p class="notice warn">This app is suspended: it can’t use its access until an administrator reactivates it.</p>
% endif
% if app.alarmed_at:
<p class="notice warn">Someone may have copied this app’s access, so we ended that connection (${show.moment(app.alarmed_at)}). If you’re not sure about this app, disconnect it.</p>
% endif
</%def>

## Who makes a connected app, as far as it is known.
<%def name="maker(app)">${f"by {app.owner_name}" if app.owner_name else f"registered itself, from {app.registered_from}"}</%def>

## What stops when the user disconnects it, and how to reconnect.
<%def name="consequences(app)">${app.client_name} stops working with your ${brand.name} account immediately, on all your devices. It keeps the data it already has. Other apps aren’t affected. To reconnect, start again in ${app.client_name}.</%def>
