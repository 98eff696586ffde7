## A web app with Express and openid-client; `q` is a routes.developer.quickstart.Quickstart.
<%def name="code(q)">\
import { randomBytes } from 'node:crypto'
import express from 'express'
import session from 'express-session'
import * as oauth from 'openid-client'

const issuer = ${q.literal("javascript", q.issuer)}
const clientId = ${q.literal("javascript", q.client_id)}
const redirectUri = ${q.literal("javascript", q.redirect_uri)}
const scope = ${q.literal("javascript", q.scope)}
const api = ${q.literal("javascript", q.api)} // Accepts any valid token. Replace it with your API.

% if q.secret is not None:
const authentication = oauth.ClientSecretBasic(process.env.CLIENT_SECRET)
% else:
const authentication = oauth.None()
% endif
// Plain http is for a server on this machine only.
const execute = issuer.startsWith('http:') ? [oauth.allowInsecureRequests] : []
const server = await oauth.discovery(new URL(issuer), clientId, {}, authentication, { algorithm: 'oauth2', execute })

const app = express()
app.set('trust proxy', 'loopback')
app.use(
  session({
    name: 'web_app',
    secret: process.env.SESSION_KEY ?? randomBytes(32).toString('hex'), // Without one, a restart signs everyone out.
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax', secure: 'auto' },
  }), // Sessions are kept in memory: add a store before you go live.
)

function keep(session, tokens) {
  session.accessToken = tokens.access_token
  session.refreshToken = tokens.refresh_token // A new one each time.
  session.expiresAt = Date.now() + tokens.expires_in * 1000
}

async function call(session, address) {
  if (Date.now() > session.expiresAt - 60_000) keep(session, await oauth.refreshTokenGrant(server, session.refreshToken))
  return fetch(address, { headers: { Authorization: 'Bearer ' + session.accessToken } })
}

app.get('/', async (request, response) => {
  if (!request.session.user) return response.send('<h1>Web app</h1><a href="/sign-in">Sign in</a>')
  const answer = await call(request.session, api)
  if (answer.status === 401) {
    // Your user, or an administrator, revoked the app's access.
    delete request.session.user
    return response.redirect(303, '/')
  }
  response.send(
    '<h1>Web app</h1><p>Your user is <b id="user">' + request.session.user + '</b>. ' +
    'The API answered ' + answer.status + '.</p>' +
    '&lt;form method="post" action="/sign-out"><button>Sign out</button></form>',
  )
})

app.get('/sign-in', async (request, response) => {
  const verifier = oauth.randomPKCECodeVerifier()
  const state = oauth.randomState()
  request.session.started = { verifier, state }
  const address = oauth.buildAuthorizationUrl(server, {
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  response.redirect(303, address.href)
})

app.get(${q.literal("javascript", q.path)}, async (request, response) => {
  const { verifier, state } = request.session.started ?? {}
  if (!state) return response.redirect(303, '/')
  // Checks state and issuer; sends code and verifier.
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await oauth.authorizationCodeGrant(server, new URL(request.originalUrl, redirectUri), checks)
  await new Promise((done) => request.session.regenerate(done))
  keep(request.session, tokens)
  // Who is my user? The server says whose token it is. That ID never changes.
% if q.secret is not None:
  request.session.user = (await oauth.tokenIntrospection(server, tokens.access_token)).sub
% else:
  request.session.user = (await call(request.session, issuer + '/oauth/verify')).headers.get('x-oauth-subject')
% endif
  response.redirect(303, '/')
})

app.post('/sign-out', async (request, response) => {
  if (request.session.refreshToken) await oauth.tokenRevocation(server, request.session.refreshToken)
  request.session.destroy(() => response.redirect(303, '/'))
})

// The user said no, or revoked the app's access.
app.use((error, request, response, next) => {
  request.session.destroy(() => {
    response.status(400).type('text').send('Not signed in: ' + (error.error_description ?? error.error ?? error.message))
  })
})

app.listen(${q.port}, ${q.literal("javascript", q.host)})
</%def>

<%def name="then(q)">
<p>Open <code class="wrap">${q.origin}</code>. To keep sessions over a restart, set <code>SESSION_KEY</code> to a long random value and add a session store.</p>
</%def>
