## A single-page app in one file, with fetch and Web Crypto; `q` is a routes.developer.quickstart.Quickstart.
<%def name="code(q)">\
&lt;!DOCTYPE html>
&lt;html lang="en">
&lt;meta charset="utf-8">
&lt;meta name="referrer" content="no-referrer">
&lt;link rel="icon" href="data:,">
&lt;title>Single-page app&lt;/title>
&lt;h1>Single-page app&lt;/h1>
&lt;p>&lt;button id="sign-in">Sign in&lt;/button> &lt;button id="call">Call the API&lt;/button> &lt;button id="sign-out">Sign out&lt;/button>&lt;/p>
&lt;pre id="answer">&lt;/pre>
&lt;script type="module">
const issuer = ${q.literal("javascript", q.issuer)}
const clientId = ${q.literal("javascript", q.client_id)}
const redirectUri = ${q.literal("javascript", q.redirect_uri)}
const scope = ${q.literal("javascript", q.scope)}
const api = ${q.literal("javascript", q.api)} // Replace it with your API.

let tokens // In memory: any other script on the page could read what the browser stores.

const show = (text) => (document.getElementById('answer').textContent = text)
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

async function post(path, parameters) {
  const body = new URLSearchParams({ client_id: clientId, ...parameters })
  const answer = await fetch(issuer + path, { method: 'POST', body })
  const said = answer.headers.get('content-type')?.includes('json') ? await answer.json() : {}
  if (!answer.ok) throw new Error(said.error + ': ' + said.error_description)
  return said
}

async function keep(answer) {
  const said = await answer
  tokens = { ...said, expires: Date.now() + said.expires_in * 1000 } // The refresh token is a new one each time.
}

async function signIn() {
  const verifier = random()
  const state = random()
  sessionStorage.setItem('started', JSON.stringify({ verifier, state }))
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const address = new URL(issuer + '/oauth/authorize')
  address.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: base64url(challenge),
    code_challenge_method: 'S256',
  })
  location.assign(address)
}

async function comeBack() {
  const said = new URLSearchParams(location.search)
  const started = JSON.parse(sessionStorage.getItem('started') ?? '{}')
  sessionStorage.removeItem('started')
  if (!said.has('state')) return show('Signed out.')
  history.replaceState(null, '', location.pathname)
  if (said.get('state') !== started.state || said.get('iss') !== issuer) return show('This response doesn\'t match our request.')
  if (said.has('error')) return show(said.get('error') + ': ' + said.get('error_description'))
  const { verifier } = started
  await keep(post('/oauth/token', {
    grant_type: 'authorization_code', code: said.get('code'), code_verifier: verifier, redirect_uri: redirectUri,
  }))
  await callApi()
}

// Who is my user? A script can't read that from a token. Your API can, and answers.
async function callApi() {
  if (!tokens) return show('Sign in first.')
  if (Date.now() > tokens.expires - 60_000) {
    await keep(post('/oauth/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }))
  }
  const answer = await fetch(api, { headers: { Authorization: 'Bearer ' + tokens.access_token } })
  show('The API answered ' + answer.status + '.\n' + (await answer.text()))
}

async function signOut() {
  if (tokens) await post('/oauth/revoke', { token: tokens.refresh_token })
  tokens = undefined
  show('Signed out.')
}

const shown = (act) => () => act().catch((error) => show(String(error)))
document.getElementById('sign-in').onclick = shown(signIn)
document.getElementById('call').onclick = shown(callApi)
document.getElementById('sign-out').onclick = shown(signOut)
shown(comeBack)()
&lt;/script>
</%def>

<%def name="then(q)">
<p>Open <code class="wrap">${q.redirect_uri}</code>.</p>
<p>Your API must let scripts of <code class="wrap">${q.origin}</code> read its answers: with <a href="/developer/docs/guard">the guard</a>, <code class="wrap">origins=["${q.origin}"]</code> and <code>preflight="answer"</code>; with <a href="/developer/docs/nginx">nginx</a>, <code class="wrap">oauthsrv nginx --origin ${q.origin}</code>, and an API that answers preflights itself. For a try, <code class="wrap">oauthsrv demo-api --origin ${q.origin}</code> runs an example API at <code class="wrap">http://127.0.0.1:9000</code>, for the scope <code>read:profile</code>.</p>
</%def>
