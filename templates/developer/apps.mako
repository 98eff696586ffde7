## The apps a developer owns or is a member of. `calls` has, by client ID, the calls of the last day and their chart.
<%inherit file="/layout/developer.mako"/>
<%page args="apps, calls, reviewed, more"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="parts" file="/parts/app.mako"/>
<%namespace name="chart" file="/parts/chart.mako"/>
<%def name="title()">Your apps</%def>
% if apps or more.newer:
<p class="actions"><a class="button primary" href="/developer/apps/new">Register an app</a></p>
<div class="cards">
% for app in apps:
<section class="card" aria-labelledby="app-${loop.index}">
<div class="card-head">
${show.logo(app.client_id, app.name, app.logo_version)}
<div>
<h2 id="app-${loop.index}"><a href="/developer/apps/${app.client_id}">${app.name}</a></h2>
<p>${parts.status(app, reviewed)} ${show.verified(app.verified)}\
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
<%show:empty text="No apps yet. An app requests access to users’ data and calls our APIs on their behalf.">
<p>Registering one takes a minute: choose a name, where users return, and what the app can request. You get a client ID, and code to copy for your first token.</p>
<p><a class="button primary" href="/developer/apps/new">Register your first app</a></p>
</%show:empty>
% endif
