## Mobile apps: OAuth on Android and iOS (RFC 8252).
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p><a href="/developer/apps/new?type=public.device">Register the app</a> as “Mobile or desktop app”. It is public: whatever is inside an app can be read, so it gets no secret, and PKCE protects its logins. Its Quickstart page has complete files for AppAuth on Android and iOS.</p>
${guide.heading("Choose how users return")}
<dl class="facts">
<dt>Your own https link</dt>
<dd>Such as <code>https://app.example.com/callback</code>, claimed by the app (Android App Links, iOS Universal Links). No other app can claim it, so consent is remembered. The best choice if you own a domain.</dd>
<dt>A custom scheme</dt>
<dd>Such as <code>com.example.app:/callback</code>, with at least one dot in the scheme. Another app could claim the same one, so users are asked each time.</dd>
</dl>
<p>Redirect URIs must match exactly, down to the number of slashes.</p>
${guide.heading("Use AppAuth")}
<p>It opens the system’s browser, where users may be signed in already, and does PKCE and <code>state</code>. Never use a web view: users can’t see where they are typing their password.</p>
<p>Name the endpoints. AppAuth’s discovery expects OpenID Connect, which this server doesn’t offer:</p>
<%code:block language="kotlin" id="appauth" file="Login.kt">
val server = AuthorizationServiceConfiguration(
    Uri.parse(${sample.in_code(issuer + "/oauth/authorize")}),
    Uri.parse(${sample.in_code(issuer + "/oauth/token")}),
)
val request = AuthorizationRequest.Builder(
    server, ${sample.in_code(sample.client_id)}, ResponseTypeValues.CODE, Uri.parse(${sample.in_code(sample.redirect_uri)})
).setScope(${sample.in_code(sample.scope)}).build()
</%code:block>
${guide.heading("Keep tokens")}
<ul>
<li>Keep the refresh token in the Keychain (iOS), or encrypted with a key from the Keystore (Android), and out of backups.</li>
<li>A refresh token <a href="/developer/docs/refresh">works once</a>. Store the new pair before you use it, and let one thread at a time renew.</li>
<li>Phones lose connections. If no response arrived, send the same request again: for a short time it gets the same tokens.</li>
<li>On <code>invalid_grant</code> delete the tokens and show the sign-in button. On any other error keep them and try later.</li>
</ul>
${guide.heading("Sign out")}
<p><a href="/developer/docs/revocation">Revoke</a> the refresh token, then delete it. This disconnects this device only.</p>
${guide.heading("When it doesn’t work")}
<dl class="facts">
<dt>The browser stays open</dt>
<dd>Nothing on the device handles the redirect URI. Compare it with the intent filter (Android) or the URL types (iOS).</dd>
<dt>An error page in the browser</dt>
<dd>The request’s redirect URI isn’t registered. <strong>Activity</strong> of the app shows how it differs.</dd>
<dt><code>invalid_grant</code> at the exchange</dt>
<dd>The app was restarted in between and lost its verifier, or the code was sent twice.</dd>
</dl>
