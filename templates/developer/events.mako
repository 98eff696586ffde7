## The events of one app, newest first.
<%inherit file="/layout/app.mako"/>
<%page args="app, events, more"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Events</%def>
<p class="lead">Changes made by its team, administrators and the app itself. Failed requests are under <a href="/developer/apps/${app.client_id}/activity">Activity</a>.</p>
% if events:
${log.table("Events", events, ("When", "What", "By"))}
${show.pagination(*more)}
% else:
<%show:empty text="No events yet.">
<p>Changes to the app and its team are listed here, newest first.</p>
</%show:empty>
% endif
