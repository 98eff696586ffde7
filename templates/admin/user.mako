## One user: access they gave, apps they develop, what happened, and what an administrator can do.
<%inherit file="/layout/admin.mako"/>
<%page args="user, revocation, grants, apps, all_apps, sign_ins, events, reviewed"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">${user.name}</%def>
% if user.disabled_at:
<p class="notice bad">This account was disabled ${show.moment(user.disabled_at)}: nobody can sign in with it, and all it had was ended.</p>
% endif
% if revocation:
<p class="notice warn" role="status">Their access is being revoked: ${number(revocation.carried_out)}\
% if revocation.connections is not None:
 of ${number(revocation.connections)}\
% endif
 connections so far.</p>
% endif
<dl class="facts">
<dt>E-mail</dt>
<dd>${user.email}</dd>
<dt>Role</dt>
<dd>${"administrator" if user.is_admin else "user"}</dd>
<dt>Since</dt>
<dd>${show.moment(user.created_at)}</dd>
<dt>User id</dt>
<dd>${show.copyable(user.user_id)}</dd>
<dt>Subject, for apps and APIs</dt>
<dd>${show.copyable(user.subject)}</dd>
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
% if not user.disabled_at:
<%forms:form action="/admin/users/${user.user_id}/reset">
${forms.button("Make a password reset link", "quiet")}
</%forms:form>
% endif
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
<%show:table caption="Connected apps" heads="${['App', 'Scopes', 'Devices', 'Since', 'Last used']}">
% for grant in grants:
<tr>
<td data-label="App">${show.logo(grant.client_id, grant.client_name, grant.logo_version)}<a href="/admin/apps/${grant.client_id}">${grant.client_name}</a>
% if grant.suspended:
${show.tag("suspended", "bad")}
% endif
</td>
<td data-label="Scopes">${" ".join(grant.scopes)}</td>
<td data-label="Devices">${number(grant.connections)}</td>
<td data-label="Since">${show.moment(grant.created_at)}</td>
<td data-label="Last used">${show.moment_or(grant.last_used_at, "never")}</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="This user has connected no app.">
<p>Each app that they allow to use their account would be listed here.</p>
</%show:empty>
% endif

<h2>Apps they develop</h2>
% if apps:
<%show:table caption="Apps they develop" heads="${['App', 'Role', 'Status', 'Users connected']}">
% for app in apps:
<tr>
<td data-label="App">${show.logo(app.client_id, app.name, app.logo_version)}<a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Role">${"owner" if app.is_owner else "member"}</td>
<td data-label="Status">${parts.status(app, reviewed)}</td>
<td data-label="Users connected">${number(app.users)}</td>
</tr>
% endfor
</%show:table>
<p><a href="${all_apps}">All apps this user owns</a></p>
% else:
<%show:empty text="This user develops no app.">
<p>Apps that they register, or whose team they join, would be listed here.</p>
</%show:empty>
% endif

<h2>Sign-ins</h2>
% if sign_ins:
${log.table("Sign-ins", sign_ins, ("When", "What", "From"))}
<p><a href="/admin/log?user=${user.user_id}&amp;action=user.signed_in">All sign-ins of this user</a></p>
% else:
<%show:empty text="This user never signed in.">
<p>Each sign-in, and each that failed, would be listed here with the address it came from.</p>
</%show:empty>
% endif

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events)}
<p><a href="/admin/log?user=${user.user_id}">All events of this user</a></p>
% else:
<%show:empty text="Nothing happened yet.">
<p>What they do, and what is done to their account, would be listed here.</p>
</%show:empty>
% endif
