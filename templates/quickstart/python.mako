## A first token with our own client.
<%def name="code(q)">\
% if q.secret is not None:
import os

% endif
from oauthsrv.client import Failure, OAuthProvider, create_client

server = OAuthProvider(
    ${q.in_code(q.service)},
    issuer=${q.in_code(q.issuer)},
    scopes=${q.in_code(q.scopes)},
    redirect_host=${q.in_code(q.listens.host)},
    redirect_path=${q.in_code(q.listens.path)},
)
client = create_client(providers=[server])

# 1. Opens the browser, waits on this machine for its answer, and keeps the tokens where only you can read them.
if isinstance(client.oauth.ensure_valid(${q.in_code(q.service)}), Failure):
% if q.secret is None:
    login = client.oauth.authenticate(${q.in_code(q.service)}, ${q.in_code(q.client_id)})
% else:
    login = client.oauth.authenticate(${q.in_code(q.service)}, ${q.in_code(q.client_id)}, os.environ["CLIENT_SECRET"])
% endif
    if isinstance(login, Failure):
        raise SystemExit(f"{login.code}: {login.error}")

# 2. Call an API. This address answers to any good token; put your API in its place.
#    The token is renewed automatically before it expires.
session = client.session(${q.in_code(q.service)})
answer = session.get(${q.in_code(q.issuer + "/oauth/verify")})
print(f"The API answered {answer.status_code}.")
</%def>
