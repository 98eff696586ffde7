## The audit log. `file` is the address of the same events as a file.
<%inherit file="/layout/admin.mako"/>
<%page args="form, events, actions, filtered, file, newer, older"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">Audit log</%def>
<%filter:form action="/admin/log" button="Show">
${filter.words(form, "user", "E-mail or id of a user")}
${filter.words(form, "app", "Name or client id of an app or API")}
${filter.select(form, "action", "What happened", actions)}
${filter.words(form, "address", "From the address")}
${filter.words(form, "from", "From the day (UTC)", "date")}
${filter.words(form, "until", "Until the day (UTC)", "date")}
</%filter:form>
% if events:
${log.table("Audit log", events)}
${show.pagination(newer, older)}
<p class="actions"><a class="button" href="${file}">Download as CSV</a></p>
<p class="hint">The file holds ${"what the filter leaves" if filtered else "all events"}, the newest 10,000 at most.</p>
% elif filtered:
<%show:empty text="No event fits.">
<p><a href="/admin/log">Show all events</a></p>
</%show:empty>
% else:
<%show:empty text="Nothing happened yet.">
<p>Every sign-in, every consent and every change is kept here, with who did it and from where.</p>
</%show:empty>
% endif
