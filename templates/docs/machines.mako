## Machine to machine: tokens that an app gets for itself, without a user.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample, unused_days"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>A program that runs on its own, such as a nightly export, gets access tokens with the app’s own secret or key (<code>client_credentials</code>, RFC 6749 §4.4). No user is asked, so an administrator decides what it can do.</p>
${guide.heading("Set it up")}
<ol>
<li><a href="/developer/apps/new?type=confidential.service">Register an app</a> as “Server to server”: it needs no redirect URI. For an app that you have, turn on <code>client_credentials</code> under How it gets tokens, in its settings.</li>
<li>Ask an administrator to open the scopes it needs, and the APIs it calls. Nothing is open until then. The app’s owner can turn them off and on.</li>
<li>The program requests a token:
<%code:block language="shell" id="machines">
curl -sS ${issuer}/oauth/token -u "${sample.client_id}:$CLIENT_SECRET" -d grant_type=client_credentials
</%code:block>
</li>
</ol>
${guide.heading("Use the token")}
<ul>
<li>Use it until <code>expires_in</code> seconds have passed, then request another. There is no refresh token: the app doesn’t need one.</li>
<li><code>scope</code> and <code>resource</code> can narrow the token to a part of what is open to the app. Request the same set each time.</li>
<li>All tokens with the same scopes and APIs belong to one connection. The app’s developers see it under Access without a user, and can revoke it. It ends ${unused_days} days after its last use.</li>
<li>Closing a scope, suspending or deleting the app, and disabling its owner take effect at the next call.</li>
</ul>
${guide.heading("Accept it at an API")}
<p>An API refuses these tokens unless it opts in, at each route that accepts apps. Their subject is the app’s client ID (RFC 9068 §2.2), and no user’s subject looks like one.</p>
<dl class="facts">
<dt><code>/oauth/verify</code></dt>
<dd><code>apps=yes</code> in the address.</dd>
<dt>nginx</dt>
<dd><code>--rule 'GET /reports read:data +apps'</code></dd>
<dt>The Python guard</dt>
<dd><code>("GET", "/reports", "read:data", "apps")</code></dd>
<dt>Introspection</dt>
<dd><code>apps=yes</code> in the form; without it such a token is <code>{"active": false}</code>.</dd>
</dl>
