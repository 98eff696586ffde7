## Connects with: for each well-known client the settings here and there.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, clients"/>
<p>Most MCP clients need no app here: they describe themselves in a document, or register themselves. What this server offers them is in its <a href="/.well-known/oauth-authorization-server">metadata</a>; administrators can see what each client is missing under <strong>Connects with</strong>. Any client can also connect as an app that you <a href="/developer/apps/new">register</a>.</p>
<ul>
% for client in clients:
<li><a href="#${client.name}">${client.title}</a></li>
% endfor
</ul>
% for client in clients:
<section>
<h2 id="${client.name}">${client.title}</h2>
<h3>On this server</h3>
<ul>
% if client.document and client.is_mcp:
<li>Without an app: an administrator allows documents at the host of <code class="wrap">${client.document}</code>.</li>
% endif
% if client.registers:
<li>Without an app${", where documents are off" if client.document else ""}: this server lets apps register themselves.</li>
% endif
% if client.is_mcp:
<li>The MCP server is registered as an API, with the address that people enter in the client (<a href="/developer/docs/mcp">MCP</a>).</li>
% endif
<li>With an app: ${"public" if client.methods[0] == "none" else "confidential"}, with these redirect URIs:
<ul>
% for uri in client.redirect_uris:
<li><code class="wrap">${uri}</code></li>
% endfor
</ul>
</li>
</ul>
<h3>In ${client.title}</h3>
<ol>
% for step in client.there:
<li>${step.format(issuer=issuer)}</li>
% endfor
</ol>
<dl class="facts">
<dt>Authenticates by</dt><dd>${", ".join(client.methods)}</dd>
<dt>Gets tokens by</dt><dd>${", ".join(client.grants)}</dd>
</dl>
% if client.note:
<p>${client.note}</p>
% endif
</section>
% endfor
