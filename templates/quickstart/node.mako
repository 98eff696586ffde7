## A first token with Node alone.
<%def name="code(q)">\
import { createHash, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'

const issuer = ${q.in_code(q.issuer)}
const clientId = ${q.in_code(q.client_id)}
const redirectUri = ${q.in_code(q.redirect_uri)}

async function token(parameters) {
  const answer = await fetch(issuer + '/oauth/token', {
    method: 'POST',
% if q.secret is None:
    body: new URLSearchParams({ client_id: clientId, ...parameters }),
% else:
    body: new URLSearchParams({ client_id: clientId, client_secret: process.env.CLIENT_SECRET, ...parameters }),
% endif
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(body.error + ': ' + body.error_description)
  return body
}

// 1. Send the user here. The verifier stays with you: without it nobody can use the code (PKCE).
const verifier = randomBytes(32).toString('base64url')
const state = randomBytes(16).toString('base64url')
const address = new URL(issuer + '/oauth/authorize')
address.search = new URLSearchParams({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: ${q.in_code(q.scope)},
  state,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})
console.log('Open this address in a browser, and allow:\n' + address)

// 2. The user comes back to the redirect URI, with a code.
const lines = createInterface({ input: process.stdin, output: process.stdout })
const back = new URL(await lines.question('Paste the address that the browser ended on:\n')).searchParams
lines.close()
if (back.get('state') !== state || back.get('iss') !== issuer) throw new Error('This is not the response to this request.')
if (!back.has('code')) throw new Error(back.get('error') + ': ' + back.get('error_description'))

// 3. Exchange the code for tokens: once, within minutes.
let tokens = await token({
  grant_type: 'authorization_code',
  code: back.get('code'),
  code_verifier: verifier,
  redirect_uri: redirectUri,
})
console.log('Granted: ' + tokens.scope)

// 4. Call an API. This address answers to any good token; put your API in its place.
const answer = await fetch(issuer + '/oauth/verify', { headers: { Authorization: 'Bearer ' + tokens.access_token } })
console.log('The API answered ' + answer.status + '.')

// 5. Later, get the next pair of tokens. Store both: the old refresh token is used up.
tokens = await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
console.log('Renewed for ' + tokens.expires_in + ' seconds.')
</%def>
