## The apps a developer owns or is a member of. `calls` has, by client ID, the calls of the last day and their chart.
<%inherit file="/layout/developer.mako"/>
<%page args="apps, calls, types, more"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="chart" file="/parts/chart.mako"/>
<%namespace name="icons" file="/parts/icons.mako"/>
<%def name="title()">${"Your apps" if context["apps"] or context["more"].newer else "Register your first app"}</%def>
% if apps or more.newer:
<p class="actions"><a class="button primary" href="/developer/apps/new">Register an app</a></p>
<div class="cards">
% for app in apps:
<section class="card" aria-labelledby="app-${loop.index}">
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<div>
<h2 id="app-${loop.index}"><a href="/developer/apps/${app.client_id}">${app.name}</a></h2>
<p>${parts.status(app, request.reviews_apps)} ${show.verified(app.verified)}\
% if app.owner_id != request.user.user_id:
 ${show.tag("member")}\
% endif
</p>
</div>
</div>
<dl class="facts">
<dt>Users connected</dt>
<dd><a href="/developer/apps/${app.client_id}/users">${count_text(app.users)}</a></dd>
<dt>Calls in 24 hours</dt>
<dd><a href="/developer/apps/${app.client_id}/usage">${number(calls[app.client_id][0])}</a>\
% if calls[app.client_id][0]:
 ${chart.spark(calls[app.client_id][1])}\
% endif
</dd>
<dt>Last refusal</dt>
<dd>\
% if app.last_refused_at:
<a href="/developer/apps/${app.client_id}/activity">${show.moment(app.last_refused_at)}</a>\
% else:
none\
% endif
</dd>
<dt>Owner</dt>
<dd>${"you" if app.owner_id == request.user.user_id else app.owner_name}</dd>
</dl>
</section>
% endfor
</div>
${show.pagination(*more)}
% else:
<p class="lead">An app requests access to users’ data and calls our APIs on their behalf. Registering one takes a minute: you get a client ID, and code to copy for your first token.</p>
<h2>What are you building?</h2>
<ul class="type-links">
% for one in types:
<li><a href="/developer/apps/new?type=${one.value}">${icons.icon(one.icon)}<span><strong>${one.title}</strong> <span class="hint">${one.text}</span></span></a></li>
% endfor
</ul>
<p class="muted">Were you invited to a team? Open the link you were sent. The <a href="/developer/docs">guides</a> explain how everything works.</p>
% endif
