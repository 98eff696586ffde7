## Our client on the command line; `q` is a routes.developer.quickstart.Quickstart.
<%def name="code(q)">\
set -eu
ISSUER=${q.literal("shell", q.issuer)}
API=${q.literal("shell", q.api)}
% if q.secret is not None:
export ${q.variables}_CLIENT_SECRET="$CLIENT_SECRET"
% endif

# 1. Opens the browser, waits for its answer, and keeps the tokens where only you can read them.
oauthsrv auth login ${q.service} --issuer "$ISSUER" --client-id ${q.literal("shell", q.client_id)} ${"\\"}
  --scope ${q.literal("shell", q.scope)}

# 2. Who is my user? The server names the user of a token. That ID never changes.
oauthsrv auth token ${q.service} --header | curl -sS -o /dev/null -D - -H @- "$ISSUER/oauth/verify" |
  sed -n 's/^[Xx]-[Oo][Aa]uth-[Ss]ubject: */The user is /p'

# 3. Call an API. This address accepts any valid token. Replace it with your API.
#    The token is renewed automatically before it expires.
oauthsrv auth token ${q.service} --header |
  curl -sS -o /dev/null -w 'The API answered %{http_code}.\n' -H @- "$API"
</%def>

<%def name="then(q)">
<p>Your browser opens. Sign in and allow the app; the program then continues. <code>oauthsrv auth logout ${q.service}</code> revokes the tokens.</p>
</%def>
