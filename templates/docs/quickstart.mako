## The quickstart without an app, with placeholders for its client ID and secret.
<%inherit file="/layout/docs.mako"/>
<%page args="place, quickstart, language, code_lives"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
${guide.heading("Register an app")}
<p><a href="/developer/apps/new">Register an app</a>, and choose what you are building. Its redirect URI is <code>http://127.0.0.1/callback</code> while you develop (any port works), or <code>com.example.app:/callback</code> for a mobile app, with your own domain reversed. Its scope here is <code>${quickstart.scope}</code>.</p>
<p>Each app’s Quickstart page has these programs with the app’s own values. Below, replace <code>${quickstart.client_id}</code> with its client ID.</p>
${guide.heading("Sign in a user")}
${parts.choice(quickstart, language, place.guide.path)}
<h3>${language.title}</h3>
${parts.program(quickstart, language, "/developer/apps")}
${guide.heading("What just happened")}
<ol>
<li>Your app sent its user to this server, with a challenge derived from a secret (<a href="/developer/docs/pkce">PKCE</a>).</li>
<li>The user signed in, saw what your app requests, and allowed it.</li>
<li>The browser returned with a code. It works once, for ${code_lives}.</li>
<li>Your app exchanged code and secret for an access token, which it sends to APIs, and a refresh token, which gets the next pair (<a href="/developer/docs/refresh">Refresh</a>).</li>
</ol>
