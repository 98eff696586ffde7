## The audit log. `file` is the address of the CSV with the same events.
<%inherit file="/layout/admin.mako"/>
<%page args="form, events, actions, filtered, file, more"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">Audit log</%def>
<%filter:folded action="/admin/log" is_open="${filtered}" button="Show">
${filter.text(form, "user", "Email or ID of a user")}
${filter.text(form, "app", "Name or client ID of an app or API")}
${filter.select(form, "action", "What happened", actions)}
${filter.text(form, "address", "IP address")}
${filter.text(form, "from", "From (UTC)", "date")}
${filter.text(form, "until", "Until (UTC)", "date")}
</%filter:folded>
% if events:
${log.table("Audit log", events)}
${show.pagination(*more)}
<p class="actions"><a class="button" href="${file}">Download as CSV</a></p>
<p class="hint">The file contains ${"the filtered events" if filtered else "all events"}, at most the newest 10,000.</p>
% elif filtered:
<%show:empty text="No event matches.">
<p><a href="/admin/log">Show all events</a></p>
</%show:empty>
% else:
<%show:empty text="No events yet.">
<p>Every sign-in, connection and change is listed here, with who did it and from where.</p>
</%show:empty>
% endif
