## Refresh: lifetimes as this server is set, rotation, grace, reuse, and what to store.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample, access_lives, seconds, refresh_seconds, unused, at_most, grace"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<div class="figures">
${show.figure("Access token lifetime", access_lives)}
${show.figure("Refresh token lifetime, unused", unused)}
${show.figure("Connection lifetime", at_most, note="at most")}
</div>
<p>Every code exchange returns both tokens and starts a <strong>connection</strong>: one user, in one installation of your app. Refreshing keeps it active. When it ends, the user has to connect again.</p>
${guide.heading("Renew")}
<%code:block language="shell" id="refresh">
curl -sS ${issuer}/oauth/token ${sample.credentials} ${"\\"}
  -d grant_type=refresh_token -d refresh_token="$REFRESH_TOKEN"
</%code:block>
% if sample.app is None:
<p>A public app sends <code>-d client_id=${sample.client_id}</code> instead of <code>-u</code>.</p>
% endif
<p>The response is a new pair:</p>
<%code:block language="json" id="refreshed">
{
  "access_token": "oat_…",
  "token_type": "Bearer",
  "expires_in": ${seconds},
  "refresh_token": "ort_…",
  "refresh_token_expires_in": ${refresh_seconds},
  "scope": "${sample.scope}"
}
</%code:block>
<p>Renew shortly before <code>expires_in</code> seconds are over, or when an API answers 401. The old access token works for another minute, so that calls in progress succeed. A token for other scopes or another API isn’t affected. An administrator can set shorter lifetimes for an app; go by what the response says.</p>
${guide.heading("Rotation: each refresh token works once")}
<ul>
<li>Store the new refresh token before you use the new access token. The old one is used up.</li>
% if grace:
<li>If the response got lost, send the same request again: for ${grace} the old refresh token returns the same response, as long as the new one has not been used.</li>
<li>A refresh token that is used again after that has been copied, by a thief or by mistake. The whole connection is revoked immediately.</li>
% else:
<li>A refresh token that is used again has been copied, by a thief or by mistake. The whole connection is revoked immediately.</li>
% endif
</ul>
${guide.heading("One process at a time")}
<p>Two workers that renew with the same refresh token look like a thief. Let one of them do it:</p>
<ol>
<li>Lock the row that holds the tokens (<code>SELECT … FOR UPDATE</code>).</li>
<li>Read it again. If the access token is already new, use it and stop here.</li>
<li>Send the request, store both new tokens, and commit.</li>
</ol>
${guide.heading("What to store")}
<dl class="facts">
<dt>Refresh token</dt>
<dd>Only the newest, encrypted, where nothing but your server can read it. At most 255 characters.</dd>
<dt>Access token</dt>
<dd>With the time it expires: now plus <code>expires_in</code>.</dd>
<dt>Scope</dt>
<dd>What was granted, from the response.</dd>
<dt>User</dt>
<dd>Your user who connected. One user may have several connections.</dd>
</dl>
${guide.heading("When it fails")}
<dl class="facts">
<dt><code>invalid_grant</code></dt>
<dd>The connection has ended. Delete its tokens and ask the user to connect again. Don’t repeat the request.</dd>
<dt><code>unauthorized_client</code></dt>
<dd>Your app is suspended. Keep the tokens: they work again once it is reactivated.</dd>
<dt>429, 5xx, no answer</dt>
<dd>Keep the tokens and send the same request again\
% if grace:
, within ${grace} if it may have arrived\
% endif
. Respect <code>Retry-After</code>.</dd>
</dl>
