## MCP servers: what one has to do so that MCP clients can log in.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>An MCP server is an API that also tells clients which authorization server to use. <a href="/developer/docs/mcp">MCP clients</a> find everything else from there.</p>
${guide.heading("Set it up")}
<ol>
<li>An administrator registers it as an API. Its resource URI is the address that clients connect to, such as <code>https://mcp.example.com/mcp</code>.</li>
<li>It checks each call with that URI as <code>resource</code>:
<%code:block language="shell" id="verify">
curl -i -H "Authorization: Bearer $ACCESS_TOKEN" ${"\\"}
  -G "${issuer}/oauth/verify" --data-urlencode resource="$RESOURCE"
</%code:block>
A refusal carries the right <code>WWW-Authenticate</code>, including <code>resource_metadata</code>: pass it on unchanged, as <a href="/developer/docs/guard">the Python guard</a> and <a href="/developer/docs/nginx">our nginx configuration</a> do.</li>
<li>It serves its metadata document at its own <code>/.well-known/oauth-protected-resource</code>, or leaves that to this server, which has one for each API at the address in the challenge:
<%code:block language="json" id="metadata">
{
  "resource": "https://mcp.example.com/mcp",
  "authorization_servers": ["${issuer}"],
  "scopes_supported": ["read:data"],
  "bearer_methods_supported": ["header"]
}
</%code:block></li>
</ol>
${guide.heading("Keep in mind")}
<ul>
<li>Never pass a caller’s token on to another API, which needs a token of its own.</li>
<li>Accept a token only if it is meant for you. <code>/oauth/verify</code> with <code>resource</code> and the guard with its credentials check that.</li>
<li>A client that asks for too little gets a 403 that names the scope, and can ask its user for it.</li>
</ul>
