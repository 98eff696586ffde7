## One app, and what an administrator can do with it. `seen` is the version of the app that is shown here.
<%inherit file="/layout/admin.mako"/>
<%page args="app, share, lifetimes, seen, usage, members, itself, reported, reasons, grants, events, scopes"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="catalog" file="/parts/scope.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="revocation" file="/parts/revocation.mako"/>
<%namespace name="connected" file="/parts/connected.mako"/>
<%def name="title()">${app.name}</%def>
${revocation.progress(app)}
% if app.blocked_host:
<p class="notice bad">Suspended because <strong>${app.blocked_host}</strong> is <a href="/admin/hosts">blocked</a>: users can’t connect it and its tokens are refused until you unblock the host.</p>
% endif
% if app.suspended_at:
<p class="notice bad">Suspended ${show.moment(app.suspended_at)}: users can’t connect it and its tokens are refused until you reactivate it. \
% if app.suspend_reason:
Its developers see this reason: “${app.suspend_reason}”\
% else:
Its developers see no reason.\
% endif
</p>
% endif
% if request.reviews_apps and not app.approved and not app.suspended:
<p class="notice warn">This app is <a href="/admin/review">waiting for approval</a>: ${"only its developers" if app.owner_id else "nobody"} can connect it.</p>
% endif
% if request.reviews_apps and app.proposed:
<p class="notice warn">Changes to this app are <a href="/admin/review#changes">waiting for approval</a>. Until then, it works as before.</p>
% endif
% if app.owner_disabled_at and not app.suspended:
<p class="notice bad">Its owner was ${"deleted" if app.owner_email.endswith("@deleted.invalid") else "disabled"} ${show.moment(app.owner_disabled_at)}. Connected users stay connected; new users can’t connect, and the app can’t act for itself. <a href="/developer/apps/${app.client_id}/transfer">Transfer the app</a> to another developer, or <a href="/admin/apps/${app.client_id}/suspend">suspend it</a>.</p>
% endif
% if reported:
<div class="notice warn">
<p>Reports about this app:</p>
<ul>
% for report in reported:
<li>${reasons[report.reason].text}${f" (“{report.comment}”)" if report.comment else ""}, ${show.moment(report.reported_at)}${f" by {report.email}" if report.email else ""}</li>
% endfor
</ul>
${forms.post(f"/admin/apps/{app.client_id}/close-reports", "Close the reports", "quiet", last=reported[0].report_id)}
</div>
% endif
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<p>${parts.status(app, request.reviews_apps)} ${show.verified(app.verified, "plain")}</p>
</div>
<div class="figures">
${show.figure("Users connected", count_text(app.users))}
${show.figure("Calls in 24 hours", number(usage.calls), href=f"/developer/apps/{app.client_id}/usage")}
${show.figure("Refused API calls", number(usage.refusals), "in 24 hours", f"/developer/apps/{app.client_id}/usage#refused")}
${show.figure("Failed OAuth requests", number(usage.failures + usage.claims), "in 24 hours", f"/developer/apps/{app.client_id}/activity")}
${show.figure("Limit", number(app.calls_per_hour), "calls per hour", f"/admin/apps/{app.client_id}/limit")}
</div>

<h2>Actions</h2>
<div class="actions">
% if request.reviews_apps and not app.approved:
${forms.post(f"/admin/apps/{app.client_id}/approve", "Approve the app", seen=seen)}
% endif
% if app.suspended_at:
${forms.post(f"/admin/apps/{app.client_id}/reactivate", "Reactivate the app")}
% endif
% if app.verified:
${forms.post(f"/admin/apps/{app.client_id}/unverify", "Remove verification", "quiet")}
% else:
${forms.post(f"/admin/apps/{app.client_id}/verify", "Verify the app", "", seen=seen)}
% endif
<a class="button" href="/admin/apps/${app.client_id}/limit">Change the limits</a>
% if app.type == "confidential" and app.owner_id:
<a class="button" href="/admin/apps/${app.client_id}/own-access">Open access without a user</a>
% endif
% if app.blocked_host and not app.suspended_at:
<a class="button" href="/admin/apps/${app.client_id}/suspend">Keep it suspended after unblocking</a>
% elif not app.suspended_at:
<a class="button danger" href="/admin/apps/${app.client_id}/suspend">Suspend the app</a>
% endif
${forms.post(f"/admin/apps/{app.client_id}/end-tokens", "Revoke all tokens", "danger")}
<a class="button" href="/admin/apps/${app.client_id}/incident">Incident view</a>
% if app.owner_id:
<a class="button" href="/developer/apps/${app.client_id}/transfer">Transfer</a>
% endif
<a class="button danger" href="/developer/apps/${app.client_id}/delete">Delete the app</a>
</div>
<p class="hint">A suspended app works again after you reactivate it. Revoked tokens never work again.</p>

% if app.owner_id:
<h2>Developers</h2>
<%show:table caption="Team" heads="${['Person', 'Role', 'Since']}">
<tr>
<td data-label="Person">${parts.owner(app)} <span class="muted">${app.owner_name}</span></td>
<td data-label="Role">owner</td>
<td data-label="Since">${show.moment(app.created_at)}</td>
</tr>
% for member in members:
${member_row(member)}
% endfor
</%show:table>
% else:
<h2>Where it comes from</h2>
<p>It registered itself, from <strong>${app.registered_from}</strong>. Nobody here develops it. <a href="/developer/apps/${app.client_id}/danger">Delete it</a>, or see <a href="/admin/registration">all such apps by host</a>.</p>
<dl class="facts">
<dt>Hosts</dt>
<dd>${", ".join(itself.hosts)}</dd>
<dt>Software</dt>
<dd>${" ".join(filter(None, (itself.software_id, itself.software_version))) or "–"}</dd>
<dt>Last token issued</dt>
<dd>${itself.used_on or "never"}</dd>
</dl>
% if app.failed_at:
<p class="notice warn">Its metadata document hasn’t been valid since ${show.moment(app.failed_at)}: ${app.failure}. Connected users stay connected, and new users can’t connect.</p>
% endif
% endif

% if grants:
<h2>Connected users</h2>
${connected.table(app, grants)}
<p><a href="/admin/apps/${app.client_id}/users">All users of this app</a></p>
% endif

<h2>Details</h2>
<dl class="facts">
<dt>Client ID</dt>
<dd>${show.copyable(app.document_url or app.client_id)}</dd>
% if app.document_url:
<dt>Reference</dt>
<dd><code class="wrap">${app.client_id}</code></dd>
<dt>Document last loaded</dt>
<dd>${show.moment_or(app.fetched_at, "–")}</dd>
% endif
<dt>Description</dt>
<dd>${app.description or "–"}</dd>
<dt>Home page</dt>
<dd>${parts.home_page(app)}</dd>
<dt>Type</dt>
<dd>${app.type}${", without PKCE" if app.skips_pkce else ""}</dd>
<dt>Authentication</dt>
<dd>${parts.codes(app.authentication_methods)}${f", keys at {app.jwks_uri}" if app.jwks_uri else ""}</dd>
<dt>Grant types</dt>
<dd>${parts.codes(app.grant_types)}</dd>
<dt>Access without a user</dt>
<dd>${", ".join(app.own_scopes) or "Nothing"}${" at " + ", ".join(app.own_resources) if app.own_resources else ""}</dd>
<dt>Redirect URIs</dt>
<dd>${parts.redirect_uris(app)}</dd>
<dt>Scopes</dt>
<dd>${catalog.listed(scopes, app.optional_scopes)}</dd>
<dt>Limits</dt>
<dd>${number(app.calls_per_hour)} calls per hour${share}; ${number(app.token_requests_per_minute)} token requests per minute${"; " + lifetimes if lifetimes else ""}</dd>
<dt>Registered</dt>
<dd>${show.moment(app.created_at)}</dd>
<dt>Verified</dt>
<dd>${show.moment_or(app.verified_at, "no")}</dd>
</dl>
<p>What its developers see: <a href="/developer/apps/${app.client_id}">overview</a>, <a href="/developer/apps/${app.client_id}/activity">activity</a>, <a href="/developer/apps/${app.client_id}/usage">usage</a>, <a href="/developer/apps/${app.client_id}/users">users</a>, <a href="/developer/apps/${app.client_id}/doctor">doctor</a></p>

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events)}
<p><a href="/admin/log?app=${app.client_id}">All events of this app</a></p>
% else:
<%show:empty text="No events yet.">
<p>What developers, users and administrators do with this app is listed here.</p>
</%show:empty>
% endif

<%def name="member_row(member)">
<tr>
<td data-label="Person"><a href="/admin/users/${member.user_id}">${member.name}</a> <span class="muted">${member.email}</span></td>
<td data-label="Role">member</td>
<td data-label="Since">${show.moment(member.accepted_at)}</td>
</tr>
</%def>
