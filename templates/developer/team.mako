## Who develops an app, as (user id, name, email, role, since), and the pending invitations.
<%inherit file="/layout/app.mako"/>
<%page args="app, team, invitations, may_change, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Team · ${app.name}</%def>
<p>Members see everything about the app and can change its settings and secrets. Only the owner can invite and remove members, revoke all tokens, and transfer or delete the app. Users see the owner as its developer.</p>
<%show:table caption="The team" heads="${['Name', 'Email', 'Role', 'Since', 'Change']}">
% for user_id, name, email, role, since in team:
<tr>
<td data-label="Name">${name}\
% if user_id == request.user.user_id:
 <span class="muted">(you)</span>\
% endif
</td>
<td data-label="Email">${email}</td>
<td data-label="Role">${show.tag(role, "good" if role == "owner" else "plain")}</td>
<td data-label="Since">${show.moment_or(since, "–")}</td>
<td data-label="Change">\
% if may_change and role == "member":
${forms.post(f"/developer/apps/{app.client_id}/team/{user_id}/remove", "Remove", "quiet", unseen=name)}
<a href="/developer/apps/${app.client_id}/transfer?member=${user_id}">Make owner</a>\
% elif role == "member" and user_id == request.user.user_id:
${forms.post(f"/developer/apps/{app.client_id}/team/leave", "Leave", "quiet")}\
% else:
–\
% endif
</td>
</tr>
% endfor
</%show:table>
% if invitations:

<h2>Invitations</h2>
<%show:table caption="Pending invitations" heads="${['For', 'Created', 'Expires', 'Change']}">
% for invitation in invitations:
<tr>
<td data-label="For">${invitation.email}</td>
<td data-label="Created">${show.moment(invitation.made_at)}</td>
<td data-label="Expires">${show.moment(invitation.expires_at)}</td>
<td data-label="Change">\
% if may_change:
${forms.post(f"/developer/apps/{app.client_id}/team/invitations/{invitation.link_id}/withdraw", "Withdraw", "quiet", unseen="the invitation for " + invitation.email)}\
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
${forms.field(form, "email", "Email", type="email", autocomplete="off", maxlength=254, hint="Shown in the list of invitations. We don’t send email: you get a link to share, and anyone who opens it can join.")}
${forms.button("Create an invitation link")}
</%forms:form>
% endif
