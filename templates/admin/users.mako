## All users.
<%inherit file="/layout/admin.mako"/>
<%page args="form, users, statuses, more, file"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Users</%def>
<%filter:form action="/admin/users">
${filter.text(form, "q", "Email or name")}
${filter.select(form, "status", "Status", statuses)}
</%filter:form>
<p class="actions"><a class="button" href="/admin/users/new">Add a user</a></p>
% if users:
<%show:table caption="Users" heads="${['Select', 'Email', 'Name', 'Status', 'Connected apps', 'Own apps', 'Since']}" numbers="${['Connected apps', 'Own apps']}">
% for user in users:
<tr>
<td data-label="Select">${forms.tickbox(user.user_id, user.email)}</td>
<td data-label="Email" class="main"><a href="/admin/users/${user.user_id}">${user.email}</a></td>
<td data-label="Name" class="bare">${user.name}</td>
<td data-label="Status" class="end">\
% if user.disabled:
${show.tag("disabled", "bad")}\
% elif user.is_admin:
${show.tag("administrator", "plain")}\
% else:
active\
% endif
</td>
<td data-label="Connected apps" class="number">${number(user.connected)}</td>
<td data-label="Own apps" class="number wide">${number(user.owned)}</td>
<td data-label="Since" class="wide">${show.moment(user.created_at)}</td>
</tr>
% endfor
</%show:table>
${forms.ticked("/admin/users/ticked", [("disable", "Disable"), ("revoke", "Revoke all access")])}
<p><a href="${file}">Download as CSV</a></p>
% else:
<%show:empty text="No user matches.">
<p><a href="/admin/users">Show all users</a></p>
</%show:empty>
% endif
${show.pagination(*more)}
