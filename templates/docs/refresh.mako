## Refresh: lifetimes as this server is set, rotation, grace, reuse, and what to store.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, access_lives, seconds, unused, at_most, grace"/>
<%namespace name="show" file="/parts/show.mako"/>
<div class="figures">
${show.figure("An access token lives", access_lives)}
${show.figure("A refresh token lives unused", unused)}
${show.figure("A connection lives at most", at_most)}
</div>
<p>Every exchange of a code gives both tokens, and begins a <strong>connection</strong>: one user, on one device or installation of your app. Refreshing keeps it alive; when it is over, the user has to allow your app again.</p>
<h2>Renew</h2>
<pre tabindex="0" data-copy><code id="refresh">curl -sS ${issuer}/oauth/token -u "$CLIENT_ID:$CLIENT_SECRET" ${"\\"}
  -d grant_type=refresh_token -d refresh_token="$REFRESH_TOKEN"</code></pre>
<p>A public app sends <code>-d client_id="$CLIENT_ID"</code> instead of <code>-u</code>. The answer is a new pair:</p>
<pre tabindex="0"><code>{
  "access_token": "oat_…",
  "token_type": "Bearer",
  "expires_in": ${seconds},
  "refresh_token": "ort_…",
  "scope": "read:profile"
}</code></pre>
<p>Renew shortly before <code>expires_in</code> seconds are over, or when an API answers 401. The old access token works for one more minute, so that calls in progress succeed. A token for other scopes or another API isn’t affected.</p>
<h2>Rotation: each refresh token works once</h2>
<ul>
<li>Store the new refresh token before you use the new access token. The old one is used up.</li>
% if grace:
<li>If the answer got lost, send the same request again: for ${grace} the old refresh token gives the same answer once more, as long as the new one was not used.</li>
<li>A used refresh token that comes later was copied, by a thief or by a mistake. That ends the connection: all its tokens, at once.</li>
% else:
<li>A used refresh token that comes again was copied, by a thief or by a mistake. That ends the connection: all its tokens, at once.</li>
% endif
</ul>
<h2>One process at a time</h2>
<p>Two workers that renew with the same refresh token look like a thief. Let one of them do it: lock the row in which the tokens lie (<code>SELECT … FOR UPDATE</code>), read it again, and renew only if nobody did meanwhile.</p>
<ol>
<li>Lock the row of the connection.</li>
<li>Read its tokens. If the access token is fresh by now, use it, and stop here.</li>
<li>Send the request, store both new tokens, and commit.</li>
</ol>
<h2>What to store</h2>
<dl class="facts">
<dt>Refresh token</dt>
<dd>The newest, encrypted, where your server alone can read it. It is at most 255 characters long.</dd>
<dt>Access token</dt>
<dd>With the time when it expires: now plus <code>expires_in</code>.</dd>
<dt>Scope</dt>
<dd>What was granted, from the answer.</dd>
<dt>Whose it is</dt>
<dd>Your user. One user may have several connections.</dd>
</dl>
<h2>When it fails</h2>
<dl class="facts">
<dt><code>invalid_grant</code></dt>
<dd>The connection is over. Forget its tokens, and ask the user to connect again. Never repeat the request.</dd>
<dt><code>unauthorized_client</code></dt>
<dd>Your app is suspended. Keep the tokens: they work again afterwards.</dd>
<dt>429, 5xx, no answer</dt>
<dd>Keep the tokens, and send the same request again\
% if grace:
, within ${grace} if it may have arrived\
% endif
. Respect <code>Retry-After</code>.</dd>
</dl>
