## Design: apps, teams and administrators.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="guide" file="/parts/guide.mako"/>
${guide.heading("Apps, teams and administrators")}
<dl class="facts">
<dt>Rights are checked again under the lock</dt>
<dd>Inviting, joining, leaving, removing and transferring lock the app’s row and name the owner that the page showed, so the later of two such changes sees the result of the earlier. Everyone who changes an app is checked too, administrators included: they may have lost the right while they waited. Users are locked before clients, by id.</dd>
<dt>An invitation is a one-time link</dt>
<dd>The server can’t verify email addresses, so anyone who has the link can use it. Becoming an administrator takes both the link and the account. A link stops working when the person who made it loses the right.</dd>
<dt>A transfer is an offer</dt>
<dd>The app changes its owner only when the other person accepts, under the same locks.</dd>
<dt>A form that edits a record carries a hash of what it showed</dt>
<dd>The flow compares it under the lock. If the record has changed since, the page shows both versions, and the form can be submitted again. The password is asked for when a change gives power, and never for what stops harm.</dd>
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
