## Pushed authorization requests (RFC 9126).
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>An app can send its authorization request from its server first, and then send the user with a reference to it. The browser can’t read or change the request, your server gets the errors instead of the user, and the address stays short. This is optional. An app with a <a href="/developer/docs/mcp">metadata document</a> can push once a user has connected it.</p>
${guide.heading("Push the request")}
<p>Send the parameters of the authorization request as a form, and <a href="/developer/docs/authentication">authenticate</a> as at the token endpoint. The form always contains <code>client_id</code>; a public app needs nothing else.</p>
<%code:block language="shell" id="push">
curl -s ${issuer}/oauth/par ${sample.credentials} ${"\\"}
  -d response_type=code -d client_id=${sample.client_id} -d scope=${sample.in_shell(sample.scope)} ${"\\"}
  --data-urlencode redirect_uri=${sample.in_shell(sample.redirect_uri)} ${"\\"}
  -d state="$STATE" -d code_challenge="$CHALLENGE" -d code_challenge_method=S256
</%code:block>
<p>The response is a 201 with <code>request_uri</code> and <code>expires_in</code> (60 seconds). An error is JSON with the same codes as elsewhere, and appears on the app’s Activity page.</p>
${guide.heading("Send the user")}
<%code:block language="text" id="send">
${issuer}/oauth/authorize?client_id=${sample.client_id}&amp;request_uri=urn:ietf:params:oauth:request_uri:…
</%code:block>
<p>Everything else in this address is ignored. The first browser that opens it gets the request and has an hour to sign in and decide; reloading works only there. Once the request is answered, its <code>request_uri</code> no longer works. If a <code>request_uri</code> is expired, used or another app’s, the user sees a page that says to start again in the app. So push a request for each sign-in.</p>
