## Are you sure: who is to own the app, and what changes with that.
<%inherit file="/layout/app.mako"/>
<%page args="app, choices, invited, form, is_owner"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="sure" file="/parts/sure.mako"/>
<%def name="title()">Transfer ${app.name} to another owner?</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/danger</%def>
% if choices:
<p>What changes at once:</p>
<ul>
<li>The new owner decides about the team, the end of all tokens, and the end of the app.</li>
<li>${"You become a member, and get" if is_owner else f"{app.owner_name} becomes a member, and gets"} the app back only if the new owner transfers it.</li>
% if invited:
<li>Pending invitations are withdrawn: ${", ".join(invited)}. The new owner can make new ones.</li>
% endif
<li>Consent pages name the new owner as the developer of the app.</li>
% if app.verified:
<li>The app is no longer verified, since administrators verified another developer. Ask them to verify it again.</li>
% endif
</ul>
<p>Connected users stay connected, and the client id and the secrets stay.</p>
<%sure:form action="/developer/apps/${app.client_id}/transfer" button="Transfer the app" back="/developer/apps/${app.client_id}/team" of="${form}">
${forms.choice(form, "member", "New owner", choices)}
</%sure:form>
% else:
<p>An app is transferred to a member of its team, and this team has no member yet. Invite the new owner, and transfer the app once they have joined.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/team">Invite somebody</a></p>
% endif
