## Actions that can't be undone, each with a link to the page that confirms it.
<%inherit file="/layout/app.mako"/>
<%page args="app, may_end"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Danger zone</%def>
% if may_end:
<div class="cards">
<section class="card danger" aria-labelledby="end-tokens">
<h2 id="end-tokens">Revoke all tokens</h2>
<p>If tokens leaked, revoke all of them. Each user then has to connect the app again.</p>
${forms.post(f"/developer/apps/{app.client_id}/end-tokens", "Revoke all tokens", "danger")}
</section>
% if app.owner_id:
<section class="card danger" aria-labelledby="transfer">
<h2 id="transfer">Transfer the app</h2>
<p>A member of the team becomes its owner once they accept, and ${"you become" if app.owner_id == request.user.user_id else f"{app.owner_name} becomes"} a member.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/transfer">Transfer this app</a></p>
</section>
% endif
<section class="card danger" aria-labelledby="delete">
<h2 id="delete">Delete the app</h2>
<p>All its tokens are revoked, and its client ID never works again.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/delete">Delete this app</a></p>
</section>
</div>
% else:
<p>Only the owner, ${app.owner_name} (${app.owner_email}), can revoke all tokens, transfer the app or delete it.</p>
<section class="card danger" aria-labelledby="leave">
<h2 id="leave">Leave the team</h2>
<p>You lose access to the app until its owner invites you again.</p>
${forms.post(f"/developer/apps/{app.client_id}/team/leave", "Leave the team", "danger")}
</section>
% endif
