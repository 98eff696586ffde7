## Changing the settings of an app; its type can't change.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, added, grants, scopes, pictures, proposal, changes, may_skip_pkce, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="proposals" file="/parts/proposal.mako"/>
<%def name="title()">Settings</%def>
<p>This app is ${app.type}. Its type and client ID can’t be changed. Connected users stay connected.</p>
% if app.verified:
<p class="notice warn">This app is verified. A new name, home page, logo, redirect host, scope or way to get tokens removes the verification, and so does turning PKCE off.</p>
% endif
% if proposal:
${waiting_changes()}
% elif reviewed:
<p class="notice">An administrator reviews what you add: a new name, home page or logo, redirect URIs on new hosts, scopes, and ways to get tokens. Until then, the app works as before. What you remove takes effect when you save.</p>
% endif
% if added:
<p class="notice warn" id="added">This address is filled in below but not saved yet: <code class="wrap">${added}</code> Save it only if it’s yours: anyone who controls it can act as your users.</p>
% endif
<%forms:form action="/developer/apps/${app.client_id}/edit" of="${form}" upload="${True}">
${parts.fields(form, grants, scopes, pictures, app, may_skip_pkce)}
<div class="actions">
${forms.button("Save")}
<a href="/developer/apps/${app.client_id}">Cancel</a>
</div>
</%forms:form>

<%def name="waiting_changes()">
<section class="card" aria-labelledby="proposed">
% if proposal.rejected:
<h2 id="proposed">An administrator rejected your changes ${show.moment(proposal.rejected_at)}</h2>
<p>Reason: <q>${proposal.reject_reason}</q></p>
<p>The app works as before. Change the settings below to propose something else.</p>
% else:
<h2 id="proposed">Waiting for approval</h2>
<p>Proposed ${show.moment(proposal.proposed_at)}. Until an administrator approves these changes, the app works as before. The form below includes them; save it to change your proposal.</p>
% endif
${proposals.table(changes)}
${forms.post(f"/developer/apps/{app.client_id}/withdraw-change", "Dismiss" if proposal.rejected else "Withdraw changes", "quiet")}
</section>
</%def>
