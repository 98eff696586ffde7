## The rules that the code and the tests refer to by number.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<p>Comments and test names in the code refer to these rules by number, as in <code>rule 6</code>.</p>
<ol>
<li><strong>Nothing is readable at rest.</strong> Passwords are stored as bcrypt; client secrets, codes, tokens, session ids and one-time links as SHA-256; the short codes that devices show as HMAC under the server’s key. None of them is in a log, a metric, an audit row or an error page.</li>
<li><strong>A code works once</strong>, a device’s code too, also under parallel exchanges by several processes. A later valid exchange is refused and revokes the connection that the first one created. A request that fails client authentication, redirect URI or PKCE spends nothing.</li>
<li><strong>PKCE with S256 is required of every app</strong>, except a confidential one whose owner has turned it off.</li>
<li><strong>Redirect URIs match exactly</strong>, except the port of a loopback address. An unknown client or redirect URI gets a page, never a redirect, and nobody is redirected to an app before signing in, except by <code>prompt=none</code> of an approved one.</li>
<li><strong>Refresh tokens rotate on every use.</strong> Repeating a refresh within the grace time returns the same successor. A token that is used again later has been copied, and its connection is revoked.</li>
<li><strong>Revocation is complete and immediate</strong> on every process, and is never undone. A check says yes only on positive signs: the token’s record, the marker of its connection, the stamp of its client.</li>
<li><strong>Redis may be emptied, or come back with older data.</strong> People sign in again, apps refresh their access tokens, and codes that are not exchanged yet are lost. Refresh tokens keep working, nobody has to consent again, and nothing revoked returns.</li>
<li><strong>PostgreSQL may go away or hang.</strong> Checks of valid tokens continue. Whatever can’t be done is answered with 503 within two seconds.</li>
<li><strong>kill -9 at any moment loses nothing that was answered.</strong></li>
<li><strong>Clients and APIs are separate.</strong> No client can see, use or revoke what belongs to another, and an API sees only tokens that are meant for it. A credential that is sent is always verified, and counts only if its client has chosen that way to authenticate. A client that may authenticate without one has no secret.</li>
<li><strong>Errors carry the RFC’s code and status.</strong> They help the developer, and reveal nothing that the caller may not know.</li>
<li><strong>Hostile input gets a 4xx</strong> and costs little. No input gets a 500.</li>
<li><strong>Forms belong to a session.</strong> Every POST has a CSRF token, a double click takes effect once and shows its result, signing in and out replaces the session, sign-in attempts are limited, and pages run no third-party scripts. What gives power or can’t be undone asks for the password again; what stops harm never does.</li>
<li><strong>The consent page shows which app asks</strong>, for which scopes, and where the user is sent back to. An unverified app that is new here and asks for something sensitive gets a warning page first, which says how many people use the app. Consent is remembered for exactly that, and never for a device, a custom scheme or the user’s own machine.</li>
<li><strong>Limits are per client</strong>, exact at the edge of their window, visible in headers, and never answered as “invalid token”. A request that is refused is charged to nobody else.</li>
<li><strong>Housekeeping runs inside the server</strong>, in small batches. No table and no keyspace grows without bound.</li>
</ol>
