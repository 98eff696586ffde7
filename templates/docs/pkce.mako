## PKCE: why, how, and what it looks like when it is wrong.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="guide" file="/parts/guide.mako"/>
<%namespace name="code" file="/parts/code.mako"/>
<p>A code travels through the user’s browser, where another program may see it. With PKCE (RFC 7636) only the app that started the request can exchange it. Every app needs it, and nearly every library has it: look for <code>S256</code>, <code>PKCE</code> or <code>code_challenge_method</code> in its settings.</p>
${guide.heading("How it works")}
<ol>
<li>For each authorization request, make a new <strong>verifier</strong>: 43 to 128 letters, digits, <code>-</code>, <code>.</code>, <code>_</code> and <code>~</code>. Store it with the <code>state</code> of that request.</li>
<li>Send its <strong>challenge</strong> as <code>code_challenge</code>, with <code>code_challenge_method=S256</code>: the base64url of its SHA-256, without <code>=</code> at the end. The method <code>plain</code> is refused.</li>
<li>Send the verifier with the code, as <code>code_verifier</code>.</li>
</ol>
${guide.heading("By hand")}
<%code:block language="shell" id="shell">
VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')
echo "$VERIFIER" "$CHALLENGE"
</%code:block>
<%code:block language="python" id="python">
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe

verifier = token_urlsafe(32)
challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
print(verifier, challenge)
</%code:block>
<%code:block language="javascript" id="node">
import { createHash, randomBytes } from 'node:crypto'

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')
console.log(verifier, challenge)
</%code:block>
${guide.heading("When it doesn’t work")}
<dl class="facts">
<dt><code>invalid_request</code></dt>
<dd>The challenge is missing, its method isn’t <code>S256</code>, or it doesn’t have the 43 characters of an encoded SHA-256. A common mistake is to encode the hex digits of the hash.</dd>
<dt><code>invalid_grant</code></dt>
<dd>The verifier is missing or belongs to another request: two tabs share one storage key, or the callback makes a new one. The code is not used up: send it again with the right verifier.</dd>
</dl>
${guide.heading("An app that can’t do PKCE")}
<p>The owner of a confidential app can turn PKCE off in its settings. Then only the client secret protects its codes, and <code>redirect_uri</code> is required at the exchange. Public apps always need PKCE.</p>
