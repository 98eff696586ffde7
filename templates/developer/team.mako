## Who develops an app: its owner and members as Teammates, and the invitations that nobody used yet.
<%inherit file="/layout/app.mako"/>
<%page args="app, team, invitations, may_change, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Team of ${app.name}</%def>
<p>Members see all of the app, and change its settings and its secrets. Its owner alone invites and removes members, ends all tokens, and transfers or deletes the app; consent pages name the owner as its developer.</p>
<%show:table caption="The team" heads="${['Name', 'E-mail', 'Role', 'Since', 'Change']}">
% for mate in team:
<tr>
<td data-label="Name">${mate.name}\
% if mate.user_id == request.user.user_id:
 <span class="muted">(you)</span>\
% endif
</td>
<td data-label="E-mail">${mate.email}</td>
<td data-label="Role">${show.tag(mate.role, {"owner": "good"}.get(mate.role, "plain"))}</td>
<td data-label="Since">${show.moment_or(mate.since, "–")}</td>
<td data-label="Change">\
% if may_change and mate.role == "member":
<a href="/developer/apps/${app.client_id}/team/${mate.user_id}/remove">Remove</a> or <a href="/developer/apps/${app.client_id}/transfer?member=${mate.user_id}">make owner</a>\
% elif mate.role == "member" and mate.user_id == request.user.user_id:
<a href="/developer/apps/${app.client_id}/team/leave">Leave</a>\
% else:
–\
% endif
</td>
</tr>
% endfor
</%show:table>
% if invitations:

<h2>Invitations</h2>
<%show:table caption="Pending invitations" heads="${['For', 'Made', 'Expires', 'Change']}">
% for invitation in invitations:
<tr>
<td data-label="For">${invitation.email}</td>
<td data-label="Made">${show.moment(invitation.made_at)}</td>
<td data-label="Expires">${show.moment(invitation.expires_at)}</td>
<td data-label="Change">\
% if may_change:
<%forms:form action="/developer/apps/${app.client_id}/team/invitations/${str(invitation.link_id)}/withdraw">${forms.button("Withdraw", "quiet", unseen="the invitation for " + invitation.email)}</%forms:form>\
% else:
–\
% endif
</td>
</tr>
% endfor
</%show:table>
% endif
% if may_change:

<h2>Invite someone</h2>
<%forms:form action="/developer/apps/${app.client_id}/team" of="${form}">
${forms.field(form, "email", "E-mail", type="email", autocomplete="off", maxlength=254, hint="So that you remember who you invited. We don’t send email: you get a link to pass on, and anyone who opens it can join.")}
${forms.button("Make an invitation link")}
</%forms:form>
% endif
