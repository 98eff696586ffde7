## Every app.
<%inherit file="/layout/admin.mako"/>
<%page args="form, apps, filtered, statuses, registered_by, reviewed, more"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Apps</%def>
<%filter:form action="/admin/apps">
${filter.text(form, "q", "Name, client ID, or email of the owner")}
${filter.select(form, "status", "Status", statuses)}
${filter.select(form, "by", "Registered by", registered_by)}
${filter.text(form, "host", "Host of a self-registered app")}
</%filter:form>
% if apps:
<%show:table caption="Apps" heads="${['App', 'Status', 'Owner', 'Users connected', 'Calls in 24 hours', 'Registered']}">
% for app in apps:
<tr>
<td data-label="App">${show.logo(app.client_id, app.name, app.logo_version)}<a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Status">${parts.status(app, reviewed)} ${show.verified(app.verified)}</td>
<td data-label="Owner">
% if app.owner_id:
<a href="/admin/users/${app.owner_id}">${app.owner_email}</a>
% else:
<span class="muted">registered itself, from</span> <a href="/admin/apps?host=${quote(app.registered_from, safe='')}">${app.registered_from}</a>
% endif
</td>
<td data-label="Users connected">${count_text(app.users)}</td>
<td data-label="Calls in 24 hours">${number(app.calls)}</td>
<td data-label="Registered">${show.moment(app.created_at)}</td>
</tr>
% endfor
</%show:table>
% elif filtered:
<%show:empty text="No app matches.">
<p><a href="/admin/apps">Show all apps</a></p>
</%show:empty>
% else:
<%show:empty text="No apps yet. Developers register them in the developer portal.">
<p><a class="button" href="/developer/apps/new">Register an app</a></p>
</%show:empty>
% endif
${show.pagination(*more)}
