## PKCE: why, how, and what it looks like when it is wrong.
<%inherit file="/layout/docs.mako"/>
<%page args="place"/>
<%namespace name="code" file="/parts/code.mako"/>
<%namespace name="show" file="/parts/show.mako"/>
<p>A code travels through the user’s browser, where another program may see it. With PKCE (RFC 7636) only the app that started the request can exchange it. Every app needs it here, and nearly every library supports it: look for <code>S256</code>, <code>PKCE</code> or <code>code_challenge_method</code> in its settings.</p>
<h2>How it works</h2>
<ol>
<li>For each authorization request make a new <strong>verifier</strong>: 43 to 128 letters, digits, <code>-</code>, <code>.</code>, <code>_</code> and <code>~</code>. Store it with the <code>state</code> of that request.</li>
<li>Send its <strong>challenge</strong>, the base64url of its SHA-256 without <code>=</code> at the end, as <code>code_challenge</code>, with <code>code_challenge_method=S256</code>. The method <code>plain</code> is refused.</li>
<li>Send the verifier with the code, as <code>code_verifier</code>.</li>
</ol>
<h2>By hand</h2>
<h3>Shell</h3>
<%code:block language="shell" id="shell">
VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')
echo "$VERIFIER" "$CHALLENGE"
</%code:block>
<h3>Python</h3>
<%code:block language="python" id="python">
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe

verifier = token_urlsafe(32)
challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
print(verifier, challenge)
</%code:block>
<h3>Node</h3>
<%code:block language="javascript" id="node">
import { createHash, randomBytes } from 'node:crypto'

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')
console.log(verifier, challenge)
</%code:block>
<h2>When it doesn’t work</h2>
<dl class="facts">
<dt><code>invalid_request</code></dt>
<dd>The challenge is missing, its method isn’t <code>S256</code>, or it doesn’t have the 43 characters of an encoded SHA-256. A common mistake is to encode the hex digits of the hash.</dd>
<dt><code>invalid_grant</code></dt>
<dd>The verifier is missing or belongs to another request: two tabs share one storage key, or the callback makes a new one. The code is not spent: send it again with the right verifier.</dd>
</dl>
<h2>An app that can’t do PKCE</h2>
<p>The owner of a confidential app can turn PKCE off in its settings. Then only the client secret protects its codes. Public apps always need PKCE.</p>
