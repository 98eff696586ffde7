## Every app. `ranked`: how many the chosen order lists, 0 for all; `column` is the one it
## is sorted by, which a phone shows too; `file` is the address of the CSV.
<%inherit file="/layout/admin.mako"/>
<%page args="form, apps, filtered, statuses, registered_by, orders, column, ranked, more, file"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Apps</%def>
<%filter:folded action="/admin/apps" is_open="${filtered or form.get('sort')}" label="Filter and sort">
${filter.text(form, "q", "Name, client ID, or email of the owner")}
${filter.select(form, "status", "Status", statuses)}
${filter.select(form, "by", "Registered by", registered_by)}
${filter.text(form, "host", "Host of a self-registered app")}
${filter.select(form, "sort", "Sort by", orders)}
</%filter:folded>
% if apps:
<%show:table caption="Apps" heads="${['Select', 'App', 'Status', 'Owner', 'Users', 'Calls', 'Refused', 'Token reuse', 'Registered']}" numbers="${['Users', 'Calls', 'Refused', 'Token reuse']}">
% for app in apps:
<tr>
<td data-label="Select">${forms.tickbox(app.client_id, app.name)}</td>
<td data-label="App" class="main">${show.logo(app.client_id, app.name, app.logo_version)}<a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Status" class="end">${parts.status(app, request.reviews_apps)} ${show.verified(app.verified)}</td>
<td data-label="Owner" class="bare">
% if app.owner_id:
${parts.owner(app)}
% if app.owner_disabled:
<a href="/developer/apps/${app.client_id}/transfer">Transfer<span class="unseen"> ${app.name}</span></a>
% endif
% else:
<span class="muted">registered itself, from</span> <a href="/admin/apps?host=${quote(app.registered_from, safe='')}">${app.registered_from}</a>
% endif
</td>
<td data-label="Users" class="number ${'' if column == 'Users' else 'wide'}">${count_text(app.users)}</td>
<td data-label="Calls" class="number ${'' if column == 'Calls' else 'wide'}">${number(app.calls)}</td>
<td data-label="Refused" class="number ${'' if column == 'Refused' else 'wide'}">${number(app.refusals)}</td>
<td data-label="Token reuse" class="number ${'' if column == 'Token reuse' else 'wide'}">${count_text(app.reuses)}</td>
<td data-label="Registered" class="bare ${'' if column == 'Registered' else 'wide'}">${show.moment(app.created_at)}</td>
</tr>
% endfor
</%show:table>
${forms.ticked("/admin/apps/ticked", [("suspend", "Suspend"), ("revoke", "Revoke all tokens")])}
${show.pagination(*more, labels=("First page", "Next page") if ranked else ("Newer", "Older"))}
<p>Calls and refused calls cover the last 24 hours, token reuse the last 30 days.\
% if ranked:
 In this order, only the top ${number(ranked)} apps are listed, and filters search only these.\
% endif
</p>
<p><a href="${file}">Download as CSV</a></p>
% elif filtered or more.newer:
<%show:empty text="No app matches.">
<p><a href="/admin/apps">Show all apps</a></p>
</%show:empty>
% else:
<%show:empty text="No apps yet. Developers register them in the developer portal.">
<p><a class="button" href="/developer/apps/new">Register an app</a></p>
</%show:empty>
% endif
