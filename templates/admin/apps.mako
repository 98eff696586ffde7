## Every app.
<%inherit file="/layout/admin.mako"/>
<%page args="apps, words, status, statuses, reviewed, newer, older"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Apps</%def>
<form method="get" action="/admin/apps" class="search" role="search">
<div class="field">
<label for="search-q">Name, client id, or e-mail of the owner</label>
<input type="search" id="search-q" name="q" value="${words}">
</div>
<div class="field">
<label for="search-status">Status</label>
<select id="search-status" name="status">
<option value="">All</option>
% for value, label in statuses.items():
<option value="${value}"\
% if value == status:
 selected\
% endif
>${label}</option>
% endfor
</select>
</div>
<button type="submit">Search</button>
</form>
% if apps:
<%show:table caption="Apps" heads="${['Name', 'Status', 'Owner', 'Users connected', 'Calls per hour', 'Registered']}">
% for app in apps:
<tr>
<td data-label="Name"><a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Status">${parts.status(app, reviewed)}</td>
<td data-label="Owner"><a href="/admin/users/${app.owner_id}">${app.owner_email}</a></td>
<td data-label="Users connected">${f"{app.users:,}"}</td>
<td data-label="Calls per hour">${f"{app.rate_limit_per_hour:,}"}</td>
<td data-label="Registered">${show.moment(app.created_at)}</td>
</tr>
% endfor
</%show:table>
% elif words or status:
<%show:empty text="No app fits.">
<p><a href="/admin/apps">Show all apps</a></p>
</%show:empty>
% else:
<%show:empty text="There are no apps yet. Developers register them in the developer portal.">
<p><a class="button" href="/developer/apps/new">Register an app</a></p>
</%show:empty>
% endif
${show.pagination(newer, older)}
