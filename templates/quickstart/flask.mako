## A web app with Flask and Authlib; `q` is a routes.developer.quickstart.Quickstart.
<%def name="code(q)">\
import os
import secrets

import requests
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, abort, redirect, request, session
from markupsafe import escape

ISSUER = ${q.literal("python", q.issuer)}
CLIENT_ID = ${q.literal("python", q.client_id)}
% if q.secret is not None:
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
% endif
REDIRECT_URI = ${q.literal("python", q.redirect_uri)}
SCOPE = ${q.literal("python", q.scope)}
API = ${q.literal("python", q.api)}  # Accepts any valid token. Replace it with your API.

app = Flask(__name__)
app.secret_key = os.environ.get("SESSION_KEY") or secrets.token_hex()  # Without one, a restart signs everyone out.
app.config.update(SESSION_COOKIE_NAME="web_app", SESSION_COOKIE_SAMESITE="Lax")
tokens = {}  # By user. Use your database; never the session, which the browser can read.


def keep(name, token, refresh_token=None, access_token=None):
    tokens[session["user"]] = token  # The refresh token is a new one each time.


oauth = OAuth(app, fetch_token=lambda name: tokens.get(session.get("user")), update_token=keep)
server = oauth.register(
    "server",
    client_id=CLIENT_ID,
% if q.secret is not None:
    client_secret=CLIENT_SECRET,
    client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
% else:
    client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "token_endpoint_auth_method": "none"},
% endif
    server_metadata_url=ISSUER + "/.well-known/oauth-authorization-server",
)


@app.get("/")
def home():
    if session.get("user") not in tokens:
        return '<h1>Web app</h1><a href="/sign-in">Sign in</a>'
    answer = server.get(API)  # Renews the access token before it expires.
    if answer.status_code == 401:  # Your user, or an administrator, revoked the app's access.
        del tokens[session.pop("user")]
        return redirect("/")
    return f"""<h1>Web app</h1>
<p>Your user is <b id="user">{escape(session["user"])}</b>. The API answered {answer.status_code}.</p>
&lt;form method="post" action="/sign-out"><button>Sign out</button></form>"""


@app.get("/sign-in")
def sign_in():
    return server.authorize_redirect(REDIRECT_URI)  # Keeps state and PKCE's verifier in the session.


@app.get(${q.literal("python", q.path)})
def callback():
    if request.args.get("iss") != ISSUER:
        abort(400)
    token = server.authorize_access_token()  # Checks state; sends code and verifier.
    # Who is my user? The server says whose token it is. That ID never changes.
% if q.secret is not None:
    form = {"token": token["access_token"]}
    user = requests.post(ISSUER + "/oauth/introspect", form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10).json()["sub"]
% else:
    header = {"Authorization": "Bearer " + token["access_token"]}
    user = requests.get(ISSUER + "/oauth/verify", headers=header, timeout=10).headers["X-OAuth-Subject"]
% endif
    session.clear()
    session["user"] = user
    tokens[user] = token
    return redirect("/")


@app.post("/sign-out")
def sign_out():
    if token := tokens.pop(session.get("user"), None):
        form = {"token": token["refresh_token"], "client_id": CLIENT_ID}
% if q.secret is not None:
        requests.post(ISSUER + "/oauth/revoke", form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10)
% else:
        requests.post(ISSUER + "/oauth/revoke", form, timeout=10)
% endif
    session.clear()
    return redirect("/")


@app.errorhandler(OAuthError)
def refused(error):  # The user said no, or revoked the app's access.
    session.clear()
    return f'<h1>Not signed in</h1><p>{escape(error)}</p><a href="/">Start again</a>', 400


if __name__ == "__main__":
    app.run(${q.literal("python", q.host)}, ${q.port})
</%def>

<%def name="then(q)">
<p>Open <code class="wrap">${q.origin}</code>. To keep sessions over a restart, set <code>SESSION_KEY</code> to a long random value.</p>
</%def>
