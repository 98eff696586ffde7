## Calls of an app, those refused, and its limit: as a chart, and as a table. `counted` is the newest first, `most` the highest of them, and `unit` what each of them is.
<%inherit file="/layout/app.mako"/>
<%page args="app, share, chart, counted, calls, refusals, most, unit, window, resets_at, tabs, here"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="charts" file="/parts/chart.mako"/>
<%def name="title()">Usage of ${app.name}</%def>
<p>Calls at APIs with tokens of this app, good ones and those refused for lack of scope or for the limit. Times are UTC; a call shows here after some seconds.</p>
${show.tabs_at("Span of time", tabs, "tabs sub", here)}
<div class="figures">
${show.figure("Calls", number(calls))}
${show.figure("Refused", number(refusals), f"{100 * refusals / (calls + refusals):.1f} percent of all" if refusals else "", f"/developer/apps/{app.client_id}/activity" if refusals else None)}
${show.figure(f"Busiest {unit}", number(most.good + most.bad), most.told if most.good + most.bad else "")}
% if window:
${show.figure("This hour’s window", f"{number(window.counted)} of {number(window.most)}", f"{number(window.left)} left; it resets {ago(resets_at)}")}
% else:
${show.figure("This hour’s window", f"0 of {number(app.calls_per_hour)}", "it begins with the next call")}
% endif
</div>
% if window and not window.left:
<p class="notice bad">The limit is reached: further calls get a 429 until the window resets. Wait for the time in <code>Retry-After</code>, and ask the people who run this server if your app needs more.</p>
% endif
${charts.bars(chart)}
<details>
<summary>The same as a table</summary>
<%show:table caption="${chart.title}" heads="${['When (UTC)', 'Calls', 'Refused']}">
% for count in counted:
<tr>
<td data-label="When (UTC)">${count.told}</td>
<td data-label="Calls">${number(count.good)}</td>
<td data-label="Refused">${number(count.bad)}</td>
</tr>
% endfor
</%show:table>
</details>
% if not calls and not refusals:
<p>No call in this time. The first one shows here some seconds after it was made: <a href="/developer/apps/${app.client_id}/try">try it</a>.</p>
% endif
<p class="hint">The limit is ${number(app.calls_per_hour)} calls per hour${share}, and ${number(app.token_requests_per_minute)} requests at the token endpoint per minute. An hour begins with the first call in it. Each answer says in <code>RateLimit</code> what is left. <a href="/developer/docs/limits">About limits</a></p>
