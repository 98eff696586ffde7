## The first page of administration: figures, what waits, what happened last.
<%inherit file="/layout/admin.mako"/>
<%page args="figures, events, reviewed"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">Administration</%def>
% if reviewed and figures.apps_waiting:
<p class="notice"><a href="/admin/apps?status=waiting">${f"{figures.apps_waiting:,}"} ${"app waits" if figures.apps_waiting == 1 else "apps wait"} for approval</a></p>
% endif
<dl class="facts">
<dt>Users</dt>
<dd><a href="/admin/users">${f"{figures.users:,}"}</a>\
% if figures.users_disabled:
, ${f"{figures.users_disabled:,}"} of them disabled\
% endif
</dd>
<dt>Apps</dt>
<dd><a href="/admin/apps">${f"{figures.apps:,}"}</a>\
% if figures.apps_suspended:
, <a href="/admin/apps?status=suspended">${f"{figures.apps_suspended:,}"} of them suspended</a>\
% endif
</dd>
<dt>Connections of users to apps</dt>
<dd>${f"{figures.grants:,}"}</dd>
<dt>APIs</dt>
<dd><a href="/admin/apis">${f"{figures.apis:,}"}</a></dd>
</dl>
<h2>Latest events</h2>
% if events:
${log.table("Latest events", events)}
<p><a href="/admin/log">The whole audit log</a></p>
% else:
<p>Nothing happened yet.</p>
% endif
