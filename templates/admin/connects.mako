## Which well-known clients could connect as the installation is set up now, and what each of them is missing.
<%inherit file="/layout/admin.mako"/>
<%page args="setup, outlooks"/>
<%namespace name="show" file="/parts/show.mako"/>
<%def name="title()">Connects with</%def>
<p class="lead">Whether these clients can connect with the current settings. Each name links to its guide.</p>
<%show:table caption="Clients" heads="${['Client', 'Now', 'How', 'Missing']}">
% for outlook in outlooks:
<tr>
<td data-label="Client"><a href="/developer/docs/connects#${outlook.client.name}">${outlook.client.title}</a></td>
<td data-label="Now">${outlook.label}</td>
<td data-label="How">${outlook.way.value}</td>
<td data-label="Missing">
% for missing in outlook.missing:
<p>${missing.text}\
% if missing.link:
 <a href="${missing.path}">${missing.link}</a>\
% endif
</p>
% endfor
% if not outlook.missing:
Nothing
% endif
</td>
</tr>
% endfor
</%show:table>
<p>A client that can’t identify itself here can still connect if someone <a href="/developer/apps/new">registers an app</a> and enters its client ID in the client.</p>
<h2>Settings</h2>
<dl class="facts">
<dt><code>OAUTHSRV_ISSUER</code></dt><dd>${setup.issuer}</dd>
<dt><code>OAUTHSRV_CLIENT_DOCUMENTS</code></dt><dd>${setup.documents}</dd>
<dt><code>OAUTHSRV_REGISTRATION</code></dt><dd>${setup.registration}</dd>
<dt><code>OAUTHSRV_APP_REVIEW</code></dt><dd>${"on" if setup.reviewed else "off"}</dd>
</dl>
