## Design: the decisions behind the code, by topic.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<h2>Checking a token</h2>
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
<h2>Issuing and rotating</h2>
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
<dd>Its CSRF field also carries a ticket, under which Redis keeps the request for this browser and this user. The answer takes the ticket. Back and reload get “already answered”, never a second code.</dd>
<dt>A request that waits for a sign-in travels sealed and short</dt>
<dd><code>/login?r=…</code> holds it, encrypted with <code>OAUTHSRV_KEY</code>, up to 1,000 bytes; a longer one stays in Redis for an hour and <code>r</code> names it. So it fits into the 4 KiB of headers that nginx allows by default, and each tab has its own. It works in the browser it was made for. The app’s <code>state</code> comes back unchanged; an nginx without the printed configuration refuses one over 3,000 characters.</dd>
</dl>
<h2>Revoking</h2>
<dl class="facts">
<dt>Locks go from the top down</dt>
<dd>A new family locks its grant, a new grant its user and client, a rotation its family. A revocation goes from user to grant to family, each level its own statement. So nothing is created under what was just revoked: it comes first and is revoked with the rest, or it waits and finds nothing.</dd>
<dt>A process that lost its lock creates nothing</dt>
<dd>A refresh only prolongs the marker of its family. If the marker is gone, the refresh reads a random intent key in Redis before it locks the family; a script recreates the marker only while that key is unchanged, and revoking deletes both. So a process that was stopped, or whose database session ended, brings nothing back. A new family needs no intent: nobody has its token until its row is committed.</dd>
<dt>Raising one number revokes a whole app</dt>
<dd>Client, grant, family and token carry an epoch, and whatever has another epoch than its client is revoked. One short transaction takes effect at the next check, however many connections there are; housekeeping marks their rows in batches of 500 afterwards. Everything of one user is revoked in batches too, and reported as in force after the last one.</dd>
<dt>A Redis that restarted is not trusted immediately</dt>
<dd>It may have come back with older data, in which revoked tokens are active. Each connection compares its <code>run_id</code>. If it changed, everything that PostgreSQL knows as revoked is deleted first, once for all processes. After that, one process looks every ten seconds for new revocations and deletes what Redis missed. Revocations carry the number of their transaction, so one that commits late is not missed.</dd>
<dt>Guards are notified of every revocation</dt>
<dd>One script in Redis deletes the markers, raises a counter and publishes a message with that number. A guard that reads a higher counter than it has received knows that it missed something, and forgets everything. Channel and counter are named after the issuer, which every guard is configured with.</dd>
<dt>A heartbeat is two requests in order</dt>
<dd>The guard reads the counter, then sends a PING through the subscription. When the PONG arrives, every message up to that counter must have arrived too.</dd>
<dt>An answer in progress may be older than a revocation</dt>
<dd>A guard notes the counter before it calls the server, and keeps the answer only if nothing was revoked meanwhile.</dd>
</dl>
<h2>Apps, teams and administrators</h2>
<dl class="facts">
<dt>Rights are checked again under the lock</dt>
<dd>Inviting, joining, leaving, removing and transferring lock the app’s row and name the owner that the page showed, so the later of two such changes sees the result of the earlier. Everyone who changes an app is checked too, administrators included: they may have lost the right while they waited. Users are locked before clients, by id.</dd>
<dt>An invitation is a one-time link</dt>
<dd>The server can’t verify email addresses, so anyone who has the link can use it. Becoming an administrator takes both the link and the account. A link stops working when the person who made it loses the right.</dd>
<dt>A form that edits a record carries a hash of what it showed</dt>
<dd>The flow compares it under the lock. If the record changed meanwhile, the page shows both versions, and the form can be submitted again. The password is asked for when a change gives power, and never for what stops harm.</dd>
<dt>Administrators approve what the page showed</dt>
<dd>The form carries when the app last changed, or a hash of the app and its proposal. If that has changed, nothing is decided, so administrators never verify a name that they have not seen.</dd>
<dt>Addresses that apps choose are fetched in one place</dt>
<dd>Metadata documents and keys come from addresses that apps choose, so a fetch must not reach what only this server can reach. It goes by https on port 443 to an address that was checked, not to a name that may resolve differently the second time; every address of the name must be public, including any IPv4 address wrapped in IPv6. It follows no redirects, and ends after 10 KiB or three seconds. Why a server wasn’t reached is only logged: it could reveal our network.</dd>
<dt>An app with a metadata document always has the same ID</dt>
<dd>Its internal ID is derived from the document’s address. A suspended app can’t come back as another, and a deleted one comes back without its former connections.</dd>
<dt>Scopes are deprecated, never deleted</dt>
<dd>Apps, grants and tokens refer to them. No further app gets a deprecated scope; apps that have it keep it.</dd>
<dt>A logo is re-encoded</dt>
<dd>Whatever is uploaded becomes a PNG of 96 × 96 pixels, so nothing else in the file is kept or sent. Forms carry it from page to page as text, so that the page that asks for the password doesn’t lose it. A process re-encodes one at a time, and only so many per hour for one person.</dd>
<dt>The test console is an app like any other</dt>
<dd>Its redirect URI is registered with the app, and its requests go through the whole application, guards and limits included, without a network. Its state travels with the browser, sealed under a key derived from the browser’s cookie, so the server holds no readable token.</dd>
</dl>
<h2>Limits and refusals</h2>
<dl class="facts">
<dt>A request counts against whoever it proves to be from</dt>
<dd>A client is charged for what it proves with its secret or, if it is public, with a code or token of its own; then its connection and its user are limited too. Everything else counts against the sender’s address. That limit is checked last, so it never refuses a good token. A refused call counts against nobody. Reuse of a refresh token is handled before any limit.</dd>
<dt>One thread hashes passwords, and networks take turns</dt>
<dd>IPv6 addresses count by /48, then by /64. An address that failed several times recently, or sends requests all the time, waits behind the others; some places are reserved for browsers that signed in to the account before. What can’t be served within 1.8 seconds is refused immediately.</dd>
<dt>A refusal says little to the client and everything to its developer</dt>
<dd>Each error names a problem; the answer does not. Refusals are collected in the process and written two seconds later. Requests that the app authenticated are kept as its own; those that anybody can send in its name are grouped and capped separately. Only redirect URIs, scopes and resources of a request are kept.</dd>
</dl>
<h2>Pages</h2>
<dl class="facts">
<dt>CSRF tokens are not stored</dt>
<dd>The token of a form is derived from the secret in the browser’s cookie. So it exists before anybody signs in, changes with the cookie at sign-in and sign-out, and is not lost with Redis.</dd>
<dt>Redirects are 303, and the pages before an app limit none</dt>
<dd>Chromium applies the page’s CSP <code>form-action</code> to every redirect after a form, and the app may redirect again. So the consent page, the sign-in before it and the question for a password send none; the forms of all other pages may only lead to this server.</dd>
</dl>
<h2>Processes</h2>
<dl class="facts">
<dt>One worker does the housekeeping for all</dt>
<dd>It holds a lease in PostgreSQL (15 seconds, renewed every 5), so one that is killed or hangs is replaced, also behind pgbouncer. Each step is a small batch found by an index. Expired families, and what a killed process left sealed, are found by walking through all families, 1,250 every five seconds: an index on a column that rotations change would make each rotation write every index.</dd>
<dt>A parent and its workers</dt>
<dd>The parent opens the port and replaces workers that die; a worker exits with its parent. Each worker keeps to one CPU, because Python’s threads compete for the interpreter when they spread over several: that made it ten times slower. Databases and password hashing are not pinned.</dd>
<dt>The embedded databases stop with the last process that uses them</dt>
<dd>Each process holds a shared file lock, which the kernel releases even at kill -9; the last one to exit stops the databases, and the next one to start adopts databases that were left running. They listen on sockets in a folder of their own.</dd>
</dl>
