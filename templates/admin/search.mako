## What was found: a lookup.FoundSecret of a token, search.Hits of a text, or nothing yet. A token is never shown again.
<%inherit file="/layout/admin.mako"/>
<%page args="text, finding, hits"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Search</%def>
<%forms:form action="/admin/search">
<div class="field">
<label for="searched">Email, name, ID, token or secret</label>
<input type="search" id="searched" name="searched" value="${text}" maxlength="4000" autocomplete="off" spellcheck="false">
<p class="hint">A token or secret you paste is looked up by its hash. It isn’t stored, logged or shown again.</p>
</div>
${forms.button("Search everything")}
</%forms:form>
% if finding:
<h2>${finding.kind}</h2>
<p>${finding.state}</p>
% if finding.connection:
${connection(finding.connection)}
% elif finding.grant:
<p><a href="/admin/apps/${finding.grant.client_id}">${finding.grant.client_name}</a>, for <a href="/admin/users/${finding.grant.user_id}">${finding.grant.email}</a></p>
<div class="actions">${disconnect(finding.grant)}</div>
% elif finding.client:
<p>Belongs to <strong>${finding.client.name}</strong>\
% if finding.hint:
, ending in <code>${finding.hint}</code>\
% endif
</p>
% endif
% if finding.path:
<p class="actions"><a class="button" href="${finding.path}">View details</a></p>
% endif
% elif hits:
% if not any(hits):
<%show:empty text="Nothing matches.">
<p>Users are found by email, name or ID; apps by name, client ID or the email of their owner; APIs by name or address.</p>
</%show:empty>
% endif
% if hits.users:
<h2>Users</h2>
<ul class="plain">
% for user in hits.users:
<li><a href="/admin/users/${user.user_id}">${user.email}</a> ${user.name}\
% if user.disabled:
 ${show.tag("disabled", "bad")}\
% endif
</li>
% endfor
</ul>
% endif
% if hits.apps:
<h2>Apps</h2>
<ul class="plain">
% for app in hits.apps:
<li><a href="/admin/apps/${app.client_id}">${app.name}</a> <span class="muted">${app.owner_email or f"registered itself, from {app.registered_from}"}</span>\
% if app.suspended:
 ${show.tag("suspended", "bad")}\
% endif
</li>
% endfor
</ul>
% endif
% if hits.apis:
<h2>APIs</h2>
<ul class="plain">
% for api in hits.apis:
<li><a href="/admin/apis/${api.client_id}">${api.name}</a> <code class="wrap">${api.resource}</code></li>
% endfor
</ul>
% endif
% endif

<%def name="connection(one)">
<dl class="facts">
<dt>App</dt>
<dd><a href="/admin/apps/${one.client_id}">${one.client_name}</a></dd>
<dt>User</dt>
<dd>\
% if one.user_id:
<a href="/admin/users/${one.user_id}">${one.email}</a>\
% else:
None: the app acts for itself\
% endif
</dd>
<dt>Connection</dt>
<dd>${show.tag("active", "good") if one.is_active else show.tag("ended", "bad")} since ${show.moment(one.created_at)}, last used ${show.moment(one.last_used_at)}\
% if one.address:
; started from ${one.address}\
% endif
</dd>
<dt>Scopes</dt>
<dd>${" ".join(one.scopes)}</dd>
</dl>
<div class="actions">
% if one.is_active:
${forms.post(f"/admin/connections/{one.family_id}/end", "Revoke this connection", "danger")}
% if one.user_id:
${disconnect(one)}
% endif
% endif
<a class="button" href="/admin/apps/${one.client_id}/incident">See what the app is doing</a>
</div>
</%def>

<%def name="disconnect(one)">${forms.post(f"/admin/users/{one.user_id}/grants/{one.grant_id}/end", "Disconnect the app from this user", "danger")}</%def>
