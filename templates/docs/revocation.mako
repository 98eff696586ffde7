## Revocation: by the app itself, and what else ends tokens.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample, connections"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>When a user disconnects your app or signs out of it for good, revoke the refresh token (RFC 7009):</p>
<%code:block language="shell" id="revoke">
curl -sS ${issuer}/oauth/revoke ${sample.credentials} ${"\\"}
  -d token="$REFRESH_TOKEN"
</%code:block>
% if sample.app is None:
<p>A public app sends <code>-d client_id=${sample.client_id}</code> instead of <code>-u</code>.</p>
% endif
<dl class="facts">
<dt>A refresh token</dt>
<dd>revokes the whole connection: the token itself and every access token that came with it.</dd>
<dt>An access token</dt>
<dd>is the only token revoked. The refresh token still works.</dd>
</dl>
<p>The answer is 200, also for a token that is unknown, already revoked, or another app’s, so that nobody can probe for tokens. A 503 means that the revocation is not in force yet: send it again.</p>
${guide.heading("How soon it takes effect")}
<p>Immediately. An API that checks every call refuses the token at the very next one; an API that caches answers with our Python guard, within a second.</p>
${guide.heading("What else revokes tokens")}
<ul>
<li>The user revokes your app’s access, under Account, Connected apps. That, and changing their password, also revokes codes that haven’t been exchanged yet.</li>
<li>An administrator revokes the tokens of a user or an app, or disables the user.</li>
<li>The app is deleted.</li>
<li>A refresh token wasn’t used for too long, or <a href="/developer/docs/refresh">was used twice</a>.</li>
<li>A code was exchanged twice: the connection from the first exchange is revoked.</li>
<li>One user has more than ${connections} connections of your app: the one unused for longest is revoked.</li>
</ul>
<p>Your app gets <code>invalid_grant</code> when it refreshes, and a 401 from an API. Both mean: ask the user to connect again.</p>
<p>While an app is <strong>suspended</strong>, its tokens are refused too, but not revoked: they work again once it is reactivated.</p>
