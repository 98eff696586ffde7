## Calls of an app, refused ones, and its limit, as a chart and a table. `counted` is newest first, `most` the highest of them, and `unit` the time each covers.
<%inherit file="/layout/app.mako"/>
<%page args="app, share, chart, counted, calls, refusals, most, unit, window, resets_at, tabs, here, reasons, times, users, users_counted, file"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="charts" file="/parts/chart.mako"/>
<%def name="title()">Usage</%def>
<p class="lead">API calls with this app’s valid tokens. Failed OAuth requests are listed under <a href="/developer/apps/${app.client_id}/activity">Activity</a>. Times are UTC; calls appear after a few seconds.</p>
${show.tabs_at("Time range", tabs, "tabs", here)}
<div class="figures">
${show.figure("Calls", number(calls))}
${show.figure("Refused API calls", number(refusals), f"{100 * refusals / (calls + refusals):.1f} percent of all calls" if refusals else "", "#refused" if reasons else None)}
${show.figure(f"Busiest {unit}", number(most.good + most.bad), most.title if most.good + most.bad else "")}
% if window:
${show.figure("This hour’s window", f"{number(window.counted)} of {number(window.most)}", f"{number(window.left)} left; it resets {ago(resets_at)}")}
% else:
${show.figure("This hour’s window", f"0 of {number(app.calls_per_hour)}", "starts with the next call")}
% endif
</div>
% if window and not window.left:
<p class="notice bad">You’ve reached the limit: calls get a 429 until the window resets. Wait as long as <code>Retry-After</code> says. If your app needs more, ask an administrator.</p>
% endif
${charts.bars(chart)}
<details>
<summary>Show as a table</summary>
<%show:table caption="${chart.title}" heads="${['When (UTC)', 'Calls', 'Refused']}" numbers="${['Calls', 'Refused']}">
% for count in counted:
<tr>
<td data-label="When (UTC)">${count.title}</td>
<td data-label="Calls" class="number">${number(count.good)}</td>
<td data-label="Refused" class="number">${number(count.bad)}</td>
</tr>
% endfor
</%show:table>
</details>
% if not calls and not refusals:
<p>No calls in this period. <a href="/developer/apps/${app.client_id}/try">Try it</a>: a call appears after a few seconds.</p>
% endif
% if reasons:
<h2 id="refused">Refused API calls</h2>
<%show:table caption="Refused API calls" heads="${['Why', 'Calls', 'What to do']}" numbers="${['Calls']}">
% for row, problem in reasons:
<tr>
<td data-label="Why"><a href="/developer/apps/${app.client_id}/activity?calls=yes&amp;problem=${row.problem}">${problem.what}</a></td>
<td data-label="Calls" class="number">${number(row.count)}</td>
<td data-label="What to do" class="bare">${problem.fix}</td>
</tr>
% endfor
</%show:table>
% endif
% if times:
<h2 id="times">Response times</h2>
<p>For successful requests: the time the server took to respond, without the network.</p>
<%show:table caption="Response times" heads="${['Request', 'Number', 'Half within', '95% within']}" numbers="${['Number', 'Half within', '95% within']}">
% for row in times:
<tr>
<td data-label="Request">${row.endpoint}</td>
<td data-label="Number" class="number end">${number(row.number)}</td>
<td data-label="Half within" class="number">${milliseconds(row.half)}</td>
<td data-label="95% within" class="number">${milliseconds(row.most)}</td>
</tr>
% endfor
</%show:table>
% endif
% if users:
<h2 id="users">Users by number of calls</h2>
<p>How many users made how many calls. Users aren’t identified.</p>
<%show:table caption="Users by number of calls" heads="${['Calls', 'Users this month', 'Users last month']}" numbers="${['Users this month', 'Users last month']}">
% for row in users:
<tr>
<td data-label="Calls">${row.calls}</td>
<td data-label="Users this month" class="number">${number(row.this_month)}</td>
<td data-label="Users last month" class="number">${number(row.last_month)}</td>
</tr>
% endfor
</%show:table>
<p class="hint">Covers the ${number(users_counted)} users who connected most recently. Calls are counted here after about a minute.</p>
% endif
<p class="actions"><a class="button" href="${file}">Download as CSV</a></p>
<p class="hint">The file has one row for each hour with activity in the last 400 days.</p>
<p class="hint">The limit is ${number(app.calls_per_hour)} calls per hour${share}, and ${number(app.token_requests_per_minute)} token requests per minute. The hour starts with its first call. The <code>RateLimit</code> header of each response says how many are left. <a href="/developer/docs/limits">About limits</a></p>

<%def name="milliseconds(bound)">${f"{number(bound)} ms" if bound else "longer"}</%def>
