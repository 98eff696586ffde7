## Calls of an app, refused ones, and its limit, as a chart and a table. `counted` is newest first, `most` the highest of them, and `unit` the time each covers.
<%inherit file="/layout/app.mako"/>
<%page args="app, share, chart, counted, calls, refusals, most, unit, window, resets_at, tabs, here"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="charts" file="/parts/chart.mako"/>
<%def name="title()">Usage</%def>
<p>API calls with this app’s tokens, including those refused because a scope was missing or a limit was reached. Times are UTC. Calls appear after a few seconds.</p>
${show.tabs_at("Span of time", tabs, "tabs", here)}
<div class="figures">
${show.figure("Calls", number(calls))}
${show.figure("Refused", number(refusals), f"{100 * refusals / (calls + refusals):.1f} percent of all" if refusals else "", f"/developer/apps/{app.client_id}/activity" if refusals else None)}
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
<%show:table caption="${chart.title}" heads="${['When (UTC)', 'Calls', 'Refused']}">
% for count in counted:
<tr>
<td data-label="When (UTC)">${count.title}</td>
<td data-label="Calls">${number(count.good)}</td>
<td data-label="Refused">${number(count.bad)}</td>
</tr>
% endfor
</%show:table>
</details>
% if not calls and not refusals:
<p>No calls in this period. <a href="/developer/apps/${app.client_id}/try">Try it</a>: a call appears after a few seconds.</p>
% endif
<p class="hint">The limit is ${number(app.calls_per_hour)} calls per hour${share}, and ${number(app.token_requests_per_minute)} token requests per minute. The hour starts with its first call. The <code>RateLimit</code> header of each response says how many are left. <a href="/developer/docs/limits">About limits</a></p>
