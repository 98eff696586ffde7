## Refused requests of one app: those it made itself, and those anyone could have sent in its name.
<%inherit file="/layout/app.mako"/>
<%page args="app, form, views, view, of_calls, problems, here, is_filtered, is_open, endpoints, errors, file, own, others"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="filter" file="/parts/filter.mako"/>
<%namespace name="refusals" file="/parts/refusals.mako"/>
<%def name="title()">Activity</%def>
% if of_calls:
<p class="lead">API calls refused in the last 30 days, what was wrong with each, and how to fix it. <a href="/developer/apps/${app.client_id}/usage#refused">Usage</a> counts those with a valid token.</p>
% else:
<p class="lead">OAuth requests that failed in the last 30 days, what was wrong with each, and how to fix it. Secrets, codes, tokens and state are never stored.</p>
% endif
${show.tabs_at("What was refused", views, "tabs", view)}
<details${" open" if is_open else ""}>
<summary>Filter by time, endpoint, error code or request ID</summary>
<%filter:form action="/developer/apps/${app.client_id}/activity" button="Show">
% if of_calls:
<input type="hidden" name="calls" value="yes">
% endif
% if form.text("problem"):
<input type="hidden" name="problem" value="${form.text("problem")}">
% endif
${filter.text(form, "from", "From (UTC)", "datetime-local")}
${filter.text(form, "until", "Until (UTC)", "datetime-local")}
${filter.select(form, "endpoint", "Endpoint", endpoints)}
${filter.select(form, "error", "Error code", errors)}
${filter.text(form, "request_id", "Request ID")}
</%filter:form>
</details>
% if len(problems) > 1:
${show.tabs_at("What was wrong", problems, "chips", here)}
% endif

<h2 id="own">${"Calls with a valid token" if of_calls else "Requests your app made"}</h2>
% if of_calls:
<p>The token was valid, so these are your app’s own calls. The sender is the API, or the proxy in front of it.</p>
% elif app.type == "public":
<p>These included a code or token issued to your app. A public app has no other way to authenticate, so its other requests are in the second list.</p>
% else:
<p>These were authenticated with the app’s secret or one of its tokens.</p>
% endif
<%self:part caption="Requests your app made" of="${own}" nothing="No request of your app was refused.">
<p>Still not working? <a href="/developer/apps/${app.client_id}/doctor">Check your app’s setup</a>.</p>
</%self:part>

<h2 id="others">${"Calls with an unknown or expired token" if of_calls else "From browsers and unknown senders"}</h2>
% if of_calls:
<p>These tokens name your app but are no longer valid, or never were, so the calls may not come from your app. Similar calls are counted together.</p>
% else:
<p>Anyone can send these, because the client ID is public, so they may not come from your app. Similar requests are counted together, and addresses are shortened. Requests from signed-in developers of this app are marked.</p>
% endif
<%self:part caption="From browsers and unknown senders" of="${others}" nothing="Nothing was refused.">
% if of_calls:
<p>A call with an expired or revoked token is listed here.</p>
% else:
<p>Start your app’s sign-in once. If its request is wrong, this page says why.</p>
% endif
</%self:part>
% if form.is_good and (own.lines or others.lines):
<p class="actions"><a class="button" href="${file}">Download as CSV</a></p>
<p class="hint">The file contains ${"the requests that match the filter" if is_filtered else "both lists"}, with every request ID that was kept.</p>
% endif

## One of the two tables, or why it is empty; the caller's body is what to do when there is nothing at all.
<%def name="part(caption, of, nothing)">
% if of.lines:
<%show:table caption="${caption}" heads="${['Last seen', 'Response', 'What was wrong', 'Sent from']}">
% for line in of.lines:
<tr>
<td data-label="Last seen">${show.moment(line.row.last_at)}${refusals.often(line.row)}</td>
<td data-label="Response">${refusals.response(line)}${refusals.place(line)}</td>
<td data-label="What was wrong" class="main">${refusals.reason(line)}${refusals.request_id(line)}</td>
<td data-label="Sent from">${refusals.sender(line)}</td>
</tr>
% endfor
</%show:table>
${show.pagination(*of.pages)}
% elif not context["form"].is_good:
<p>Fix the filter above to see requests.</p>
% elif of.pages.newer:
<p>Nothing older. <a href="${of.pages.newer}">Back to the newest</a></p>
% elif context["is_filtered"]:
<p>No request matches the filter. <a href="${context["view"]}">Show all</a></p>
% else:
<%show:empty text="${nothing}">
${caller.body()}
</%show:empty>
% endif
</%def>
