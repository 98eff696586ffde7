## A first token with curl; `q` is a routes.developer.quickstart.Quickstart. A dollar before a brace would be Mako's.
<%def name="code(q)">\
set -eu
SERVER=${q.literal("shell", q.issuer)}
CLIENT_ID=${q.literal("shell", q.client_id)}
REDIRECT_URI=${q.literal("shell", q.redirect_uri)}

# 1. Send the user here. The verifier stays with you: without it nobody can use the code (PKCE).
VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')
STATE=$(openssl rand -hex 16)
ADDRESS="$SERVER/oauth/authorize?response_type=code&amp;client_id=$CLIENT_ID&amp;state=$STATE"
ADDRESS="$ADDRESS&amp;code_challenge=$CHALLENGE&amp;code_challenge_method=S256"
ADDRESS="$ADDRESS&amp;redirect_uri=${q.literal("address", q.redirect_uri)}"
ADDRESS="$ADDRESS&amp;scope=${q.literal("address", q.scope)}"
echo "Open this address in a browser and allow access:"
echo "$ADDRESS"

# 2. The user comes back to the redirect URI, with a code.
echo "Paste the address that the browser ended on:"
read -r BACK
case $BACK in *"state=$STATE"*) ;; *) echo "This is not the response to this request." &gt;&amp;2; exit 1 ;; esac
CODE=$(echo "$BACK" | sed -n 's/.*[?&amp;]code=\([^&amp;#]*\).*/\1/p')

# 3. Exchange the code for tokens: once, within minutes.
% if q.secret is None:
token() { curl -sS "$SERVER/oauth/token" -d client_id="$CLIENT_ID" "$@"; }
% else:
token() { curl -sS "$SERVER/oauth/token" -u "$CLIENT_ID:$CLIENT_SECRET" "$@"; }
% endif
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
TOKENS=$(token -d grant_type=authorization_code -d code="$CODE" ${"\\"}
  -d code_verifier="$VERIFIER" --data-urlencode redirect_uri="$REDIRECT_URI")
echo "$TOKENS"

ACCESS_TOKEN=$(echo "$TOKENS" | field access_token)
[ "$ACCESS_TOKEN" ] || exit 1

# 4. Call an API. This address accepts any valid token. Replace it with your API.
#    Who is my user? This address names the user of a token. That ID never changes.
curl -sS -o /dev/null -D - -H "Authorization: Bearer $ACCESS_TOKEN" "$SERVER/oauth/verify" |
  sed -n 's/^HTTP[^ ]* \([0-9]*\).*/The API answered \1./p; s/^[Xx]-[Oo][Aa]uth-[Ss]ubject: */The user is /p'

# 5. Later, get the next pair of tokens. Store both: the old refresh token is used up.
TOKENS=$(token -d grant_type=refresh_token -d refresh_token="$(echo "$TOKENS" | field refresh_token)")
echo "$TOKENS"
</%def>

<%def name="then(q)">
% if q.on_this_machine:
<p>Open the address it prints, sign in, and allow the app. The browser then shows a page that doesn’t load, because nothing listens there yet. Paste its address: it contains the code.</p>
% else:
<p>Open the address it prints, sign in, and allow the app. Paste the address the browser returns to: it contains the code.</p>
% endif
</%def>
