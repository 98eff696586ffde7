## All users.
<%inherit file="/layout/admin.mako"/>
<%page args="form, users, statuses, more"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%def name="title()">Users</%def>
<%filter:form action="/admin/users">
${filter.text(form, "q", "Email or name")}
${filter.select(form, "status", "Status", statuses)}
</%filter:form>
<p class="actions"><a class="button" href="/admin/users/new">Add a user</a></p>
% if users:
<%show:table caption="Users" heads="${['Email', 'Name', 'Status', 'Connected apps', 'Own apps', 'Since']}">
% for user in users:
<tr>
<td data-label="Email"><a href="/admin/users/${user.user_id}">${user.email}</a></td>
<td data-label="Name">${user.name}</td>
<td data-label="Status">\
% if user.disabled:
${show.tag("disabled", "bad")}\
% elif user.is_admin:
${show.tag("administrator", "plain")}\
% else:
active\
% endif
</td>
<td data-label="Connected apps">${number(user.connected)}</td>
<td data-label="Own apps">${number(user.owned)}</td>
<td data-label="Since">${show.moment(user.created_at)}</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="No user matches.">
<p><a href="/admin/users">Show all users</a></p>
</%show:empty>
% endif
${show.pagination(*more)}
