## Everybody who has an account.
<%inherit file="/layout/admin.mako"/>
<%page args="users, words, newer, older"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Users</%def>
${forms.search("/admin/users", "E-mail or name", words)}
% if users:
<%show:table caption="Users" heads="${['E-mail', 'Name', 'Status', 'Since']}">
% for user in users:
<tr>
<td data-label="E-mail"><a href="/admin/users/${user.user_id}">${user.email}</a></td>
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
<td data-label="Since">${show.moment(user.created_at)}</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="No user fits.">
<p><a href="/admin/users">Show all users</a></p>
</%show:empty>
% endif
${show.pagination(newer, older)}
