## The guard: what a Python API installs to check tokens.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<p>The guard checks the token of every call before your code runs. An administrator adds your API and gives you its credentials.</p>
<%code:block language="shell" id="install">
${install.command(issuer, "guard")}
</%code:block>
<%code:block language="python" id="rules">
from oauthsrv.guard import Guard

guard = Guard("${issuer}", client_id="cli_…", client_secret="sec_…", redis_url=REDIS_URL)
RULES = [
    ("GET", "/reports", "read:data"),
    ("POST PUT", "/reports", "write:data"),
    ("GET", "/healthz", None),
]
app.wsgi_app = guard.protect(app.wsgi_app, RULES)
</%code:block>
<p><code>guard.asgi(app, RULES)</code> does the same for ASGI; a websocket is checked once, as a GET. <code>guard.check(text, "read:data")</code> and <code>await guard.acheck(…)</code> return a <code>Token</code> or raise a <code>Refused</code>, whose <code>status</code>, <code>headers</code> and <code>body</code> are the answer.</p>
${guide.heading("One route at a time")}
<dl class="facts">
<dt>Bottle</dt>
<dd><code>app.install(BottlePlugin(guard))</code>, then <code>@app.get("/reports", scopes="read:data")</code> or <code>public=True</code>. Mounted and merged applications are guarded too.</dd>
<dt>FastAPI</dt>
<dd><code>require = oauthsrv.guard.fastapi.Require(guard)</code>, then <code>token: Token = Depends(require("read:data"))</code>. OpenAPI shows it.</dd>
<dt>Flask</dt>
<dd><code>require = oauthsrv.guard.flask.Require(guard)</code>, then <code>@require("read:data")</code> right below <code>@app.get(…)</code>.</dd>
<dt>Django</dt>
<dd><code>require = oauthsrv.guard.django.Require(guard)</code>, then <code>@require("read:data")</code>, also on async views.</dd>
</dl>
<p>The token is at <code>environ["oauthsrv.token"]</code> (WSGI), <code>scope["oauthsrv.token"]</code> (ASGI) or <code>request.META["oauthsrv.token"]</code> (Django). The headers <code>X-OAuth-Subject</code>, <code>X-OAuth-Client</code>, <code>X-OAuth-Scope</code> and <code>X-OAuth-Expires</code> are the same as <a href="/developer/docs/nginx">behind nginx</a>, whatever a caller sends. A rule, route or option with a mistake raises where it is defined.</p>
${guide.heading("Rules and paths")}
<ul>
<li>The first rule that matches decides. It covers its path and everything below it; GET covers HEAD; <code>None</code> opens the path to everyone.</li>
<li>A call that no rule covers gets a 403 <code>access_denied</code>, and the log says “no rule”. Without a token it gets a 401.</li>
<li>Rules are about decoded UTF-8 paths. Other spellings of a path (case, <code>/reports.json</code>) need its scopes too. Ambiguous paths (<code>;</code>, <code>//</code>, <code>..</code>, <code>%2F</code>) get a 400.</li>
</ul>
${guide.heading("Tokens without a user")}
<p>A token that an app got <a href="/developer/docs/machines">for itself</a> is refused unless the rule accepts apps: <code>("GET", "/reports", "read:data", "apps")</code>, or <code>apps=True</code> at a single route or in <code>guard.check</code>. Then <code>token.is_of_app</code> is true.</p>
${guide.heading("Browsers")}
<p>Preflights reach the application. <code>origins=["https://app.example.com"]</code> lets scripts of that origin read refusals. With <code>preflight="answer"</code> the guard answers preflights itself, and lets these origins read all answers. <code>protect</code>, <code>asgi</code> and <code>BottlePlugin</code> take both options.</p>
${guide.heading("Which tokens are accepted")}
<p>With credentials the guard introspects: it sees only tokens that are meant for this API, and only the API’s own scopes. A token that names no API is accepted by each API that has one of its scopes, unless that API was added with <code>--demand-audience</code>. Without credentials the guard asks <code>/oauth/verify</code>. If the server can’t be reached, the answer is a 503, within twice <code>timeout</code> (2 seconds).</p>
${guide.heading("Answers in memory")}
<p>With credentials and <code>redis_url</code> the guard keeps up to 10,000 answers. A revoked token is refused <strong>at most one second later</strong>, even if a message or the connection is lost. <code>redis_url</code> must be the server’s own Redis, a primary: with a replica nothing is kept. With failover, set <code>min-replicas-to-write 1</code> and <code>min-replicas-max-lag 2</code>: a primary that lost its replicas is then trusted for at most three seconds.</p>
<p>Whoever can write to that Redis can forge tokens, so give guards a Redis user that can’t:</p>
<%code:block language="redis" id="acl">
ACL SETUSER guard on >SECRET resetkeys %R~oauthsrv:ended:* resetchannels &amp;oauthsrv:ended:* -@all +get +subscribe +unsubscribe +ping +info
</%code:block>
${guide.heading("Limits")}
<p>Calls answered from memory are charged to the app within five seconds, even if the token is revoked first. One process answers at most an eighth of what the app has left before it asks the server again: that is the most a killed process can lose. A process that exits reports first: at exit, at the end of an ASGI lifespan, or in <code>guard.close()</code>.</p>
${guide.heading("Environment")}
<p><code>Guard.from_environment()</code>, <code>oauthsrv.guard.check(token, scopes)</code>, <code>Require()</code> and <code>oauthsrv demo-api</code> read these variables:</p>
<dl class="facts">
<dt><code>OAUTHSRV_ISSUER</code></dt>
<dd>The server’s public origin.</dd>
<dt><code>OAUTHSRV_GUARD_CLIENT_ID</code>, <code>OAUTHSRV_GUARD_CLIENT_SECRET</code></dt>
<dd>The API’s credentials.</dd>
<dt><code>OAUTHSRV_GUARD_RESOURCE</code></dt>
<dd>The API’s resource URI.</dd>
<dt><code>OAUTHSRV_GUARD_ADDRESS</code></dt>
<dd>Where to reach the server, if not at its public origin.</dd>
<dt><code>OAUTHSRV_GUARD_CA_FILE</code></dt>
<dd>Certificates to trust instead of the system’s.</dd>
<dt><code>REDIS_URL</code></dt>
<dd>The server’s Redis.</dd>
</dl>
