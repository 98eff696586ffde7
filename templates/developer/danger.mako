## What cannot be undone, each with the way to the page that asks again.
<%inherit file="/layout/app.mako"/>
<%page args="app, may_end"/>
<%def name="title()">Danger zone of ${app.name}</%def>
% if may_end:
<div class="cards">
<section class="card danger" aria-labelledby="end-tokens">
<h2 id="end-tokens">End all tokens</h2>
<p>Every token of the app ends at once, and each user has to allow it again; for when tokens leaked.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/end-tokens">End all tokens</a></p>
</section>
<section class="card danger" aria-labelledby="transfer">
<h2 id="transfer">Transfer the app</h2>
<p>A member of the team becomes its owner, and you become a member.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/transfer">Transfer this app</a></p>
</section>
<section class="card danger" aria-labelledby="delete">
<h2 id="delete">Delete the app</h2>
<p>Every token of the app ends for good, and its client id never works again.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/delete">Delete this app</a></p>
</section>
</div>
% else:
<p>Ending all tokens, transferring and deleting the app are for its owner, ${app.owner_name} (${app.owner_email}).</p>
<section class="card danger" aria-labelledby="leave">
<h2 id="leave">Leave the team</h2>
<p>You no longer see the app, until its owner invites you again.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/team/leave">Leave the team</a></p>
</section>
% endif
