## Apps waiting for approval, oldest first.
<%inherit file="/layout/admin.mako"/>
<%page args="waiting, more_apps, changes, more_changes, reviewed"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="catalogue" file="/parts/scope.mako"/>
<%namespace name="proposals" file="/parts/proposal.mako"/>
<%def name="title()">Review</%def>
% if not reviewed:
<%show:empty text="Review is off: anyone can connect a new app right away.">
<p>To review each new app before users can connect it, set <code>OAUTHSRV_APP_REVIEW=on</code> and restart the server. Existing apps stay approved.</p>
</%show:empty>
% elif not waiting and not changes:
<%show:empty text="Nothing is waiting for approval.">
<p><a href="/admin/apps">All apps</a></p>
</%show:empty>
% endif
% if reviewed and (waiting or more_apps.newer):
<h2>New apps</h2>
<p>Until an app is approved, only its developers can connect it. Oldest first.</p>
<div class="queue">
% for one in waiting:
${card(one)}
% endfor
</div>
${show.pagination(*more_apps, ("First page", "Next page"))}
% endif
% if reviewed and (changes or more_changes.newer):
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

<%def name="card(one)">
<section class="card">
<div class="card-head">
${show.logo(one.app.client_id, one.app.name, one.app.logo_version)}
<h3><a href="/admin/apps/${one.app.client_id}">${one.app.name}</a></h3>
</div>
<dl class="facts">
<dt>Registered</dt>
<dd>${show.moment(one.app.created_at)}</dd>
<dt>Developer</dt>
% if not one.app.owner_id:
<dd>Unknown: the app registered itself</dd>
% else:
<dd><a href="/admin/users/${one.app.owner_id}">${one.app.owner_name}</a> (${one.app.owner_email}), joined ${show.moment(one.app.owner_since)}</dd>
<dt>Their other apps</dt>
<dd>${number(one.app.other_clients) if one.app.other_clients else "none"}\
% if one.app.suspended_clients:
, ${number(one.app.suspended_clients)} of them suspended\
% endif
</dd>
% endif
<dt>Description</dt>
<dd>${one.app.description or "–"}</dd>
<dt>Home page</dt>
<dd>${parts.home_page(one.app)}</dd>
<dt>Type</dt>
<dd>${one.app.type}${", without PKCE" if one.app.skips_pkce else ""}</dd>
<dt>Users return to</dt>
<dd>
<ul class="plain">
% for host in one.hosts:
<li><strong>${host}</strong></li>
% endfor
</ul>
</dd>
<dt>Can request</dt>
<dd>${catalogue.listed(one.scopes, one.app.optional_scopes)}</dd>
</dl>
<div class="actions">
<%forms:form action="/admin/apps/${one.app.client_id}/approve">
${forms.hidden("from", "review")}
${forms.hidden("seen", one.seen)}
${forms.button("Approve", unseen=one.app.name)}
</%forms:form>
<a class="button danger" href="/admin/apps/${one.app.client_id}/suspend?from=review">Reject<span class="unseen"> ${one.app.name}</span></a>
</div>
</section>
</%def>
