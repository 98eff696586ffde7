## MCP clients: how one finds this server, how it is known, and the document it publishes.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>The Model Context Protocol uses OAuth 2.1. Here, an MCP client is an app, and an <a href="/developer/docs/mcp-server">MCP server</a> is an API.</p>
${guide.heading("How a client finds this server")}
<ol>
<li>The client calls the MCP server without a token.</li>
<li>The MCP server answers 401, and names its metadata document (RFC 9728) in <code>WWW-Authenticate</code>.</li>
<li>That document names this server, whose <a href="/.well-known/oauth-authorization-server">own metadata</a> (RFC 8414) has every address.</li>
<li>The client sends the user to the authorization endpoint with PKCE and <code>resource</code>, the URI of the MCP server.</li>
<li>The token works at that MCP server only (RFC 8707).</li>
</ol>
${guide.heading("Connect a client")}
<ul>
<li>A client with a <strong>metadata document</strong>, such as Claude, ChatGPT and VS Code, is known by the document’s address, which it sends as <code>client_id</code>. It can connect if an administrator of this server allowed the host.</li>
<li>A client that <strong>registers itself</strong> (RFC 7591) finds <code>registration_endpoint</code> in the metadata, if this server allows it.</li>
<li>For any other, <a href="/developer/apps/new">register an app</a> and enter its client ID in the settings of the client. A client on the user’s own machine is a public app, with the redirect URI <code>http://127.0.0.1/callback</code> or the one in its documentation. A client on a provider’s servers is confidential, with the provider’s https redirect URI.</li>
</ul>
<p>The guide <a href="/developer/docs/connects">Connects with</a> has the settings of Claude, ChatGPT, Cursor, VS Code and others.</p>
${guide.heading("Publish a metadata document")}
<p>Serve it by https on port 443, with status 200 and without a redirect, as JSON of at most 10 KiB and eight levels:</p>
<%code:block language="json" id="document">
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
<li>It contains no secret. A client authenticates with <code>none</code> or <code>private_key_jwt</code>, with <code>jwks</code> or <code>jwks_uri</code>; with <code>token_endpoint_auth_methods_supported</code> it can list both.</li>
<li>Redirect URIs that aren’t allowed here are left out, and logos aren’t loaded.</li>
<li>It is loaded when a signed-in user connects the client. While the client has connections it is reloaded as its <code>Cache-Control</code> says, at most every 5 minutes and at least daily. Until then, and while it can’t be loaded, the last valid version applies to connected users.</li>
<li>If it has new redirect hosts or new keys, users are asked again.</li>
</ul>
${guide.heading("The resource parameter")}
<ul>
<li>In the authorization request it names the API that the token is for; the user sees its address. Repeat it for several.</li>
<li>In a token request it restricts the access token to one of them.</li>
<li>An unknown resource, or one that wasn’t in the authorization request, is <code>invalid_target</code>.</li>
<li>A token with a resource works there only. A token without one works at every API that has one of its scopes, unless that API accepts only tokens issued for it.</li>
</ul>
