## What people are shown of an app that has access to their account (a row of sql.connected_apps.of_user).
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
<li>Keep its access while you are away</li>
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
<p class="notice warn">An administrator has suspended this app: it cannot use its access while that lasts.</p>
% endif
% if app.alarmed_at:
<p class="notice warn">Somebody may have used a copy of this app’s access (${show.moment(app.alarmed_at)}). We ended it on the device it belonged to. If you are not sure about this app, end its access.</p>
% endif
</%def>
