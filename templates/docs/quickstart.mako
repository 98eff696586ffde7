## The quickstart without an app: for a public one, with a placeholder for its client ID.
<%inherit file="/layout/docs.mako"/>
<%page args="place, quickstart, language, languages, code_lives"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<%namespace name="parts" file="/parts/quickstart.mako"/>
${guide.heading("Register an app")}
<p><a href="/developer/apps/new">Register an app</a> as “A command-line tool”, with the redirect URI <code>http://127.0.0.1/callback</code> (any port works) and the scope <code>${quickstart.scope}</code>.</p>
<p>Then open its Quickstart page, which has programs with the app’s own values for every kind of app. To use those below, replace <code>${quickstart.client_id}</code> with its client ID.</p>
${guide.heading("Get a token")}
${show.tabs_at("Languages", [(f"{place.guide.path}?language={each.name}", each.title) for each in languages], "tabs sub", f"{place.guide.path}?language={language.name}")}
<h3>${language.title}</h3>
${parts.program(quickstart, language, "/developer/apps")}
${guide.heading("What just happened")}
<ol>
<li>Your app sent its user to this server, with a challenge derived from a secret (<a href="/developer/docs/pkce">PKCE</a>).</li>
<li>The user signed in, saw what your app requests, and allowed it.</li>
<li>The browser returned with a code. It works once, for ${code_lives}.</li>
<li>Your app exchanged code and secret for an access token, which it sends to APIs, and a refresh token, which gets the next pair (<a href="/developer/docs/refresh">Refresh</a>).</li>
</ol>
