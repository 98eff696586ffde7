## One app, and what an administrator can do with it.
<%inherit file="/layout/admin.mako"/>
<%page args="app, form, events, scopes, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">${app.name}</%def>
% if app.suspended:
<p class="problem">Suspended on ${show.moment(app.suspended_at)}: nothing of this app works until you reactivate it.</p>
% endif
<dl class="facts">
<dt>Status</dt>
<dd>${parts.status(app, reviewed)}</dd>
<dt>Owner</dt>
<dd><a href="/admin/users/${app.owner_id}">${app.owner_name}</a> (${app.owner_email})</dd>
<dt>Users connected</dt>
<dd>${f"{app.users:,}"}</dd>
<dt>Type</dt>
<dd>${app.type}${", without PKCE" if app.skips_pkce else ""}</dd>
<dt>Description</dt>
<dd>${app.description or "–"}</dd>
<dt>Home page</dt>
<dd>\
% if app.home_page:
<a href="${app.home_page}" rel="noopener noreferrer">${app.home_page}</a>\
% else:
–\
% endif
</dd>
<dt>Redirect URIs</dt>
<dd>
<ul class="plain">
% for uri in app.redirect_uris:
<li><code class="wrap">${uri}</code></li>
% endfor
</ul>
</dd>
<dt>Scopes</dt>
<dd>
<ul class="plain">
% for scope in scopes:
<li>${scope.description} <code>${scope.scope}</code></li>
% endfor
</ul>
</dd>
<dt>Registered</dt>
<dd>${show.moment(app.created_at)}</dd>
<dt>Client id</dt>
<dd><code class="wrap">${app.client_id}</code></dd>
</dl>
<p><a href="/developer/apps/${app.client_id}">Settings and credentials, as its developer sees them</a></p>

<h2>What you can do</h2>
<div class="actions">
% if reviewed and not app.approved:
<%forms:form action="/admin/apps/${app.client_id}/approve">
${forms.button("Approve the app")}
</%forms:form>
% endif
% if app.suspended:
<%forms:form action="/admin/apps/${app.client_id}/reactivate">
${forms.button("Reactivate the app")}
</%forms:form>
% else:
<%forms:form action="/admin/apps/${app.client_id}/suspend">
${forms.button("Suspend the app", "danger")}
</%forms:form>
% endif
<a class="button danger" href="/admin/apps/${app.client_id}/end-tokens">End all tokens</a>
</div>
<p class="hint">Suspended, nothing of an app works; reactivated, all of it works again. Ended tokens never come back.</p>
<%forms:form action="/admin/apps/${app.client_id}/limit" of="${form}">
${forms.field(form, "limit", "Calls per hour", inputmode="numeric", maxlength=15, autocomplete="off")}
${forms.field(form, "share", "Of these, for one user at most (percent)", inputmode="numeric", maxlength=3, autocomplete="off", required=False, hint="So that one user of the app cannot use up the hour for all. Empty: no limit for one user.")}
${forms.field(form, "token_limit", "Requests at the token endpoint per minute", inputmode="numeric", maxlength=15, autocomplete="off")}
${forms.button("Change the limits", "quiet")}
</%forms:form>

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events)}
<p><a href="/admin/log?app=${app.client_id}">All events of this app</a></p>
% else:
<p>Nothing happened yet.</p>
% endif
