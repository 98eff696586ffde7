## Checking tokens: how an API checks a token, behind nginx, in Python, or by hand.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<p>Access tokens are opaque: an API asks this server about each of them. So a revoked token is refused at the next call, and there is no key to fetch and no signature to check.</p>
${guide.heading("Behind nginx, or any gateway")}
<p>A proxy asks <code>/oauth/verify</code> with the caller’s own <code>Authorization</code> header. It needs no credentials but the token.</p>
<%code:block language="shell" id="verify">
curl -i -H "Authorization: Bearer $ACCESS_TOKEN" "${issuer}/oauth/verify?scope=read:data"
</%code:block>
<dl class="facts">
<dt><code>scope</code></dt>
<dd>All scopes that the call needs, separated by spaces.</dd>
<dt><code>resource</code></dt>
<dd>The resource URI of the API. Without it, only tokens that aren’t restricted to an API are accepted.</dd>
<dt><code>apps</code></dt>
<dd><code>yes</code> also accepts apps’ own tokens, <a href="/developer/docs/machines">without a user</a>.</dd>
</dl>
<p>200 lets the call through and identifies the caller in <code>X-OAuth-Subject</code>, <code>X-OAuth-Client</code>, <code>X-OAuth-Scope</code> and <code>X-OAuth-Expires</code> (seconds since the epoch). Pass on 401, 403 and 429 unchanged, with their headers. 503 means that the token couldn’t be checked: refuse the call.</p>
<p>Operators of this server get a complete <a href="/developer/docs/nginx">nginx configuration</a> from <code>oauthsrv nginx</code>. It overwrites these four headers, whatever a caller sends.</p>
${guide.heading("In Python")}
<%code:block language="shell" id="install">
${install.command(issuer, "guard")}
</%code:block>
<%code:block language="python" id="guard">
from oauthsrv.guard import Guard, Refused

guard = Guard("${issuer}")

def data_of(token_text):
    try:
        token = guard.check(token_text, scopes="read:data")
    except Refused as refused:
        return refused.status, refused.headers, refused.body
    return 200, [], b"The data of " + token.subject.encode()
</%code:block>
<p>The guide <a href="/developer/docs/guard">Python guard</a> has middleware for whole applications, single routes, and answers kept in memory.</p>
${guide.heading("By introspection")}
<p>An administrator registers the API with its resource URI and scopes. It gets credentials of its own (RFC 7662).</p>
<%code:block language="shell" id="introspect">
curl -sS ${issuer}/oauth/introspect -u "$API_ID:$API_SECRET" -d token="$ACCESS_TOKEN"
</%code:block>
<%code:block language="json" id="introspected">
{
  "active": true,
  "iss": "${issuer}",
  "client_id": "cli_…",
  "scope": "read:data",
  "sub": "…",
  "token_type": "Bearer",
  "iat": 1767225600,
  "exp": 1767229200
}
</%code:block>
<p>A token that is unknown, revoked, or not meant for this API is <code>{"active": false}</code> and nothing more. An API sees only its own scopes of a token. Let a call through if <code>active</code> is true and <code>scope</code> contains what the call needs. A cached answer hides a revocation: cache it for seconds, if at all.</p>
${guide.heading("What an API answers")}
<dl class="facts">
<dt>401</dt>
<dd><code>WWW-Authenticate: Bearer error="invalid_token"</code>; without <code>error</code> if there was no token.</dd>
<dt>403</dt>
<dd><code>WWW-Authenticate: Bearer error="insufficient_scope", scope="…"</code> with the scopes that the call needs.</dd>
<dt>429</dt>
<dd><code>Retry-After</code>, and the headers of the <a href="/developer/docs/limits">limit</a>.</dd>
</dl>
<p>Accept tokens in the <code>Authorization</code> header only. A token in the address would stay in logs and browser histories: refuse it with 400.</p>
