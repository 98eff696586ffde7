## First tokens without a redirect URI; `q` is a routes.developer.quickstart.Quickstart, each part one of its STARTS.
<%def name="head(q)">\
set -eu
SERVER=${q.literal("shell", q.issuer)}
CLIENT_ID=${q.literal("shell", q.client_id)}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
% if q.secret is None:
post() { curl -sS "$@" -d client_id="$CLIENT_ID"; }
% else:
post() { curl -sS "$@" -u "$CLIENT_ID:$CLIENT_SECRET"; }
% endif
</%def>

<%def name="call(address)">\
ACCESS_TOKEN=$(echo "$TOKENS" | field access_token)
[ "$ACCESS_TOKEN" ] || exit 1
curl -sS -o /dev/null -w 'The API answered %{http_code}.\n' ${"\\"}
  -H "Authorization: Bearer $ACCESS_TOKEN" "$SERVER${address}"
</%def>

<%def name="own_token(q)">\
${head(q)}
# 1. Get a token. Use it until it expires, then request another.
TOKENS=$(post "$SERVER/oauth/token" -d grant_type=client_credentials)
echo "$TOKENS"

# 2. Call an API that accepts apps. This address does, because of apps=yes. Replace it with your API.
${call("/oauth/verify?apps=yes")}\
</%def>

<%def name="device(q)">\
${head(q)}
# 1. Request a code.
STARTED=$(post "$SERVER/oauth/device_authorization" --data-urlencode scope=${q.literal("shell", q.scope)})
DEVICE_CODE=$(echo "$STARTED" | field device_code)
[ "$DEVICE_CODE" ] || { echo "$STARTED"; exit 1; }
INTERVAL=$(echo "$STARTED" | sed -n 's/.*"interval":\([0-9]*\).*/\1/p')

# 2. Show it to the user.
echo "Open this address in a browser and allow access:"
echo "$STARTED" | field verification_uri_complete

# 3. Ask again until the user has answered.
ERROR=authorization_pending
while [ "$ERROR" = authorization_pending ]; do
  sleep "$INTERVAL"
  TOKENS=$(post "$SERVER/oauth/token" -d device_code="$DEVICE_CODE" ${"\\"}
    -d grant_type=urn:ietf:params:oauth:grant-type:device_code)
  ERROR=$(echo "$TOKENS" | field error)
done
echo "$TOKENS"

# 4. Call an API. This address accepts any valid token. Replace it with your API.
${call("/oauth/verify")}\
</%def>
