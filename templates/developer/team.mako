## Who develops an app, as (user id, name, email, role, since), what waits for an answer, and what each role may do.
<%inherit file="/layout/app.mako"/>
<%page args="app, team, invitations, offer, may_change, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="people" file="/parts/team.mako"/>
<%def name="title()">Team</%def>
${parts.state_notice(app, request.reviews_apps)}
% if offer:
${people.offered(app, offer, may_change)}
% endif
<%show:table caption="The team" heads="${['Name', 'Role', 'Since', 'Change']}">
% for user_id, name, email, role, since in team:
<tr>
<td data-label="Name" class="person"><strong><bdi>${name}</bdi>${" (you)" if user_id == request.user.user_id else ""}</strong>
<p class="hint">${email}</p>
</td>
<td data-label="Role" class="bare">${show.tag(role)}</td>
<td data-label="Since"\
% if not since:
 class="none"\
% endif
>${show.moment_or(since, "–")}</td>
<td data-label="Change" class="${'bare' if role == 'member' and (may_change or user_id == request.user.user_id) else 'none'}">\
% if may_change and role == "member":
${forms.post(f"/developer/apps/{app.client_id}/team/{user_id}/remove", "Remove", "quiet", unseen=name)}
<a href="/developer/apps/${app.client_id}/transfer?member=${user_id}">Make owner<span class="unseen">: ${name}</span></a>\
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
<td data-label="For" class="person">${invitation.email}</td>
<td data-label="Created" class="wide">${show.moment(invitation.made_at)}</td>
<td data-label="Expires">${show.moment(invitation.expires_at)}</td>
<td data-label="Change" class="end">\
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
<p>They don’t need an account yet. We don’t send email: you’ll get a link to send them. Anyone who has it can use it once, within seven days.</p>
<%forms:form action="/developer/apps/${app.client_id}/team" of="${form}">
${forms.field(form, "email", "Email", type="email", autocomplete="off", maxlength=254, hint="A reminder of who the link is for. It isn’t checked when they join.")}
${forms.button("Create an invitation link")}
</%forms:form>
% endif

<h2>What each role can do</h2>
${people.roles()}
