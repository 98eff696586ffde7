## A developer's apps.
<%inherit file="/layout/developer.mako"/>
<%page args="apps, reviewed, newer, older"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">Your apps</%def>
% if apps or newer:
<p class="actions"><a class="button" href="/developer/apps/new">Register an app</a></p>
<%show:table caption="Your apps" heads="${['Name', 'Status', 'Users connected', 'Type', 'Registered']}">
% for app in apps:
<tr>
<td data-label="Name"><a href="/developer/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Status">${parts.status(app, reviewed)}</td>
<td data-label="Users connected">${f"{app.users:,}"}</td>
<td data-label="Type">${app.type}</td>
<td data-label="Registered">${show.moment(app.created_at)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(newer, older)}
% else:
<%show:empty text="You have registered no app yet. An app asks users for access to their data, and calls our APIs for them.">
<p><a class="button" href="/developer/apps/new">Register your first app</a></p>
</%show:empty>
% endif
