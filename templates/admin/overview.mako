## The first page of administration: figures, what waits, how it went, what happened last.
<%inherit file="/layout/admin.mako"/>
<%page args="setup_state, figures, last_day, busiest, misbehaving, days, charts, events"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="chart" file="/parts/chart.mako"/>
<%namespace name="log" file="/parts/events.mako"/>
<%namespace name="setup" file="/parts/setup.mako"/>
<%def name="title()">Administration</%def>
${setup.card(setup_state)}
% if request.reviews_apps and figures.clients_waiting:
<p class="notice warn"><a href="/admin/review">${count_text(figures.clients_waiting)} ${"app is" if figures.clients_waiting == 1 else "apps are"} waiting for approval</a></p>
% endif
% if request.reviews_apps and figures.changes_waiting:
<p class="notice warn"><a href="/admin/review#changes">Changes to ${number(figures.changes_waiting)} approved ${"app" if figures.changes_waiting == 1 else "apps"} are waiting for approval</a></p>
% endif
% if figures.clients_orphaned:
<p class="notice warn"><a href="/admin/apps?status=orphaned">${count_text(figures.clients_orphaned)} ${"app has" if figures.clients_orphaned == 1 else "apps have"} no active owner</a>: transfer or delete ${"it" if figures.clients_orphaned == 1 else "them"}</p>
% endif
% if misbehaving:
<h2>Needs attention</h2>
<p>Apps with reused tokens, or with at least one in five calls refused, in the last 24 hours.</p>
<%show:table caption="Needs attention" heads="${['App', 'Token reuse', 'Refused', 'Calls', 'Action']}" numbers="${['Token reuse', 'Refused', 'Calls']}">
% for app in misbehaving:
<tr>
<td data-label="App">${show.logo(app.client_id, app.name, app.logo_version)}<a href="/admin/apps/${app.client_id}/incident">${app.name}</a>\
% if app.suspended:
 ${show.tag("suspended", "bad")}\
% endif
</td>
<td data-label="Token reuse" class="number">${number(app.reuses)}</td>
<td data-label="Refused" class="number">${number(app.refusals)}</td>
<td data-label="Calls" class="number">${number(app.calls)}</td>
<td data-label="Action" class="end">\
% if app.suspended:
–\
% else:
<a class="button danger" href="/admin/apps/${app.client_id}/suspend">Suspend<span class="unseen"> ${app.name}</span></a>\
% endif
</td>
</tr>
% endfor
</%show:table>
% endif
<div class="figures">
${show.figure("Users", count_text(figures.users), "", "/admin/users")}
${show.figure("Disabled users", count_text(figures.users_disabled), "", "/admin/users?status=disabled")}
${show.figure("Apps", count_text(figures.clients), "", "/admin/apps")}
${show.figure("Suspended apps", count_text(figures.clients_suspended), f"and those of blocked hosts ({number(figures.hosts_blocked)})" if figures.hosts_blocked else "", "/admin/apps?status=suspended")}
% if request.reviews_apps:
${show.figure("Waiting for approval", count_text(figures.clients_waiting), "", "/admin/review")}
% endif
${show.figure("Connected apps", count_text(figures.grants), "by users", "/admin/log?action=grant.given")}
${show.figure("APIs", number(figures.apis), "", "/admin/apis")}
${show.figure("Calls in 24 hours", number(last_day.calls), f"{number(last_day.refusals)} refused API calls")}
</div>
${chart.bars(charts[0])}
<div class="charts">
% for growth in charts[1:]:
${chart.bars(growth)}
% endfor
</div>
<details>
<summary>Figures by day</summary>
<%show:table caption="Day by day" heads="${['Day (UTC)', 'Calls', 'Refused', 'New users', 'New connected apps']}" numbers="${['Calls', 'Refused', 'New users', 'New connected apps']}">
% for day in days:
<tr>
<td data-label="Day (UTC)">${day.day}</td>
<td data-label="Calls" class="number end">${number(day.calls)}</td>
<td data-label="Refused" class="number">${number(day.refusals)}</td>
<td data-label="New users" class="number">${number(day.users)}</td>
<td data-label="New connected apps" class="number">${number(day.grants)}</td>
</tr>
% endfor
</%show:table>
</details>

<h2>Busiest apps in the last 24 hours</h2>
% if busiest:
<%show:table caption="Busiest apps" heads="${['App', 'Calls', 'Refused']}" numbers="${['Calls', 'Refused']}">
% for app in busiest:
<tr>
<td data-label="App">${show.logo(app.client_id, app.name, app.logo_version)}<a href="/admin/apps/${app.client_id}">${app.name}</a></td>
<td data-label="Calls" class="number">${number(app.calls)}</td>
<td data-label="Refused" class="number">${number(app.refusals)}</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="No app called an API in the last 24 hours.">
<p>The apps with the most calls are listed here. <a href="/admin/apps">All apps</a></p>
</%show:empty>
% endif

<h2>Recent events</h2>
% if events:
${log.table("Recent events", events)}
<p><a href="/admin/log">Audit log</a></p>
% else:
<%show:empty text="No events yet.">
<p>Sign-ins, new apps, connections and administrators’ actions are listed here, newest first.</p>
</%show:empty>
% endif
