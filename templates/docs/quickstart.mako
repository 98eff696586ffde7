## The quickstart before there is an app: of a public one, with a placeholder for its client id.
<%inherit file="/layout/docs.mako"/>
<%page args="place, quickstart, language, languages, code_lives"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
<h2>1. Register an app</h2>
<p><a href="/developer/apps/new">Register an app</a> with the redirect URI <code>http://127.0.0.1/callback</code>: on your own machine the port may be any. Give it the scope <code>${quickstart.scope}</code>. Take <strong>public</strong> for a program on the user’s device, which can keep no secret, and <strong>confidential</strong> for one on a server of yours.</p>
<p>The page of each app has this quickstart with the app’s own values, and its secret if it has one. What follows is for a public app: put its client id in the place of <code>${quickstart.client_id}</code>.</p>
<h2>2. Get a token</h2>
${show.tabs_at("Languages", [(f"{place.guide.path}?language={each.name}", each.title) for each in languages], "tabs sub", f"{place.guide.path}?language={language.name}")}
<h3>${language.title}</h3>
${parts.program(quickstart, language, "/developer/apps")}
<h2>What just happened</h2>
<ol>
<li>Your app sent its user to this server, with a challenge made from a secret of its own (<a href="/developer/docs/pkce">PKCE</a>).</li>
<li>The user signed in, saw what your app asks for, and allowed it.</li>
<li>The browser brought back a code. It works once, for ${code_lives}.</li>
<li>Your app exchanged code and secret for an access token, which opens APIs, and a refresh token, which gets the next pair (<a href="/developer/docs/refresh">Refresh</a>).</li>
</ol>
