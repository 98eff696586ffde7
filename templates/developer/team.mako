## Who develops an app: its owner, members, and those who are invited, as Teammates.
<%inherit file="/layout/app.mako"/>
<%page args="app, team, may_change, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Team of ${app.name}</%def>
<p>Members see all of the app, and change its settings and its secrets. Its owner alone invites and removes members, ends all tokens, and transfers or deletes the app; consent pages name the owner as its developer.</p>
<%show:table caption="The team" heads="${['Name', 'E-mail', 'Role', 'Since', 'Change']}">
% for mate in team:
<tr>
<td data-label="Name">${mate.name}\
% if mate.user_id == visitor.user.user_id:
 <span class="muted">(you)</span>\
% endif
</td>
<td data-label="E-mail">${mate.email}</td>
<td data-label="Role">${show.tag(mate.role, {"owner": "good", "invited": "warn"}.get(mate.role, "plain"))}</td>
<td data-label="Since">${show.moment_or(mate.since, "–")}</td>
<td data-label="Change">\
% if may_change and mate.role == "invited":
<a href="/developer/apps/${app.client_id}/team/${mate.user_id}/remove">Withdraw</a>\
% elif may_change and mate.role == "member":
<a href="/developer/apps/${app.client_id}/team/${mate.user_id}/remove">Remove</a> or <a href="/developer/apps/${app.client_id}/transfer?member=${mate.user_id}">make owner</a>\
% elif mate.role == "member" and mate.user_id == visitor.user.user_id:
<a href="/developer/apps/${app.client_id}/team/leave">Leave</a>\
% else:
–\
% endif
</td>
</tr>
% endfor
</%show:table>
% if may_change:

<h2>Invite somebody</h2>
<%forms:form action="/developer/apps/${app.client_id}/team" of="${form}">
${forms.field(form, "email", "E-mail", type="email", autocomplete="off", maxlength=254, hint="Of their account here. They find the invitation under “Your apps”, and join or decline.")}
${forms.button("Invite")}
</%forms:form>
% endif
