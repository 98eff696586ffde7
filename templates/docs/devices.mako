## Devices: connecting what has no browser or keyboard.
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample, lifetime, interval"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>A TV, a terminal over SSH or a machine shows a code, and its user enters the code on a phone or computer (RFC 8628). Most libraries call this the device flow or device grant. Turn on “Devices without a browser connect” in the app’s settings, and “It stays connected” too: without it, the user enters a code again whenever an access token expires.</p>
${guide.heading("Connect")}
<ol>
<li>
<p>Request a code. A confidential app authenticates as for a token request.</p>
<%code:block language="shell" id="request">
curl -sS ${issuer}/oauth/device_authorization ${"\\"}
  -d client_id=${sample.client_id} -d scope=${sample.in_shell(sample.scope)}
</%code:block>
</li>
<li>
<p>Show <code>user_code</code> and <code>verification_uri</code>, and <code>verification_uri_complete</code> as a QR code if you can. Keep <code>device_code</code> to yourself: anyone who has it gets the tokens.</p>
</li>
<li>
<p>Poll every ${interval} seconds, until you get tokens or an error that says to stop, or until ${lifetime} have passed:</p>
<%code:block language="shell" id="poll">
curl -sS ${issuer}/oauth/token ${"\\"}
  -d client_id=${sample.client_id} -d device_code="$DEVICE_CODE" ${"\\"}
  -d grant_type=urn:ietf:params:oauth:grant-type:device_code
</%code:block>
</li>
</ol>
<p>The tokens are like those for a code: store them, <a href="/developer/docs/refresh">refresh</a> them, and <a href="/developer/docs/revocation">revoke</a> them when the user signs out of the device. A device code works once; if it is used again, its tokens are revoked.</p>
${guide.heading("While you poll")}
<dl class="facts">
<dt><code>authorization_pending</code></dt>
<dd>The user hasn’t answered yet. Keep polling.</dd>
<dt><code>slow_down</code></dt>
<dd>You polled too early. Continue, and add 5 seconds to the interval.</dd>
<dt><code>access_denied</code></dt>
<dd>The user pressed Deny. Stop, and offer to start again.</dd>
<dt><code>expired_token</code></dt>
<dd>The code expired. Start again with a new one.</dd>
<dt><code>invalid_grant</code></dt>
<dd>The code is another app’s, was used before, or its user has since disconnected the app or changed their password. Start again.</dd>
</dl>
${guide.heading("What users see")}
<p>They see which app asks, from which address and when, and a warning to continue only if they started this themselves. They are asked each time: allowing a device doesn’t allow later requests, from that device or in a browser.</p>
<p>Anyone can request a code for a public app and ask your users to enter it. Never send codes or links in messages, tell users where to find the code on the device, and leave the grant type off unless one of your devices needs it.</p>
