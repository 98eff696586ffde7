## Pushed authorization requests (RFC 9126).
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>An app can send its authorization request from its own server first, and then send the user with a reference to it. The user’s browser can’t read or change the request, your server gets the errors instead of the user, and the address stays short. This is optional. An app with a metadata document can push once a user has connected it.</p>
<h2>Push the request</h2>
<p>Send the parameters of the authorization request as a form, and <a href="/developer/docs/authentication">authenticate</a> as at the token endpoint. The form always contains <code>client_id</code>; a public app sends nothing else to authenticate.</p>
<%code:block language="shell" id="push">
curl -s -u "$CLIENT_ID:$CLIENT_SECRET" ${issuer}/oauth/par ${"\\"}
  -d response_type=code -d client_id="$CLIENT_ID" -d redirect_uri=https://app.example.com/callback ${"\\"}
  -d scope=read:data -d state="$STATE" -d code_challenge="$CHALLENGE" -d code_challenge_method=S256
</%code:block>
<p>The response is a 201 with <code>request_uri</code> and <code>expires_in</code> (60 seconds). An error is JSON with the same codes as elsewhere, and appears on the app’s Activity page.</p>
<h2>Send the user</h2>
<%code:block language="text" id="send">
${issuer}/oauth/authorize?client_id=cli_…&amp;request_uri=urn:ietf:params:oauth:request_uri:…
</%code:block>
<p>Everything else in this address is ignored. The first browser that opens it gets the request and has an hour to sign in and decide; reloading works only there. Once the request is answered, its <code>request_uri</code> no longer works. If a <code>request_uri</code> is expired, used or another app’s, the user sees a page that says to start again in the app. So push a request for each sign-in.</p>
