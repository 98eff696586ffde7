## Single-page apps: OAuth in a page that has no server of its own.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p><a href="/developer/apps/new?type=public">Register the app</a> as “Single-page app”. It is public: everyone can read its code, so it gets no secret, and <a href="/developer/docs/pkce">PKCE</a> protects its logins. Its Quickstart page has a complete page to start from.</p>
${guide.heading("If you have a server")}
<p>Let your server do OAuth, as a confidential app, and give the browser a session cookie. Scripts then hold no token that an attacker’s script could take. Read on if your app has no server.</p>
${guide.heading("Log in")}
<ol>
<li>Make a verifier and a <code>state</code>, keep both in <code>sessionStorage</code>, and send the browser to the authorization endpoint with <code>location.assign</code>. This is a page to visit: it can’t be fetched, and it refuses to be shown in a frame.</li>
<li>Back at your redirect URI, check that <code>state</code> is yours and that <code>iss</code> is <code>${issuer}</code>. Remove the code from the address with <code>history.replaceState</code>.</li>
<li>Exchange the code:</li>
</ol>
<%code:block language="javascript" id="exchange">
async function exchange(code, verifier) {
  const response = await fetch(${sample.in_code(issuer + "/oauth/token")}, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: ${sample.in_code(sample.client_id)},
      redirect_uri: ${sample.in_code(sample.redirect_uri)},
      code,
      code_verifier: verifier,
    }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error + ": " + answer.error_description)
  return answer
}
</%code:block>
<p>For <code>iss</code>, <code>state</code> and PKCE a library such as oauth4webapi saves you work.</p>
${guide.heading("What scripts can call")}
<dl class="facts">
<dt>Metadata, token, revocation</dt>
<dd>From any origin (CORS), without cookies. Scripts may read <code>WWW-Authenticate</code>, <code>Retry-After</code> and the <code>RateLimit</code> headers.</dd>
<dt>Authorization</dt>
<dd>By navigating only.</dd>
<dt>Introspection, <code>/oauth/verify</code></dt>
<dd>Not from a browser. Ask an API <a href="/developer/docs/identity">who the user is</a>.</dd>
<dt>APIs</dt>
<dd>If the API allows your origin: with <a href="/developer/docs/guard">the guard</a> by <code>origins</code>, with <a href="/developer/docs/nginx">nginx</a> by <code>--origin</code>.</dd>
</dl>
${guide.heading("Keep tokens")}
<ul>
<li>Keep the access token in memory. The refresh token in <code>sessionStorage</code> survives a reload and ends with the tab; in <code>localStorage</code> every script of your origin can read it for a long time.</li>
<li>A refresh token <a href="/developer/docs/refresh">works once</a>. If tabs share one, let only one of them renew: <code>navigator.locks.request("tokens", renew)</code>, and read the stored token again inside the lock.</li>
<li>Send a strict <code>Content-Security-Policy</code>. A script that an attacker gets into your page can do all that your page can.</li>
<li>When users sign out, <a href="/developer/docs/revocation">revoke</a> the refresh token.</li>
</ul>
${guide.heading("Redirect URIs")}
<p>Register your https address, and for development <code>http://127.0.0.1/callback</code> or <code>http://localhost/callback</code>, which match every port. On https, consent is remembered; on your own machine you are asked every time, because another program there could pretend to be your app.</p>
