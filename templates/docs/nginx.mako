## nginx: the configuration that `oauthsrv nginx` prints.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p><code>oauthsrv nginx</code> prints a complete configuration. One nginx then holds the certificate, serves sign-in, portal and protocol at the issuer’s address, and your API on a host of its own, and checks every call to the API.</p>
<%code:block language="shell" id="nginx">
OAUTHSRV_ISSUER=${issuer if issuer.startswith("https:") else "https://login.example.com"} oauthsrv nginx --api http://127.0.0.1:9000 --api-host api.example.com ${"\\"}
  --rule 'GET /reports read:data' --rule 'POST,PUT /reports write:data' --rule 'GET /health -' ${"\\"}
  --certificate /etc/ssl/both.pem --key /etc/ssl/both.key > nginx.conf
nginx -t -c $PWD/nginx.conf
</%code:block>
<p>Give the server <code>OAUTHSRV_TRUSTED_PROXIES=127.0.0.1</code>, so that it sees the callers’ addresses. Without <code>--api-host</code> the API is at <code>/api/</code> of the issuer, where it can neither read nor set cookies; a host of its own also keeps its scripts and pages away from sign-in.</p>
${guide.heading("Rules")}
<ul>
<li>A rule is one or more methods, a path (with everything below it), and the scopes that it needs; <code>-</code> opens it to everyone.</li>
<li>The first rule that matches decides. A call that matches none is refused.</li>
<li>A rule that ends with <code>+apps</code> also accepts tokens that apps got for themselves, <a href="/developer/docs/machines">without a user</a>.</li>
<li>Case is ignored, <code>/reports.json</code> and <code>/reports:export</code> count as <code>/reports</code>, and HEAD as GET.</li>
<li>Paths that programs interpret differently (<code>;</code>, <code>//</code>, <code>..</code>, encoded slashes, broken UTF-8) get a 400.</li>
<li>nginx passes on the path as it parsed it, normalized and re-encoded, so the API gets exactly what was checked. <code>%2F</code> in a path becomes a slash.</li>
</ul>
<p>The rules are a map at the top of the file. Edit them there.</p>
${guide.heading("Checks")}
<p>Every call is checked at <code>/oauth/verify</code>, and no answer is cached: a revoked token is refused at the very next call. The API receives <code>X-OAuth-Subject</code>, <code>X-OAuth-Client</code>, <code>X-OAuth-Scope</code> and <code>X-OAuth-Expires</code> (seconds since the epoch), whatever a caller sends under these names. With <code>--resource</code>, the API’s resource URI, tokens issued for this API are accepted too, and challenges name its metadata (RFC 9728).</p>
<dl class="facts">
<dt>401</dt>
<dd>There is no token, or it is unknown, expired, revoked, or meant for another API. <code>WWW-Authenticate</code> as in RFC 6750.</dd>
<dt>400 <code>invalid_request</code></dt>
<dd>Two tokens, a token in the address, or an ambiguous path.</dd>
<dt>403 <code>insufficient_scope</code></dt>
<dd>A scope is missing; the answer names it.</dd>
<dt>403 <code>access_denied</code></dt>
<dd>No rule matches. Without a token this is a 401.</dd>
<dt>429</dt>
<dd>A limit is used up, or one address has too many requests in progress. With <code>Retry-After</code> and <code>RateLimit</code>.</dd>
<dt>503</dt>
<dd>The server, one of its databases, or the API is down. With <code>Retry-After</code>.</dd>
<dt>431, 414, 413</dt>
<dd>The headers, the address or the body are too long.</dd>
</dl>
${guide.heading("Browsers")}
<p>Preflights reach the API without a token. <code>--origin https://app.example.com</code> lets scripts of that origin read refusals; the API itself decides which of its own answers they may read.</p>
${guide.heading("TLS")}
<p>An https issuer needs a certificate for both hosts, or <code>--tls-elsewhere</code> with the addresses of the load balancer that holds it. Port 80 redirects browsers to https.</p>
${guide.heading("Limits of one address")}
<p>An address (IPv6: /64) may have 200 requests in progress at sign-in and protocol and 200 at the API, half of them with a body. It may sign in 10 times and request tokens 200 times per second, with bursts of 100 and 1,000. Change the numbers in the file. Without nginx, each worker accepts 1,000 connections and gives a request 30 seconds to arrive; above 800 connections it closes the longest-idle ones of the address that holds most.</p>
${guide.heading("Other proxies and gateways")}
<p>They ask the same endpoint, with the caller’s <code>Authorization</code> header. 200 lets the call through; pass any other answer on unchanged.</p>
<%code:block language="shell" id="verify">
curl -i -H "Authorization: Bearer $ACCESS_TOKEN" "${issuer}/oauth/verify?scope=read:data"
</%code:block>
<p>nginx writes only fatal errors to its error log: other lines would quote requests with their queries.</p>
