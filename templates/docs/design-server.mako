## Design: limits, pages and processes.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="guide" file="/parts/guide.mako"/>
${guide.heading("Limits and refusals")}
<dl class="facts">
<dt>A request counts against its proven sender</dt>
<dd>A client is charged for what it proves with its secret or, if it is public, with a code or token of its own; then its connection and its user are limited too. Everything else counts against the sender’s address. That limit is checked last, so it never refuses a good token. A refused call counts against nobody. Reuse of a refresh token is handled before any limit.</dd>
<dt>One thread hashes passwords, and networks take turns</dt>
<dd>IPv6 addresses count by /48, then by /64. An address that failed several times recently, or sends requests all the time, waits behind the others; some places are reserved for browsers that signed in to the account before. What can’t be served within 1.8 seconds is refused immediately.</dd>
<dt>A refusal says little to the client and everything to its developer</dt>
<dd>Each error names a problem; the answer does not. Refusals are collected in the process and written two seconds later. Requests that the app authenticated are kept as its own; those that anyone can send in its name are grouped and capped separately. Of a request’s parameters only redirect URIs, scopes and resources are kept.</dd>
</dl>
${guide.heading("Pages")}
<dl class="facts">
<dt>CSRF tokens are not stored</dt>
<dd>The token of a form is derived from the secret in the browser’s cookie. So it exists before anyone signs in, changes with the cookie at sign-in and sign-out, and is not lost with Redis. A random part makes it the token of this one form: if the form is submitted twice, the second click gets the first answer, kept for 30 seconds and sealed under that token.</dd>
<dt>Redirects are 303, and the pages before an app limit none</dt>
<dd>Chromium applies the page’s CSP <code>form-action</code> to every redirect after a form, and the app may redirect again. So the consent page, the sign-in before it and the question for a password send none; the forms of all other pages may only lead to this server.</dd>
</dl>
${guide.heading("Processes")}
<dl class="facts">
<dt>One worker does the housekeeping for all</dt>
<dd>It holds a lease in PostgreSQL (15 seconds, renewed every 5), so one that is killed or hangs is replaced, also behind pgbouncer. Each step is a small batch found by an index. Expired families, and what a killed process left sealed, are found by walking through all families, 1,250 every five seconds: an index on a column that rotations change would make each rotation write every index.</dd>
<dt>A parent and its workers</dt>
<dd>The parent opens the port and replaces workers that die; a worker exits with its parent. Each worker keeps to one CPU, because Python’s threads compete for the interpreter when they spread over several: that made it ten times slower. Databases and password hashing are not pinned.</dd>
<dt>The embedded databases stop with the last process that uses them</dt>
<dd>Each process holds a shared file lock, which the kernel releases even at kill -9; the last one to exit stops the databases, and the next one to start adopts databases that were left running. They listen on sockets in a folder of their own.</dd>
</dl>
