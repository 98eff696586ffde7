## Connected apps: who has access, since when, and one button each that ends it.
<%inherit file="/layout/account.mako"/>
<%page args="living, ended, why"/>
<%namespace name="access" file="/parts/access.mako"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Connected apps</%def>
% if living:
<p class="lead">These apps have access to your account, because you allowed it. You can end each one’s access at any time; the others are not touched.</p>
<div class="cards wide">
% for app in living:
<section class="card" id="${app.grant_id}">
<div class="card-head">
${show.logo(app.client_id, app.client_name, app.logo_version)}
<div>
<h2><a href="/account/apps/${app.grant_id}">${app.client_name}</a></h2>
<p class="hint">${f"by {app.owner_name}" if app.owner_name else ""} ${show.verified(app.verified, "plain")}</p>
</div>
</div>
${access.notices(app)}
<p class="hint">It can</p>
${access.scopes(app)}
<dl class="facts">
<dt>Since</dt><dd>${show.moment(app.created_at)}</dd>
<dt>Last used</dt><dd>${access.last_used(app)}</dd>
<dt>On</dt><dd><a href="/account/apps/${app.grant_id}">${number(app.connections)} device${"" if app.connections == 1 else "s"}</a></dd>
</dl>
<%forms:form action="/account/apps/${app.grant_id}/end">
${forms.button("End access", "danger", f"of {app.client_name}")}
</%forms:form>
</section>
% endfor
</div>
% else:
<%show:empty text="No app has access to your account.">
<p>Look for “connect” or “sign in with” in an app that you use. It sends you here, and asks before it gets anything. What you allow shows up on this page, where you can end it again.</p>
</%show:empty>
% endif
% if ended:
<h2>Ended in the last 30 days</h2>
<%show:table caption="Ended access" heads="${['App', 'By', 'Ended', 'Why']}">
% for app in ended:
<tr>
<td data-label="App"><a href="/account/apps/${app.grant_id}">${app.client_name}</a></td>
<td data-label="By">${app.owner_name or ""}</td>
<td data-label="Ended">${show.moment(app.ended_at)}</td>
<td data-label="Why">${why(app.end_reason).user}</td>
</tr>
% endfor
</%show:table>
% endif
