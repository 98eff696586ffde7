## Asks for confirmation: the new owner, and what changes once they accept.
<%inherit file="/layout/app.mako"/>
<%page args="app, choices, invited, offer, form"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%namespace name="team" file="/parts/team.mako"/>
<%def name="title()">Transfer ${app.name} to another owner?</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/danger</%def>
% if offer:
${team.offered(app, offer, may_change=True)}
% endif
% if choices:
<p>Nothing changes until the new owner accepts, within seven days. You can withdraw the offer until then. Once they accept:</p>
<ul>
<li>Only the new owner can manage the team, revoke all tokens, and transfer or delete the app.</li>
<li>${"You become a member, and get" if app.owner_id == request.user.user_id else f"{app.owner_name} becomes a member, and gets"} the app back only if the new owner transfers it.</li>
% if invited:
<li>Pending invitations are withdrawn: ${", ".join(invited)}. The new owner can create new ones.</li>
% endif
<li>Users see the new owner as the developer of the app.</li>
% if app.verified:
<li>The app loses its verification, because administrators verified another developer. Ask them to verify it again.</li>
% endif
</ul>
<p>Connected users stay connected. The client ID and the secrets don’t change.</p>
<%sure:form action="/developer/apps/${app.client_id}/transfer" button="${'Replace the offer' if offer else 'Offer the app'}" back="/developer/apps/${app.client_id}/team" of="${form}">
${forms.choice(form, "member", "New owner", choices)}
% if request.user.is_admin:
${forms.field(form, "email", "Email of someone else", type="email", autocomplete="off", maxlength=254, required=False, hint="As an administrator, you can offer the app to anyone with an account, including yourself.")}
% endif
</%sure:form>
% else:
<p>You can transfer an app to a member of its team, but this team has no members yet. Invite the new owner, and transfer the app after they join.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/team">Invite someone</a></p>
% endif
