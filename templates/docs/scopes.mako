## Scopes: the catalogue of this server, and what an app gets of what it asks for.
<%inherit file="/layout/docs.mako"/>
<%page args="place, scopes, offline_access"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>A scope names one thing that an app may do for a user. The user sees its description, and allows it or not. Ask for as few as you need: a short list is allowed more often.</p>
<h2>The scopes of this server</h2>
% if scopes:
<%show:table caption="Scopes" heads="${['Scope', 'What users read', 'Notes']}">
% for scope in scopes:
<tr>
<td data-label="Scope" class="tight"><code>${scope.scope}</code></td>
<td data-label="What users read">${scope.description}</td>
<td data-label="Notes">\
% if scope.is_sensitive:
${show.tag("sensitive", "warn")} \
% endif
% if scope.retired:
${show.tag("retired", "bad")}\
% endif
</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="This server has no scopes yet.">
<p>Its administrators add them.</p>
</%show:empty>
% endif
<p>A <strong>sensitive</strong> scope stands out on the page where users decide. A <strong>retired</strong> one is not given to apps any more; those that have it keep it.</p>
<h2>What an app gets</h2>
<ul>
<li>The settings of an app name the most it can ask for. A scope beyond that is left out, and the request goes on with the rest. Only where nothing is left the answer is <code>invalid_scope</code>.</li>
<li>Without <code>scope</code> a request asks for all the app may have.</li>
<li>Scopes that the app marked as optional can be unticked by the user; the others belong together.</li>
<li>So read <code>scope</code> in the token answer: it says what was granted, whatever was asked for.</li>
<li>What a user allowed is remembered for the same scopes and the same host, and not asked again. An app that asks for more asks the user again; a public app on the user’s own device does so each time, as others there could pass for it.</li>
</ul>
<h2>Less, for one access token</h2>
<p>Send <code>scope</code> when you <a href="/developer/docs/refresh">refresh</a>, and the new access token holds only these. The refresh token keeps all of them. Scopes that weren’t granted, or that your app may no longer have, are left out, and <code>scope</code> in the answer says what is left. If nothing is left, the answer is <code>invalid_scope</code>, and the refresh token is not used up.</p>
<h2><code>${offline_access}</code></h2>
<p>Every app may ask for it, beside its scopes. Users then read that the app keeps its access while they are away. Refresh tokens come with or without it.</p>
<p>Libraries find the scopes in the <a href="/.well-known/oauth-authorization-server">metadata</a>, as <code>scopes_supported</code>.</p>
