## APIs and scopes: the catalog of this server as it is now.
<%inherit file="/layout/docs.mako"/>
<%page args="place, scopes, apis, offline_access, is_reviewed"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>How scopes work is in the guide <a href="/developer/docs/scopes">Scopes</a>. Programs find the names in the <a href="/.well-known/oauth-authorization-server">metadata</a>, as <code>scopes_supported</code>.</p>
${guide.heading("Scopes")}
% if scopes:
<%show:table caption="Scopes" heads="${['Scope', 'What it allows', 'What users read', 'APIs', 'Who may request it']}">
% for row in scopes:
<tr id="scope-${row.scope.scope}">
<td data-label="Scope"><code class="wrap">${row.scope.scope}</code>\
% if row.scope.is_sensitive:
 ${show.tag("sensitive", "warn")}\
% endif
% if row.scope.deprecated:
 ${show.tag("deprecated", "bad")}\
% endif
</td>
<td data-label="What it allows" class="bare">${row.scope.description}</td>
<td data-label="What users read" class="wide">${row.scope.user_text}</td>
<td data-label="APIs">${", ".join(row.apis) or "–"}</td>
<td data-label="Who may request it">${row.apps}</td>
</tr>
% endfor
</%show:table>
% else:
<%show:empty text="This server has no scopes yet.">
<p>Its administrators add them.</p>
</%show:empty>
% endif
<p>A <strong>sensitive</strong> scope is marked on the consent page, and users tick it themselves if it is optional. An unverified app that is new here gets a warning page before it. A <strong>deprecated</strong> one goes to no further app. Every app may also request <code>${offline_access}</code>.\
% if is_reviewed:
 A new app, and a scope added to an approved one, waits until an administrator approves it.\
% endif
</p>
${guide.heading("APIs")}
% if apis:
<%show:table caption="APIs" heads="${['API', 'Resource URI', 'Tokens it accepts']}">
% for api in apis:
<tr>
<td data-label="API">${api.name}</td>
<td data-label="Resource URI"><code class="wrap">${api.resource}</code></td>
<td data-label="Tokens it accepts">\
% if api.demands_audience:
Only those requested with its resource URI\
% else:
Those with its resource URI, and those without any that have one of its scopes\
% endif
</td>
</tr>
% endfor
</%show:table>
<p>Send a resource URI as <code>resource</code> in the authorization request to get a token for that API only (RFC 8707).</p>
% else:
<%show:empty text="No APIs are registered here.">
<p>Tokens work at every API that checks them with this server.</p>
</%show:empty>
% endif
