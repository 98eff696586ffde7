## A first token with our own client.
<%def name="code(q)">\
% if q.secret is not None:
import os

% endif
from oauthsrv.client import Failure, OAuthProvider, create_client

server = OAuthProvider(
    ${q.literal("python", q.service)},
    issuer=${q.literal("python", q.issuer)},
    scopes=${q.literal("python", q.scopes)},
    redirect_host=${q.literal("python", q.listens.host)},
    redirect_path=${q.literal("python", q.listens.path)},
)
client = create_client(providers=[server])

# 1. Opens the browser, waits on this machine for its answer, and keeps the tokens where only you can read them.
if isinstance(client.oauth.ensure_valid(${q.literal("python", q.service)}), Failure):
% if q.secret is None:
    login = client.oauth.authenticate(${q.literal("python", q.service)}, ${q.literal("python", q.client_id)})
% else:
    login = client.oauth.authenticate(${q.literal("python", q.service)}, ${q.literal("python", q.client_id)}, os.environ["CLIENT_SECRET"])
% endif
    if isinstance(login, Failure):
        raise SystemExit(f"{login.code}: {login.error}")

# 2. Call an API. This address accepts any valid token. Replace it with your API.
#    The token is renewed automatically before it expires.
session = client.session(${q.literal("python", q.service)})
answer = session.get(${q.literal("python", q.api)})
print(f"The API answered {answer.status_code}.")

# 3. Who is my user? This address names the user of a token. That ID never changes.
user = session.get(${q.literal("python", q.issuer + "/oauth/verify")}).headers["X-OAuth-Subject"]
print(f"The user is {user}.")
</%def>

<%def name="then(q)">
<p>Your browser opens. Sign in and allow the app; the program then continues.</p>
</%def>
