## MCP: how a client finds this server, and what an MCP server has to do.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>The Model Context Protocol uses OAuth 2.1 as this server speaks it. An MCP server is an API here; an MCP client is an app.</p>
<h2>How a client finds its way</h2>
<ol>
<li>The client calls the MCP server without a token.</li>
<li>The MCP server answers 401, and names its metadata document (RFC 9728) in <code>WWW-Authenticate</code>.</li>
<li>That document names this server, whose <a href="/.well-known/oauth-authorization-server">own metadata</a> (RFC 8414) holds every address.</li>
<li>The client sends the user to the authorization endpoint with PKCE and <code>resource</code>, the URI of the MCP server.</li>
<li>The token that it gets is good at that MCP server alone (RFC 8707).</li>
</ol>
<h2>Connect a client</h2>
<p>Clients do not register themselves here yet: <a href="/developer/apps/new">register an app</a> and give its client id to the MCP client, in its settings for the connection. One that runs on the user’s own machine is a public app, with the redirect URI <code>http://127.0.0.1/callback</code> or what its documentation names. One that runs on a provider’s servers is confidential, with the https redirect URI that the provider names.</p>
<h2>What an MCP server does</h2>
<ol>
<li>An administrator registers it as an API, with its resource URI: the very address that clients connect to, such as <code>https://mcp.example.com/mcp</code>.</li>
<li>It checks each call with that URI as <code>resource</code>:
<pre tabindex="0" data-copy><code id="verify">curl -i -H "Authorization: Bearer $ACCESS_TOKEN" ${"\\"}
  -G "${issuer}/oauth/verify" --data-urlencode resource="$RESOURCE"</code></pre>
A refusal carries the right <code>WWW-Authenticate</code>, its <code>resource_metadata</code> included: hand it on as it is. <a href="/developer/docs/tokens">The Python guard and our nginx configuration</a> do so.</li>
<li>It serves its metadata document where clients look for it, at its own <code>/.well-known/oauth-protected-resource</code>, or leaves that to this server, which has one for each API at the address that the challenge names:
<pre tabindex="0"><code>{
  "resource": "https://mcp.example.com/mcp",
  "authorization_servers": ["${issuer}"],
  "scopes_supported": ["read:data"],
  "bearer_methods_supported": ["header"]
}</code></pre></li>
<li>It never hands a caller’s token on to another API: that one needs a token of its own.</li>
</ol>
<h2>The <code>resource</code> parameter</h2>
<ul>
<li>In the authorization request it says for which API the token is; the user reads its address. It may be repeated for several.</li>
<li>In a token request it narrows the access token to one of them.</li>
<li>An unknown one, or one that was not asked for before, is <code>invalid_target</code>.</li>
<li>A token with a resource is good there alone. One without is good at every API that knows one of its scopes.</li>
</ul>
