## One refused request, as the app's team finds it by its ID.
<%inherit file="/layout/app.mako"/>
<%page args="app, line, request_id"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="refusals" file="/parts/refusals.mako"/>
<%def name="title()">Failed request</%def>
<%def name="stands_at()">/developer/apps/${app.client_id}/activity</%def>
${refusals.reason(line)}
<dl class="facts">
<dt>Request ID</dt>
<dd>${show.copyable(request_id)}</dd>
<dt>Response</dt>
<dd>\
% if line.row.status:
${line.row.status} <code>${line.row.error}</code>\
% else:
not recorded\
% endif
</dd>
<dt>Where</dt>
<dd>${line.endpoint} <code>${line.row.endpoint}</code></dd>
<dt>${"When" if line.row.count == 1 else "Last time"}</dt>
<dd>${moment_text(line.row.last_at)}</dd>
% if line.row.count > 1:
<dt>First time</dt>
<dd>${moment_text(line.row.first_at)}; ${number(line.row.count)} similar requests since</dd>
% endif
<dt>Sent from</dt>
<dd>${refusals.sender(line)}</dd>
<dt>Authentication</dt>
<dd>\
% if line.row.is_authenticated:
Authenticated with the app’s secret, its key, or one of its tokens.\
% else:
None. Anyone could have sent it in the app’s name.\
% endif
</dd>
</dl>
<p class="actions"><a class="button" href="/developer/apps/${app.client_id}/activity">All activity of this app</a></p>
