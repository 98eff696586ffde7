## How many users an app has, and why connections ended: (an events.EndReason, how many). No user is named.
<%inherit file="/layout/app.mako"/>
<%page args="app, has_users, users, ended, may_end"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%def name="title()">Connections</%def>
<p>How many people connected this app. We don’t show who they are; your app learns that from its own API calls.</p>
<div class="figures">
${show.figure("Connected now", count_text(users.connected))}
${show.figure("Used in 7 days", number(users.used_in_week), "of the newest 1,000" if users.is_part else "with a call at an API")}
${show.figure("Used in 30 days", number(users.used_in_month), "of the newest 1,000" if users.is_part else "with a call at an API")}
${show.figure("New in 30 days", count_text(users.came_in_month), "connected the app for the first time or again")}
${show.figure("Connections", count_text(users.connections), "one user can have several")}
</div>
% if not has_users:
<p>Nobody needs to connect this app: it acts only for itself.</p>
% elif not users.connected:
<%show:empty text="Nobody is connected right now.">
<p>To connect users, send them to the authorization endpoint, as the <a href="/developer/apps/${app.client_id}/quickstart">quickstart</a> shows.</p>
</%show:empty>
% endif
% if "client_credentials" in app.grant_types:
<p><a href="/developer/apps/${app.client_id}/own-access">Access without a user</a> isn’t counted here.</p>
% endif

<h2>Connections that ended in the last 30 days</h2>
% if ended:
% if sum(count for _, count in ended) == 1000:
<p>These are the last 1,000.</p>
% endif
<%show:table caption="Connections that ended in the last 30 days" heads="${['Why', 'Connections', 'What to do']}" numbers="${['Connections']}">
% for why, count in ended:
<tr>
<td data-label="Why">${why.developer}</td>
<td data-label="Connections" class="number end">${number(count)}</td>
<td data-label="What to do" class="bare">${why.advice or "–"}</td>
</tr>
% endfor
</%show:table>
% else:
<p>No connection ended.</p>
% endif
% if may_end:

<h2>Revoke all tokens</h2>
<p>If tokens leaked, revoke all of them. Each user then has to connect the app again.</p>
${forms.post(f"/developer/apps/{app.client_id}/end-tokens", "Revoke all tokens", "danger")}
% endif
