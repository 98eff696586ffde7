## Connected apps: who has access, since when, and one button each that ends it.
<%inherit file="/layout/account.mako"/>
<%page args="living, ended, reasons"/>
<%namespace name="forms" file="/parts/form.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Connected apps</%def>
<p class="lead">These apps have access to your account, because you allowed it. You can end each one's access at any time; the others are not touched.</p>
% if not living:
<%show:empty text="No app has access to your account.">
<p>When an app asks for access and you allow it, it shows up here.</p>
</%show:empty>
% endif
<div class="cards">
% for app in living:
<section class="card" id="${app.grant_id}">
<h2>${app.client_name}</h2>
% if app.suspended:
<p>${show.tag("Suspended", "warn")} An administrator has suspended this app: it cannot use its access while that lasts.</p>
% endif
% if app.alarmed_at:
<p class="notice warn">On ${show.moment(app.alarmed_at)} a token or code of this app turned up a second time, as happens when one was copied. We ended the sign-in it belonged to. If you are not sure about this app, end its access.</p>
% endif
<dl class="facts">
<dt>By</dt><dd>${app.owner_name}</dd>
<dt>It can</dt>
<dd><ul>
% for description in app.descriptions:
<li>${description}</li>
% endfor
% if "offline_access" in app.scopes:
<li>Keep its access while you are away</li>
% endif
</ul></dd>
<dt>Since</dt><dd>${show.moment(app.created_at)}</dd>
<dt>Last used</dt>
<dd>
% if app.last_used_at:
${show.moment(app.last_used_at)}
% else:
Not yet
% endif
</dd>
<dt>Installations</dt><dd>${app.families}</dd>
</dl>
<%forms:form action="/account/apps/${app.grant_id}/end">
<button class="danger" type="submit">End access<span class="unseen"> of ${app.client_name}</span></button>
</%forms:form>
</section>
% endfor
</div>
% if ended:
<h2>Ended in the last 30 days</h2>
<%show:table caption="Ended access" heads="${['App', 'By', 'Ended', 'Why']}">
% for app in ended:
<tr>
<td data-label="App">${app.client_name}</td>
<td data-label="By">${app.owner_name}</td>
<td data-label="Ended">${show.moment(app.ended_at)}</td>
<td data-label="Why">${reasons.get(app.end_reason, "It was ended.")}</td>
</tr>
% endfor
</%show:table>
% endif
