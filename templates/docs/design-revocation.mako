## Design: how a revocation takes effect everywhere.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="guide" file="/parts/guide.mako"/>
${guide.heading("Revoking")}
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
<dd>A guard notes the counter before it calls the server, and keeps the answer only if nothing has been revoked since.</dd>
</dl>
