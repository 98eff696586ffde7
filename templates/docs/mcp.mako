## MCP: how a client finds this server, and what an MCP server has to do.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>The Model Context Protocol uses OAuth 2.1. Here, an MCP server is an API, and an MCP client is an app.</p>
<h2>How a client finds this server</h2>
<ol>
<li>The client calls the MCP server without a token.</li>
<li>The MCP server answers 401, and names its metadata document (RFC 9728) in <code>WWW-Authenticate</code>.</li>
<li>That document names this server, whose <a href="/.well-known/oauth-authorization-server">own metadata</a> (RFC 8414) holds every address.</li>
<li>The client sends the user to the authorization endpoint with PKCE and <code>resource</code>, the URI of the MCP server.</li>
<li>The token works at that MCP server only (RFC 8707).</li>
</ol>
<h2>Connect a client</h2>
<ul>
<li>A client with a <strong>metadata document</strong>, such as Claude, ChatGPT and VS Code, is known by the document’s address, which it sends as <code>client_id</code>. It can connect if an administrator of this server allowed the host.</li>
<li>A client that <strong>registers itself</strong> (RFC 7591) finds <code>registration_endpoint</code> in the metadata, if this server allows it.</li>
<li>For any other, <a href="/developer/apps/new">register an app</a> and enter its client ID in the settings of the client. A client on the user’s own machine is a public app, with the redirect URI <code>http://127.0.0.1/callback</code> or the one in its documentation. A client on a provider’s servers is confidential, with the provider’s https redirect URI.</li>
</ul>
<p>The guide <a href="/developer/docs/connects">Connects with</a> has the settings of Claude, ChatGPT, Cursor, VS Code and others.</p>
<h2>Publish a metadata document</h2>
<p>Serve it by https on port 443, with status 200 and without a redirect, as JSON of at most 10 KiB and eight levels:</p>
<%code:block language="json">
{
  "client_id": "https://app.example.com/oauth/client.json",
  "client_name": "Example App",
  "client_uri": "https://app.example.com",
  "redirect_uris": ["https://app.example.com/callback", "http://127.0.0.1/callback"],
  "token_endpoint_auth_method": "none"
}
</%code:block>
<ul>
<li><code>client_id</code> is exactly the address of the document itself.</li>
<li>It holds no secret. A client authenticates with <code>none</code> or <code>private_key_jwt</code>, with <code>jwks</code> or <code>jwks_uri</code>; with <code>token_endpoint_auth_methods_supported</code> it can list both.</li>
<li>Redirect URIs that aren’t allowed here are left out, and logos aren’t loaded.</li>
<li>It is loaded when a signed-in user connects the client. While the client has connections it is reloaded as its <code>Cache-Control</code> says, at most every 5 minutes and at least daily. Until then, and while it can’t be loaded, the last valid version applies to connected users.</li>
<li>If it has new redirect hosts or new keys, users are asked again.</li>
</ul>
<h2>What an MCP server does</h2>
<ol>
<li>An administrator registers it as an API. Its resource URI is the address that clients connect to, such as <code>https://mcp.example.com/mcp</code>.</li>
<li>It checks each call with that URI as <code>resource</code>:
<%code:block language="shell" id="verify">
curl -i -H "Authorization: Bearer $ACCESS_TOKEN" ${"\\"}
  -G "${issuer}/oauth/verify" --data-urlencode resource="$RESOURCE"
</%code:block>
A refusal carries the right <code>WWW-Authenticate</code>, including <code>resource_metadata</code>: pass it on unchanged, as <a href="/developer/docs/tokens">the Python guard and our nginx configuration</a> do.</li>
<li>It serves its metadata document at its own <code>/.well-known/oauth-protected-resource</code>, or leaves that to this server, which has one for each API at the address in the challenge:
<%code:block language="json">
{
  "resource": "https://mcp.example.com/mcp",
  "authorization_servers": ["${issuer}"],
  "scopes_supported": ["read:data"],
  "bearer_methods_supported": ["header"]
}
</%code:block></li>
<li>It never passes a caller’s token on to another API, which needs a token of its own.</li>
</ol>
<h2>The <code>resource</code> parameter</h2>
<ul>
<li>In the authorization request it names the API that the token is for; the user sees its address. Repeat it for several.</li>
<li>In a token request it restricts the access token to one of them.</li>
<li>An unknown resource, or one that wasn’t in the authorization request, is <code>invalid_target</code>.</li>
<li>A token with a resource works there only. A token without one works at every API that has one of its scopes.</li>
</ul>
