## Revocation: by the app itself, and what else ends tokens.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, connections"/>
<p>When a user disconnects your app, or signs out of it for good, give the refresh token back (RFC 7009):</p>
<pre tabindex="0" data-copy><code id="revoke">curl -sS ${issuer}/oauth/revoke -u "$CLIENT_ID:$CLIENT_SECRET" ${"\\"}
  -d token="$REFRESH_TOKEN"</code></pre>
<p>A public app sends <code>-d client_id="$CLIENT_ID"</code> instead of <code>-u</code>.</p>
<dl class="facts">
<dt>A refresh token</dt>
<dd>ends the whole connection: it, and every access token that came with it.</dd>
<dt>An access token</dt>
<dd>ends alone. The refresh token goes on.</dd>
</dl>
<p>The answer is 200, also for a token that is unknown, ended, or another app’s: nobody can use it to probe for tokens. A 503 means that it is not yet in force: send it again.</p>
<h2>How soon it holds</h2>
<p>At once, on every process of this server. An API that asks each time refuses the token at its very next call; one that keeps answers with our Python guard, within a second.</p>
<h2>What else ends tokens</h2>
<ul>
<li>The user ends your app’s access, under Account, Connected apps. That, and changing their password, also revokes codes that haven’t been exchanged yet.</li>
<li>An administrator ends the tokens of a user or of an app, or disables the account.</li>
<li>The app is deleted.</li>
<li>A refresh token was not used for too long, or <a href="/developer/docs/refresh">was used twice</a>.</li>
<li>A code was exchanged twice: what came of the first exchange ends.</li>
<li>One user has more than ${connections} connections of your app: the one unused for longest ends.</li>
</ul>
<p>Your app learns of it by <code>invalid_grant</code> when it refreshes, and by 401 from an API. Both mean: ask the user to connect again.</p>
<p>While an app is <strong>suspended</strong> its tokens are refused too, but none is ended: all work again afterwards.</p>
