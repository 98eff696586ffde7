## Scopes: the catalog of this server, and what an app gets of what it requests.
<%inherit file="/layout/docs.mako"/>
<%page args="place, scopes, offline_access"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>A scope names one thing that an app may do for a user. The user sees its description and decides. Request as few as you need: users allow a short list more often.</p>
<h2>The scopes of this server</h2>
% if scopes:
<%show:table caption="Scopes" heads="${['Scope', 'What users read', 'Notes']}">
% for scope in scopes:
<tr>
<td data-label="Scope" class="tight"><code>${scope.scope}</code></td>
<td data-label="What users read">${scope.user_text}</td>
<td data-label="Notes">\
% if scope.is_sensitive:
${show.tag("sensitive", "warn")} \
% endif
% if scope.deprecated:
${show.tag("deprecated", "bad")}\
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
<p>A <strong>sensitive</strong> scope is highlighted on the consent page. A <strong>deprecated</strong> one is not given to further apps; apps that have it keep it.</p>
<h2>What an app gets</h2>
<ul>
<li>The settings of an app name the scopes that it can request. Any other scope is left out, and the request continues with the rest. Only if nothing is left, the answer is <code>invalid_scope</code>.</li>
<li>A request without <code>scope</code> requests all scopes that the app may have.</li>
<li>Users can decline the scopes that the app marked as optional. The others belong together.</li>
<li>So read <code>scope</code> in the token response: it lists what was granted.</li>
<li>Consent is remembered for the same scopes and the same redirect host. A public app on the user’s own device asks every time, because another program there could pretend to be it.</li>
</ul>
<h2>More scopes later</h2>
<p>Request what a feature needs when the user turns it on. The consent page asks only for what is new, and lists what the app can already do separately. A token has only the scopes of its own request, so include the earlier ones if you need them in the same token. On the user’s pages, the app’s access is everything they allowed. If they say no, the earlier tokens go on working. Send <code>prompt=consent</code> to ask for everything again.</p>
<p>When a call needs a scope that the token lacks, the API answers 403 with <code>WWW-Authenticate: Bearer error="insufficient_scope", scope="…"</code>, which names the scopes that the call needs.</p>
<h2>Fewer scopes for one access token</h2>
<p>Send <code>scope</code> when you <a href="/developer/docs/refresh">refresh</a>, and the new access token has only these. The refresh token keeps all of them. Scopes that weren’t granted, or that your app may no longer have, are left out; <code>scope</code> in the response lists the rest. If nothing is left, the answer is <code>invalid_scope</code>, and the refresh token is not used up.</p>
<h2><code>${offline_access}</code></h2>
<p>Every app may request it in addition to its scopes. The consent page then says that the app stays connected while the user is away. You get a refresh token with or without it. Requested alone, it stands for all scopes that the app may have.</p>
<p>Libraries find the scopes in the <a href="/.well-known/oauth-authorization-server">metadata</a>, as <code>scopes_supported</code>.</p>
