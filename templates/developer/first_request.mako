## A new app: whether its first request came, what failed, and where to go on after its first token.
<%inherit file="/layout/app.mako"/>
<%page args="app, has_users, has_token, was_allowed, failure, refreshes"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="icons" file="/parts/icons.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="refusals" file="/parts/refusals.mako"/>
<%def name="title()">\
% if context["has_token"]:
${context["app"].name} has its first token\
% elif context["was_allowed"]:
Allowed. Waiting for the token request…\
% else:
Waiting for your first request…\
% endif
</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/quickstart</%def>
${parts.state_notice(app, request.reviews_apps)}
% if has_token:
<p class="lead">Your app can connect users. What to do next:</p>
<ul>
<li><a href="/developer/docs/quickstart">Call the API</a> with the access token, and <a href="/developer/docs/refresh">renew it</a> before it expires.</li>
<li><a href="/developer/apps/${app.client_id}/doctor">Run the doctor</a>: it checks your app’s setup before users arrive.</li>
% if has_users:
<li><a href="/developer/apps/${app.client_id}/edit">Add a logo and a home page</a>, so that users recognize the app.</li>
% endif
<li><a href="/developer/apps/${app.client_id}/team">Invite a colleague</a>, so that you aren’t the only one who can replace a leaked secret.</li>
</ul>
<p class="actions"><a class="button primary" href="/developer/apps/${app.client_id}">Go to the app</a></p>
% else:
% if was_allowed:
<p class="lead">A user allowed the app. It now has ten minutes to exchange the code for tokens.</p>
% elif has_users:
<p class="lead">Start a sign-in in your app, or run a program from the <a href="/developer/apps/${app.client_id}/quickstart">quickstart</a>. This page shows what arrives.</p>
% else:
<p class="lead">Request a token with your app, or run a program from the <a href="/developer/apps/${app.client_id}/quickstart">quickstart</a>. This page shows what arrives.</p>
% endif
% if failure:
<section class="card" aria-labelledby="failure">
<h2 id="failure">${icons.icon("warning")} The last request failed ${show.moment(failure.row.last_at)}</h2>
${refusals.reason(failure)}
<p class="hint">${failure.endpoint}, <code>${failure.row.endpoint}</code>${f", {number(failure.row.count)} times" if failure.row.count > 1 else ""} · <a href="/developer/apps/${app.client_id}/activity">All failed requests</a></p>
</section>
% else:
<p>${icons.icon("clock")} Nothing has arrived yet. A request that fails shows up here within a few seconds.</p>
% endif
% if refreshes:
<p class="hint">This page reloads every few seconds. <a href="/developer/apps/${app.client_id}/first-request?tries=9999">Stop</a></p>
% else:
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/first-request">Check again</a></p>
% endif
% endif
