## One user: access they gave, apps they own, what happened, and what an administrator can do.
<%inherit file="/layout/admin.mako"/>
<%page args="user, grants, apps, all_apps, events, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">${user.name}</%def>
% if user.disabled_at:
<p class="problem">This account was disabled on ${show.moment(user.disabled_at)}: nobody can sign in with it, and all it had was ended.</p>
% endif
<dl class="facts">
<dt>E-mail</dt>
<dd>${user.email}</dd>
<dt>Role</dt>
<dd>${"administrator" if user.is_admin else "user"}</dd>
<dt>Since</dt>
<dd>${show.moment(user.created_at)}</dd>
<dt>User id</dt>
<dd><code class="wrap">${user.user_id}</code></dd>
<dt>Subject, for apps and APIs</dt>
<dd><code class="wrap">${user.subject}</code></dd>
</dl>

<h2>What you can do</h2>
<div class="actions">
% if user.disabled_at:
<%forms:form action="/admin/users/${user.user_id}/enable">
${forms.button("Enable the account")}
</%forms:form>
% else:
<a class="button danger" href="/admin/users/${user.user_id}/disable">Disable the account</a>
% endif
<a class="button danger" href="/admin/users/${user.user_id}/revoke">End all access</a>
% if user.is_admin:
<%forms:form action="/admin/users/${user.user_id}/remove-admin">
${forms.button("Take away administrator rights", "quiet")}
</%forms:form>
% elif not user.disabled_at:
<%forms:form action="/admin/users/${user.user_id}/make-admin">
${forms.button("Make an administrator", "quiet")}
</%forms:form>
% endif
</div>

<h2>Connected apps</h2>
% if grants:
<%show:table caption="Connected apps" heads="${['App', 'Scopes', 'Since', 'Last used']}">
% for grant in grants:
<tr>
<td data-label="App"><a href="/admin/apps/${grant.client_id}">${grant.client_name}</a>
% if grant.suspended:
${show.tag("suspended", "bad")}
% endif
</td>
<td data-label="Scopes">${" ".join(grant.scopes)}</td>
<td data-label="Since">${show.moment(grant.created_at)}</td>
<td data-label="Last used">\
% if grant.last_used_at:
${show.moment(grant.last_used_at)}\
% else:
never\
% endif
</td>
</tr>
% endfor
</%show:table>
% else:
<p>This user has connected no app.</p>
% endif

<h2>Own apps</h2>
% if apps:
<%show:table caption="Own apps" heads="${['App', 'Status', 'Users connected']}">
% for app in apps:
<tr>
<td data-label="App"><a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Status">${parts.status(app, reviewed)}</td>
<td data-label="Users connected">${f"{app.users:,}"}</td>
</tr>
% endfor
</%show:table>
<p><a href="${all_apps}">All apps of this user</a></p>
% else:
<p>This user has registered no app.</p>
% endif

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events)}
<p><a href="/admin/log?user=${user.user_id}">All events of this user</a></p>
% else:
<p>Nothing happened yet.</p>
% endif
