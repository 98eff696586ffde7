## A first token with Authlib.
<%def name="code(q)">\
% if q.secret is not None:
import os

% endif
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

client = OAuth2Session(
    ${q.in_code(q.client_id)},
% if q.secret is None:
    token_endpoint_auth_method="none",
% else:
    os.environ["CLIENT_SECRET"],
% endif
    redirect_uri=${q.in_code(q.redirect_uri)},
    scope=${q.in_code(q.scope)},
    code_challenge_method="S256",
    token_endpoint=${q.in_code(q.issuer + "/oauth/token")},
)

# 1. Send the user here. The verifier stays with you: without it nobody can use the code (PKCE).
verifier = generate_token(48)
address, state = client.create_authorization_url(${q.in_code(q.issuer + "/oauth/authorize")}, code_verifier=verifier)
print("Open this address in a browser, and allow:", address, sep="\n", flush=True)

# 2. The user comes back to the redirect URI, with a code. Exchange it: once, within minutes.
back = input("Paste the address that the browser ended on:\n")
client.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
print("Granted:", client.token["scope"])

# 3. Call an API. This address answers to any good token; put your API in its place.
answer = client.get(${q.in_code(q.issuer + "/oauth/verify")})
print(f"The API answered {answer.status_code}.")

# 4. Later, get the next pair of tokens. Store both: the old refresh token is used up.
token = client.refresh_token()
print("Renewed for", token["expires_in"], "seconds.")
</%def>
