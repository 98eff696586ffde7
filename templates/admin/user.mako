## One user: connected apps, apps they develop, events, and what an administrator can do.
<%inherit file="/layout/admin.mako"/>
<%page args="user, revocation, grants, apps, all_apps, sign_ins, events"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%def name="title()">${user.name}</%def>
% if user.disabled_at:
<p class="notice bad">Disabled ${show.moment(user.disabled_at)}: this user can’t sign in, and all their apps are disconnected.</p>
% endif
% if revocation:
<p class="notice warn" role="status">All access of this user is being revoked: ${number(revocation.carried_out)}\
% if revocation.connections is not None:
 of ${number(revocation.connections)}\
% endif
 connections so far.</p>
% endif
<dl class="facts">
<dt>Email</dt>
<dd>${user.email}</dd>
<dt>Role</dt>
<dd>${"administrator" if user.is_admin else "user"}</dd>
<dt>Since</dt>
<dd>${show.moment(user.created_at)}</dd>
<dt>User ID</dt>
<dd>${show.copyable(user.user_id)}</dd>
<dt>Subject, for apps and APIs</dt>
<dd>${show.copyable(user.subject)}</dd>
</dl>

<h2>Actions</h2>
<div class="actions">
<a class="button" href="/admin/users/${user.user_id}/edit">Edit</a>
${forms.post(f"/admin/users/{user.user_id}/sign-out", "Sign out everywhere", "")}
% if user.disabled_at:
${forms.post(f"/admin/users/{user.user_id}/enable", "Enable the user")}
% else:
${forms.post(f"/admin/users/{user.user_id}/disable", "Disable the user", "danger")}
% endif
${forms.post(f"/admin/users/{user.user_id}/revoke", "Revoke all access", "danger")}
<a class="button danger" href="/admin/users/${user.user_id}/delete">Delete the user</a>
% if not user.disabled_at:
${forms.post(f"/admin/users/{user.user_id}/reset", "Create a password reset link", "quiet")}
% endif
% if user.is_admin:
${forms.post(f"/admin/users/{user.user_id}/remove-admin", "Remove administrator rights", "quiet")}
% elif not user.disabled_at:
${forms.post(f"/admin/users/{user.user_id}/make-admin", "Make an administrator", "quiet")}
% endif
</div>

<h2>Connected apps</h2>
% if grants:
<%show:table caption="Connected apps" heads="${['App', 'Scopes', 'Connections', 'Since', 'Last used', 'Action']}" numbers="${['Connections']}">
% for grant in grants:
<tr>
<td data-label="App">${show.logo(grant.client_id, grant.client_name, grant.logo_version)}<a href="/admin/apps/${grant.client_id}">${grant.client_name}</a>
% if grant.suspended:
${show.tag("suspended", "bad")}
% endif
</td>
<td data-label="Scopes" class="bare">${" ".join(grant.scopes)}</td>
<td data-label="Connections" class="number wide">${number(grant.connections)}</td>
<td data-label="Since" class="wide">${show.moment(grant.created_at)}</td>
<td data-label="Last used">${show.moment_or(grant.last_used_at, "never")}</td>
<td data-label="Action" class="end">${forms.post(f"/admin/users/{user.user_id}/grants/{grant.grant_id}/end", "Disconnect", "danger", unseen=grant.client_name)}</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="This user hasn’t connected any apps.">
<p>Apps they allow to use their account are listed here.</p>
</%show:empty>
% endif

<h2>Apps they develop</h2>
% if apps:
<%show:table caption="Apps they develop" heads="${['App', 'Role', 'Status', 'Users connected']}" numbers="${['Users connected']}">
% for app in apps:
<tr>
<td data-label="App">${show.logo(app.client_id, app.name, app.logo_version)}<a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Role" class="bare">${"owner" if app.is_owner else "member"}</td>
<td data-label="Status" class="end">${parts.status(app, request.reviews_apps)}</td>
<td data-label="Users connected" class="number">${count_text(app.users)}</td>
</tr>
% endfor
</%show:table>
<p><a href="${all_apps}">All apps this user owns</a></p>
% else:
<%show:empty text="This user doesn’t develop any apps.">
<p>Apps they register, or whose team they join, are listed here.</p>
</%show:empty>
% endif

<h2>Sign-ins</h2>
% if sign_ins:
${log.table("Sign-ins", sign_ins, ("When", "What", "From"))}
<p><a href="/admin/log?user=${user.user_id}&amp;action=user.signed_in">All sign-ins of this user</a></p>
% else:
<%show:empty text="This user has never signed in.">
<p>Sign-ins and failed attempts are listed here with the address they came from.</p>
</%show:empty>
% endif

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events)}
<p><a href="/admin/log?user=${user.user_id}">All events of this user</a></p>
% else:
<%show:empty text="No events yet.">
<p>What they do, and what happens to their account, is listed here.</p>
</%show:empty>
% endif
