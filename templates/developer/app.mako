## One app at a glance: its status, next steps, identity and recent events.
<%inherit file="/layout/app.mako"/>
<%page args="app, has_users, share, lifetimes, usage, is_new, is_foreign, events, scopes, issuer"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="catalog" file="/parts/scope.mako"/>
<%def name="title()">Overview</%def>
<p class="muted">${app.type.capitalize()} app${" you own" if app.owner_id == request.user.user_id else f" of {app.owner_name}" if app.owner_id else ""}, registered ${show.moment(app.created_at)}</p>
${parts.state_notice(app, request.reviews_apps)}
% if app.proposed:
<p class="notice warn">Changes to this app are <a href="/developer/apps/${app.client_id}/edit">waiting for approval</a>. Until then, it works as before.</p>
% endif
% if is_foreign:
<p class="notice">This app ${f"belongs to {app.owner_name} ({app.owner_email})" if app.owner_id else "registered itself"}. You see it because you are an administrator. <a href="/admin/apps/${app.client_id}">Manage it</a></p>
% endif
% if app.skips_pkce:
${parts.pkce_warning(app)}
% endif
% if is_new and app.owner_id and not app.suspended:
<section class="card next" aria-labelledby="next">
<h2 id="next">Next steps</h2>
<p>\
% if has_users:
Nobody has connected this app yet. \
% endif
To get your first token:</p>
<ol>
<li><a href="/developer/apps/${app.client_id}/quickstart">Follow the quickstart</a>: code to copy, with the values of this app.</li>
% if "authorization_code" in app.grant_types:
<li><a href="/developer/apps/${app.client_id}/try">Try it</a>: walk through an authorization step by step, and see each request and response.</li>
% endif
<li><a href="/developer/apps/${app.client_id}/first-request">Wait for its first request</a>. If it fails, you’ll see why.</li>
<li><a href="/developer/apps/${app.client_id}/doctor">Run the doctor</a> to check the app’s setup.</li>
</ol>
</section>
% endif
<div class="figures">
${show.figure("Users connected", count_text(app.users), href=f"/developer/apps/{app.client_id}/users")}
${show.figure("Calls in 24 hours", number(usage.calls), href=f"/developer/apps/{app.client_id}/usage")}
${show.figure("Refused API calls", number(usage.refusals), "in 24 hours", f"/developer/apps/{app.client_id}/usage#refused")}
${show.figure("Failed OAuth requests", number(usage.failures + usage.claims), "in 24 hours", f"/developer/apps/{app.client_id}/activity")}
${show.figure("Limit", number(app.calls_per_hour), f"calls per hour{share}")}
</div>

<h2>Identity</h2>
<dl class="facts">
<dt>Client ID</dt>
<dd>${show.copyable(app.document_url or app.client_id, id="client-id")}</dd>
% if app.type == "confidential":
<dt>Client secret</dt>
<dd><a href="/developer/apps/${app.client_id}/secrets">See when it was used, or change it</a></dd>
% else:
<dt>Client secret</dt>
<dd>None: public apps use PKCE</dd>
% endif
% if "client_credentials" in app.grant_types:
<dt>Access without a user</dt>
<dd>${", ".join(app.own_scopes) or "Nothing is opened yet"} (<a href="/developer/apps/${app.client_id}/own-access">see or change</a>)</dd>
% endif
<dt>Redirect URIs</dt>
<dd>${parts.redirect_uris(app)}</dd>
<dt>Scopes</dt>
<dd>${catalog.listed(scopes, app.optional_scopes)}</dd>
</dl>
% if app.owner_id:
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/edit">Change settings</a>\
% if has_users:
 <a class="button quiet" href="/developer/apps/${app.client_id}/preview">View as a user</a>\
% endif
</p>
% endif
<details>
<summary>Endpoints and grant types</summary>
<dl class="facts">
<dt>Grant types</dt>
<dd>${parts.codes(app.grant_types)}</dd>
% if lifetimes:
<dt>Lifetimes</dt>
<dd>Set by an administrator: ${lifetimes}</dd>
% endif
</dl>
${parts.endpoints(issuer)}
</details>

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events, ("When", "What", "By"))}
<p><a href="/developer/apps/${app.client_id}/events">All events</a></p>
% else:
<p>No events yet.</p>
% endif
