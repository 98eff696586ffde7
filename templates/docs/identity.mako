## Identity: who an app's user is, without OpenID Connect.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>Each user has one <strong>subject</strong> (<code>sub</code>): a string that never changes and is never given to anyone else. It is the same for every app and every API. Store it with the issuer, <code>${issuer}</code>, as the key of your user record.</p>
${guide.heading("On your server")}
<p>Right after the code exchange, ask whose token you got (RFC 7662). A confidential app may introspect its own tokens:</p>
<%code:block language="shell" id="introspect">
curl -sS ${issuer}/oauth/introspect ${"\\"}
  -u "${sample.client_id}:$CLIENT_SECRET" -d token="$ACCESS_TOKEN"
</%code:block>
<%code:block language="json" id="introspected">
{
  "active": true,
  "iss": "${issuer}",
  "client_id": "${sample.client_id}",
  "scope": "${sample.scope}",
  "sub": "5f0c…",
  "token_type": "Bearer",
  "iat": 1767225600,
  "exp": 1767229200
}
</%code:block>
<p>Check that <code>active</code> is true and that <code>client_id</code> is yours. Then sign the user in to your own app with a session of its own. This doesn’t count as an API call.</p>
${guide.heading("On a device or in a browser")}
<p>A public app has no credentials, so it can’t introspect. A program on a device reads the header <code>X-OAuth-Subject</code> of this response:</p>
<%code:block language="shell" id="verify">
curl -sS -o /dev/null -D - ${issuer}/oauth/verify -H "Authorization: Bearer $ACCESS_TOKEN"
</%code:block>
<p>Scripts in a browser can’t call these two endpoints. They call an API with the token and use its answer: an API knows the subject of every token it <a href="/developer/docs/tokens">checks</a>.</p>
${guide.heading("Name and email")}
<p>This server reveals neither. If the product has an API for profiles, request its scope and call it; the <a href="/developer/docs/reference">list of APIs and scopes</a> shows what there is. Never use an email address as a key: people change theirs.</p>
${guide.heading("Mistakes to avoid")}
<ul>
<li><strong>Accepting a token from elsewhere.</strong> A token proves what its app may do, not that its user is in front of you. Sign in only users whose token your own server got for its own code, with the <code>state</code> of this browser.</li>
<li><strong>Reading the token.</strong> It is opaque: its characters mean nothing to an app.</li>
<li><strong>Expecting a user.</strong> If an app got a token <a href="/developer/docs/machines">for itself</a>, <code>sub</code> is its client ID.</li>
<li><strong>Treating access as a login.</strong> A connection can end while your session continues. When a refresh answers <code>invalid_grant</code>, decide what that means in your app.</li>
</ul>
${guide.heading("OpenID Connect")}
<p>This server doesn’t offer it: there are no ID tokens and no UserInfo endpoint. Configure your library for plain OAuth 2, and leave out the scope <code>openid</code>.</p>
