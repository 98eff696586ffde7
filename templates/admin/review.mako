## Apps waiting for approval, oldest first.
<%inherit file="/layout/admin.mako"/>
<%page args="waiting, more_apps, changes, more_changes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="proposals" file="/parts/proposal.mako"/>
<%namespace name="cards" file="/parts/review.mako"/>
<%def name="title()">Review</%def>
% if not request.reviews_apps:
<%show:empty text="Review is off: anyone can connect a new app right away.">
<p>To review each new app before users can connect it, set <code>OAUTHSRV_APP_REVIEW=on</code> and restart the server. Existing apps stay approved.</p>
</%show:empty>
% elif not waiting and not changes:
<%show:empty text="Nothing is waiting for approval.">
<p><a href="/admin/apps">All apps</a></p>
</%show:empty>
% endif
% if request.reviews_apps and (waiting or more_apps.newer):
<h2>New apps</h2>
% if waiting:
<p class="actions"><a class="button primary" href="/admin/review/next">Review them one by one</a></p>
% endif
<p>Until an app is approved, only its developers can connect it. Oldest first.</p>
<div class="queue">
% for one in waiting:
${cards.waiting(one)}
% endfor
</div>
${show.pagination(*more_apps, ("First page", "Next page"))}
<p><a href="/admin/review.csv">Download as CSV</a></p>
% endif
% if request.reviews_apps and (changes or more_changes.newer):
<h2 id="changes">Changes to approved apps</h2>
<p>Until changes are approved, the app works as before. Approving them removes its verification.</p>
<div class="queue">
% for change in changes:
${change_card(change)}
% endfor
</div>
${show.pagination(*more_changes, ("First page", "Next page"))}
% endif

<%def name="change_card(change)">
<section class="card">
<div class="card-head">
${show.logo(change.app.client_id, change.app.name, change.app.logo_version)}
<div>
<h3><a href="/admin/apps/${change.app.client_id}">${change.app.name}</a></h3>
<p>${show.verified(change.app.verified, "plain")} <span class="muted">${count_text(change.app.users)} users connected</span></p>
</div>
</div>
<p>Proposed by <a href="/admin/users/${change.proposed_by.user_id}">${change.proposed_by.name}</a> ${show.moment(change.proposal.proposed_at)}.
% if change.app.owner_id:
The owner is <a href="/admin/users/${change.app.owner_id}">${change.app.owner_name}</a> (${change.app.owner_email}).
% endif
</p>
${proposals.table(change.changes)}
<div class="actions">
${forms.post(f"/admin/apps/{change.app.client_id}/approve-change", "Approve changes", unseen="to " + change.app.name, seen=change.seen)}
<a class="button danger" href="/admin/apps/${change.app.client_id}/reject-change">Reject changes<span class="unseen"> to ${change.app.name}</span></a>
</div>
</section>
</%def>
