## What one app is doing right now; what stops it is on top.
<%inherit file="/layout/admin.mako"/>
<%page args="app, chart, calls, refusals, failures, problems, affected, most, events"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="charts" file="/parts/chart.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="revocation" file="/parts/revocation.mako"/>
<%def name="title()">Incident view of ${app.name}</%def>
${revocation.progress(app)}
% if app.suspended:
<p class="notice bad">The app is suspended: users can’t connect it, and its tokens are refused.</p>
% endif
<div class="actions">
% if app.suspended_at:
${forms.post(f"/admin/apps/{app.client_id}/reactivate", "Reactivate the app")}
% else:
<a class="button danger" href="/admin/apps/${app.client_id}/suspend">Suspend the app</a>
% endif
${forms.post(f"/admin/apps/{app.client_id}/end-tokens", "Revoke all tokens", "danger")}
<a class="button" href="/admin/apps/${app.client_id}/limit">Lower its limits</a>
<a class="button" href="/admin/apps/${app.client_id}">App details</a>
</div>
<p>Suspending stops everything and can be undone. After revoking, every user has to connect the app again.</p>
<div class="figures">
${show.figure("Calls in 24 hours", number(calls.now), calls.note)}
${show.figure("Refused API calls in 24 hours", number(refusals.now), refusals.note, f"/developer/apps/{app.client_id}/usage")}
${show.figure("Failed OAuth requests in 24 hours", number(failures), "", f"/developer/apps/{app.client_id}/activity")}
${show.figure("Users with a reused token", number(len(affected)) if len(affected) < most else f"{number(most)} or more", "in 30 days")}
${show.figure("Users connected", count_text(app.users), "", f"/admin/apps/{app.client_id}/users")}
</div>
${charts.bars(chart)}

<h2>Affected users</h2>
% if affected:
<p>Someone used one of their refresh tokens a second time, so its connection was revoked. If a token was copied, others may have been too: disconnect the app from these users.</p>
<%show:table caption="Affected users" heads="${['User', 'Times', 'Last', 'Action']}" numbers="${['Times']}">
% for user in affected:
<tr>
<td data-label="User"><a href="/admin/users/${user.user_id}">${user.email}</a></td>
<td data-label="Times" class="number">${number(user.times)}</td>
<td data-label="Last">${show.moment(user.last_at)}</td>
<td data-label="Action" class="end">\
% if user.grant_id:
${forms.post(f"/admin/users/{user.user_id}/grants/{user.grant_id}/end", "Disconnect", "danger", unseen=user.email, app=app.client_id)}\
% else:
not connected\
% endif
</td>
</tr>
% endfor
</%show:table>
% else:
<p>No token of this app was reused in the last 30 days.</p>
% endif

% if problems:
<h2>Failed OAuth requests by reason</h2>
<%show:table caption="Failed OAuth requests by reason" heads="${['Reason', 'Requests', 'From']}" numbers="${['Requests']}">
% for text, row in problems:
<tr>
<td data-label="Reason">${text}</td>
<td data-label="Requests" class="number end">${number(row.count)}</td>
<td data-label="From">${"the app or its developers" if row.is_known else "anyone"}</td>
</tr>
% endfor
</%show:table>
% endif

<h2>Timeline</h2>
% if events:
${log.table("Timeline", events)}
<p><a href="/admin/log?app=${app.client_id}">All events of this app</a></p>
% else:
<%show:empty text="No events yet.">
<p>What developers, users and administrators do with this app is listed here.</p>
</%show:empty>
% endif
