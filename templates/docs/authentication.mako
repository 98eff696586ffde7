## How an app authenticates: secrets, and assertions that it signs (RFC 6749 §2.3, RFC 7523).
<%inherit file="/layout/docs.mako"/>
<%page args="place, issuer, sample"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>A confidential app authenticates wherever it sends a request from its server: token, revocation, introspection, pushed request, device authorization. Its Credentials page lists the ways it can use. Any other is refused with <code>invalid_client</code>, and two at once with <code>invalid_request</code>. A public app sends only its <code>client_id</code>.</p>
${guide.heading("A client secret")}
<p>Send it by HTTP Basic (<code>client_secret_basic</code>): the base64 of <code>client_id:client_secret</code>, both form-encoded first. Or send both in the form (<code>client_secret_post</code>).</p>
${guide.heading("A key of its own")}
<p>With <code>private_key_jwt</code>, your app signs a short JWT for each request. The private key never leaves your server, and nothing sent can be replayed.</p>
<p>Make a key pair, and enter the public key under Credentials, Change how it authenticates: paste it, or give the https address of a JWK Set. An address is read again at least hourly, and when an assertion names an unknown key, at most once a minute. So publish a new key before you sign with it. An administrator can register an app that has a key and no secret: <code>oauthsrv apps add … --jwks keys.json</code>, or <code>--jwks-uri https://…</code>.</p>
<%code:block language="shell" id="send">
curl -s ${issuer}/oauth/token -d grant_type=refresh_token -d refresh_token="$REFRESH_TOKEN" ${"\\"}
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer ${"\\"}
  -d client_assertion="$ASSERTION"
</%code:block>
<p>The header of the JWT names <code>alg</code> (ES256, RS256, PS256 or EdDSA) and, if your app has several keys, <code>kid</code>. Its claims:</p>
<dl class="facts">
<dt><code>iss</code>, <code>sub</code></dt><dd>Both <code>${sample.client_id}</code>.</dd>
<dt><code>aud</code></dt><dd><code>${issuer}</code>, and nothing else. If your library can only send the token endpoint, allow that where you entered the key.</dd>
<dt><code>iat</code>, <code>exp</code></dt><dd>Now, and at most five minutes later; a minute is enough.</dd>
<dt><code>jti</code></dt><dd>A new random text. Each assertion works once: sign a new one when you resend a request.</dd>
</dl>
<p>The response names a wrong claim. A wrong key or signature appears only on the app’s Activity and Doctor pages.</p>
${guide.heading("Libraries")}
<p>requests-oauth2client needs only the audience:</p>
<%code:block language="python" id="requests-oauth2client">
auth = PrivateKeyJwt(${sample.in_code(sample.client_id)}, private_jwk, alg="ES256", aud="${issuer}")
client = OAuth2Client.from_discovery_endpoint("${issuer}/.well-known/oauth-authorization-server", auth=auth)
</%code:block>
<p>Authlib’s assertions name the token endpoint and live for an hour. Give it claims for each request:</p>
<%code:block language="python" id="authlib">
class ForOneRequest(PrivateKeyJWT):
    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, "${issuer}")

session.register_client_auth_method(ForOneRequest(alg="ES256"))
</%code:block>
${guide.heading("Refresh as you exchanged")}
<p>If the app authenticated when it exchanged the code, it must authenticate at each refresh too, even if it isn’t required to. An app that becomes public loses all its tokens.</p>
