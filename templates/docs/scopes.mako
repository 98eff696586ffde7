## Scopes: what an app gets of what it requests.
<%inherit file="/layout/docs.mako"/>
<%page args="place, offline_access"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<p>A scope names one thing that an app may do for a user. Users see each scope in words and decide, and they allow a short list more often. The <a href="/developer/docs/reference">reference</a> lists the scopes of this server.</p>
${guide.heading("What an app gets")}
<ul>
<li>An app’s settings name the scopes it can request. Others are left out, and the request continues with the rest. If nothing is left, the answer is <code>invalid_scope</code>.</li>
<li>A request without <code>scope</code> requests all scopes in the settings.</li>
<li>Users can decline the scopes that the app marked as optional. The others belong together.</li>
<li>So read <code>scope</code> in the token response: it lists what was granted.</li>
<li>Consent is remembered for the same scopes and the same redirect host. A public app that users return to by a custom scheme or on their own machine asks every time, because another program there could pretend to be it.</li>
</ul>
${guide.heading("More scopes later")}
<p>Request what a feature needs when the user turns it on. The consent page asks only for what is new. A token has only the scopes of its own request, so include the earlier ones if one token needs them all. If the user says no, earlier tokens keep working. Send <code>prompt=consent</code> to ask for everything again.</p>
<p>When a call needs a scope that the token lacks, the API answers 403 and names it: <code>WWW-Authenticate: Bearer error="insufficient_scope", scope="…"</code>.</p>
${guide.heading("Fewer scopes for one access token")}
<p>Send <code>scope</code> when you <a href="/developer/docs/refresh">refresh</a>, and the new access token has only these. The refresh token keeps all of them. Scopes that weren’t granted, or that your app may no longer have, are left out. If nothing is left, the answer is <code>invalid_scope</code>, and the refresh token is not used up.</p>
${guide.heading("Stay connected")}
<p>Every app may add <code>${offline_access}</code>. The consent page then says that the app stays connected while the user is away. You get a refresh token with or without it. Requested alone, it stands for all scopes in the settings.</p>
