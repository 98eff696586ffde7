## Design: how tokens are checked, issued and rotated.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="guide" file="/parts/guide.mako"/>
${guide.heading("Checking a token")}
<dl class="facts">
<dt>One MGET decides</dt>
<dd>The text of an access token names its client and its connection, so one read gets the token’s record, the marker of the connection (in the code: family) and the stamp of the client. All three must be there: what is lost or revoked means no. PostgreSQL is not queried, so checks go on while it is down.</dd>
<dt>Stamps keep client records current</dt>
<dd>A process keeps client records under a random stamp in Redis, and uses a record only while that stamp is still there. A change commits, deletes the stamp, then answers. To load a client, read the stamp first and the record after it; otherwise an old record could stay under a new stamp.</dd>
<dt>Unknown client IDs cost PostgreSQL nothing</dt>
<dd>Each process caches the ids that exist, under a stamp of their own. Adding a client deletes the stamp before the answer is sent.</dd>
<dt>Metadata is answered from memory</dt>
<dd>Each process reads the scopes that it lists at start, after its own changes, and every two seconds. Discovery works while both databases are down.</dd>
</dl>
${guide.heading("Issuing and rotating")}
<dl class="facts">
<dt>The successor of a refresh token is sealed</dt>
<dd>The answer to a refresh may get lost, so for 30 seconds the old token returns the same successor again. The row keeps the successor, encrypted under a key derived from the old token, which nobody else has. A token used again later has been copied, and its connection is revoked.</dd>
<dt>A superseded access token lives for another minute</dt>
<dd>So calls in progress succeed. Tokens of the same connection for other scopes or resources keep their lifetime, up to four of them: an app that refreshes endlessly can’t fill the store.</dd>
<dt>Scopes that an app may not have are left out</dt>
<dd>An app that requests one scope too many still works, and the token response says what was granted. It is an error only if nothing is left. Without <code>scope</code> an app requests all it may have.</dd>
<dt>A declined optional scope is remembered like an allowed one</dt>
<dd>The latest answer about a scope counts; an app that wants it after all sends <code>prompt=consent</code>. An answer for one API overrides an older answer about the same scope for that API and others together, so the user is asked again about those others. Tokens issued before keep what they had.</dd>
<dt><code>offline_access</code> changes only the consent page</dt>
<dd>Libraries differ in whether they send it, so every code returns a refresh token. With it, the consent page says that the app stays connected while the user is away.</dd>
<dt>A consent page can be answered once</dt>
<dd>Its CSRF field also carries a ticket, under which Redis keeps the request for this browser and this user. The answer takes the ticket. A double click gets the same answer again for 30 seconds; another answer gets “already answered”, never a second code.</dd>
<dt>A request that waits for a sign-in travels sealed and short</dt>
<dd><code>/login?r=…</code> holds it, encrypted with <code>OAUTHSRV_KEY</code>, up to 1,000 bytes; a longer one stays in Redis for an hour and <code>r</code> names it. So it fits into the 4 KiB of headers that nginx allows by default, and each tab has its own. It works in the browser it was made for. The app’s <code>state</code> comes back unchanged; an nginx without the printed configuration refuses one over 3,000 characters.</dd>
</dl>
