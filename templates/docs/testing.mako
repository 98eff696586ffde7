## Testing: how to test an integration, and what not to mock.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, access_lives, seconds, refresh_seconds, unused, at_most, grace"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="install" file="/parts/install.mako"/>
<p>Test against a real server, with an app that is only for tests. Mock as little as you can: most mistakes are in what a mock leaves out.</p>
${guide.heading("Try it by hand")}
<ul>
<li><strong>Try it</strong>, on your app’s page, takes each step of a login with the app’s own settings and shows every request and response.</li>
<li><strong>Doctor</strong> finds settings that don’t fit together.</li>
<li><strong>Activity</strong> shows why a request was refused, in more detail than the response may.</li>
</ul>
${guide.heading("Use a test app")}
<p><a href="/developer/apps/new">Register a second app</a> with the redirect URI <code>http://127.0.0.1/callback</code>, which matches every port. Its tokens, limits and activity are separate from your real app’s, and its secret can be in your test environment. Connect it with an account that is only for tests.</p>
${guide.heading("In continuous integration")}
<p>Start a server of your own. It brings its own databases, and keeps everything in one folder:</p>
<%code:block language="shell" id="install">
${install.command(issuer, "embedded")}
</%code:block>
<%code:block language="shell" id="server">
export OAUTHSRV_DATA_DIR=/tmp/oauthsrv-test OAUTHSRV_LISTEN=127.0.0.1:8765
export OAUTHSRV_ACCESS_TTL=60 OAUTHSRV_REFRESH_TTL=300 OAUTHSRV_REFRESH_GRACE=0
oauthsrv serve &
curl -sf --retry 30 --retry-delay 1 --retry-connrefused http://127.0.0.1:8765/readyz
echo "a long test password" | oauthsrv users add test@example.com --password-stdin
oauthsrv apps add Test --owner test@example.com --type confidential --json ${"\\"}
  --redirect-uri http://127.0.0.1/callback --scope read:data > app.json
</%code:block>
<p>Short lifetimes let a test see a token expire: here an access token lives for a minute, on this server for ${access_lives}. Drive sign-in and consent with a browser, such as Playwright: their form fields and buttons have labels. A test of an API alone needs no browser if its app gets tokens <a href="/developer/docs/machines">for itself</a>.</p>
${guide.heading("What to test")}
<dl class="facts">
<dt>The user says no</dt>
<dd>Your callback gets <code>error=access_denied</code>.</dd>
<dt>The answer is forged</dt>
<dd>A callback with another <code>state</code> or <code>iss</code> is refused by your app, before it sends the code anywhere.</dd>
<dt>Fewer scopes</dt>
<dd>The user declines an optional scope: <code>scope</code> in the response is shorter than what you requested.</dd>
<dt>An expired access token</dt>
<dd>The API answers 401. Your app renews once and repeats the call.</dd>
<dt>A revoked connection</dt>
<dd>Revoke the refresh token, or the access under Account, Connected apps. Your app asks the user to connect again and doesn’t retry.</dd>
<dt>Two renewals at once</dt>
<dd>Only one of your workers sends the <a href="/developer/docs/refresh">refresh token</a>.</dd>
<dt>429 and 503</dt>
<dd>Your app keeps its tokens and waits for as long as <code>Retry-After</code> says.</dd>
</dl>
${guide.heading("What to mock")}
<p>In unit tests, replace your HTTP client and return recorded responses: a token response, <code>invalid_grant</code>, a 503. Don’t mock PKCE, <code>state</code> or the matching of redirect URIs, and don’t turn them off for tests: they are what protects your users. For an API, don’t replace <a href="/developer/docs/guard">the guard</a> with a function that always says yes; give it a real token, a revoked one, and one without the scope.</p>
