## Connected apps: who has access, since when, and a button that disconnects each.
<%inherit file="/layout/account.mako"/>
<%page args="active, ended, why"/>
<%namespace name="access" file="/parts/access.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Connected apps</%def>
% if active:
<p class="lead">You gave these apps access to your account. You can disconnect any of them at any time. It stops working with your account immediately; the others aren’t affected. To reconnect, start again in the app.</p>
<div class="cards wide">
% for app in active:
<section class="card" id="${app.grant_id}">
<div class="card-head">
${show.logo(app.client_id, app.client_name, app.logo_version)}
<div>
<h2><a href="/account/apps/${app.grant_id}">${app.client_name}</a></h2>
<p class="hint">${access.maker(app)} ${show.verified(app.verified, "plain")}</p>
</div>
</div>
${access.notices(app)}
<p class="hint">It can</p>
${access.scopes(app)}
<dl class="facts">
<dt>Since</dt><dd>${show.moment(app.created_at)}</dd>
<dt>Last used</dt><dd>${access.last_used(app)}</dd>
<dt>Connections</dt><dd><a href="/account/apps/${app.grant_id}">${number(app.connections)}</a></dd>
</dl>
<%forms:form action="/account/apps/${app.grant_id}/end">
${forms.button("Disconnect", "danger", app.client_name)}
</%forms:form>
</section>
% endfor
</div>
% else:
<%show:empty text="No app has access to your account.">
<p>Look for “Connect” or “Sign in with” in an app you use. It sends you here to decide what it gets. Apps you allow are listed on this page, where you can disconnect them.</p>
</%show:empty>
% endif
% if ended:
<h2>Disconnected in the last 30 days</h2>
<%show:table caption="Disconnected apps" heads="${['App', 'By', 'Disconnected', 'Why']}">
% for app in ended:
<tr>
<td data-label="App"><a href="/account/apps/${app.grant_id}">${app.client_name}</a></td>
<td data-label="By" class="wide">${app.owner_name or app.registered_from}</td>
<td data-label="Disconnected" class="bare">${show.moment(app.ended_at)}</td>
<td data-label="Why" class="bare">${why(app.end_reason).user}</td>
</tr>
% endfor
</%show:table>
% endif
