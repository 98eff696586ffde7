## The quickstart without an app: for a public one, with a placeholder for its client ID.
<%inherit file="/layout/docs.mako"/>
<%page args="place, quickstart, language, languages, code_lives"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
<h2>1. Register an app</h2>
<p><a href="/developer/apps/new">Register an app</a> with the redirect URI <code>http://127.0.0.1/callback</code> (on your own machine, any port works) and the scope <code>${quickstart.scope}</code>. Choose <strong>public</strong> for a program on the user’s device, which can’t keep a secret, and <strong>confidential</strong> for one on your server.</p>
<p>Each app’s page has this quickstart with the app’s own values. The programs below are for a public app: replace <code>${quickstart.client_id}</code> with its client ID.</p>
<h2>2. Get a token</h2>
${show.tabs_at("Languages", [(f"{place.guide.path}?language={each.name}", each.title) for each in languages], "tabs sub", f"{place.guide.path}?language={language.name}")}
<h3>${language.title}</h3>
${parts.program(quickstart, language, "/developer/apps")}
<h2>What just happened</h2>
<ol>
<li>Your app sent its user to this server, with a challenge derived from a secret (<a href="/developer/docs/pkce">PKCE</a>).</li>
<li>The user signed in, saw what your app requests, and allowed it.</li>
<li>The browser returned with a code. It works once, for ${code_lives}.</li>
<li>Your app exchanged code and secret for an access token, which it sends to APIs, and a refresh token, which gets the next pair (<a href="/developer/docs/refresh">Refresh</a>).</li>
</ol>
