## One app: whether it works, its settings, its credentials, what happened lately.
<%inherit file="/layout/developer.mako"/>
<%page args="app, its_secrets, usage, events, scopes, reviewed, issuer"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%def name="title()">${app.name}</%def>
${parts.state_notice(app, reviewed)}
% if app.owner_id != visitor.user.user_id:
<p class="notice">This app belongs to ${app.owner_name} (${app.owner_email}). You see it because you are an administrator. <a href="/admin/apps/${app.client_id}">Administer it</a></p>
% endif
<dl class="facts">
<dt>Status</dt>
<dd>${parts.status(app, reviewed)}</dd>
<dt>Users connected</dt>
<dd>${f"{app.users:,}"}</dd>
<dt>Limit</dt>
<dd>${f"{app.rate_limit_per_hour:,}"} calls per hour\
% if app.grant_share_percent:
, at most ${app.grant_share_percent} percent of them for one user\
% endif
</dd>
<dt>Last 24 hours</dt>
<dd>${f"{usage.calls:,}"} calls, ${f"{usage.refusals:,}"} refused for want of scope or for the limit</dd>
<dt>Registered</dt>
<dd>${show.moment(app.created_at)}</dd>
</dl>

<h2>Settings</h2>
% if app.skips_pkce:
<p class="notice">This app works without PKCE. Whoever steals a code on its way needs only the client secret to use it. <a href="/developer/apps/${app.client_id}/edit">Switch PKCE on</a> as soon as your library can do it.</p>
% endif
<dl class="facts">
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
<dt>Type</dt>
<dd>${app.type}</dd>
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
<dt>PKCE</dt>
<dd>${"not required of this app" if app.skips_pkce else "required (S256)"}</dd>
</dl>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/edit">Change settings</a></p>

<h2>Credentials</h2>
<dl class="facts">
<dt>Client id</dt>
<dd><code class="wrap" id="client-id">${app.client_id}</code></dd>
</dl>
% if app.type == "public":
<p>A public app has no client secret. It proves itself with PKCE.</p>
% else:
<%show:table caption="Client secrets" heads="${['Secret', 'Added', 'Last used']}">
% for secret in its_secrets:
<tr>
<td data-label="Secret">ending in <code>${secret.hint}</code></td>
<td data-label="Added">${show.moment(secret.created_at)}</td>
<td data-label="Last used">\
% if secret.last_used_at:
${show.moment(secret.last_used_at)}\
% if secret.last_used_from:
 from ${secret.last_used_from}\
% endif
% else:
never\
% endif
</td>
</tr>
% endfor
</%show:table>
% if len(its_secrets) < 2:
<p>To change the secret without an interruption: add a second one, move your app to it, then retire the first.</p>
<%forms:form action="/developer/apps/${app.client_id}/secrets">
${forms.hidden("seen", " ".join(secret.hint for secret in its_secrets))}
${forms.button("Add a second secret", "quiet")}
</%forms:form>
% else:
<p>Both secrets work. Once your app uses the new one, retire the other.</p>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/secrets/retire">Retire a secret</a></p>
% endif
% endif
${parts.endpoints(issuer)}

<h2>Recent events</h2>
% if events:
<%show:table caption="Recent events" heads="${['When', 'What', 'Who', 'Details']}">
% for event in events:
<tr>
<td data-label="When">${show.moment(event.at)}</td>
<td data-label="What">${event.what}</td>
<td data-label="Who">${event.who} <span class="muted">${event.address}</span></td>
<td data-label="Details">${event.details}
% if event.advice:
<p class="hint">${event.advice}</p>
% endif
</td>
</tr>
% endfor
</%show:table>
% else:
<p>Nothing happened yet.</p>
% endif

<h2>Delete</h2>
<p>Deleting ends every token of the app for good.</p>
<p class="actions"><a class="button danger" href="/developer/apps/${app.client_id}/delete">Delete this app</a></p>
