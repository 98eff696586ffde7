"""The works: each is one request, sent again and again. A work is a row."""

import base64
from typing import NamedTuple

from oauthsrv.bench.load import Plan
from oauthsrv.bench.measured_app import API_ID, API_SECRET, CLIENT_ID, SECRET

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # with its challenge: RFC 7636, appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REDIRECT_URI = "https://app.bench.example/callback"
SCOPE = "read:data"


def basic(client_id: str) -> str:
    secret = {CLIENT_ID: SECRET, API_ID: API_SECRET}[client_id]
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


class Work(NamedTuple):
    """`kind` is what it takes: access, refresh, code, session, or nothing."""

    name: str
    title: str
    kind: str
    use: str
    request: str
    credentials: str
    body: str
    holds: str

    def head(self, cookie: str) -> str:
        lines = [f"{self.request} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", self.credentials]
        if self.body:
            lines.append("Content-Type: application/x-www-form-urlencoded")
        return "".join(f"{line}\r\n" for line in lines).replace("@COOKIE@", cookie)

    def plan(self, *, tokens: list[str], cookie: str, most: int | None, **load: object) -> Plan:
        return Plan(
            head=self.head(cookie),
            body=self.body,
            tokens=tokens or [""],
            use=self.use,
            status=200,
            holds=self.holds,
            most=most,
            **load,  # type: ignore[arg-type]
        )


APP, API = f"Authorization: {basic(CLIENT_ID)}", f"Authorization: {basic(API_ID)}"
INTROSPECT, TOKEN = "POST /oauth/introspect", "POST /oauth/token"
CHECKED = "token=@T@&token_type_hint=access_token"
REDEEMED = f"grant_type=authorization_code&code=@T@&code_verifier={VERIFIER}&redirect_uri={REDIRECT_URI}"

WORKS = (
    Work("introspect", "introspection by the app", "access", "again", INTROSPECT, APP, CHECKED, '"active":true'),
    Work("introspect_api", "introspection by an API", "access", "again", INTROSPECT, API, CHECKED, '"active":true'),
    Work("verify", "verify, as nginx asks it", "access", "again", f"GET /oauth/verify?scope={SCOPE}",
         "Authorization: Bearer @T@", "", ""),
    Work("client_credentials", "client credentials", "", "again", TOKEN, APP,
         f"grant_type=client_credentials&scope={SCOPE}", '"access_token"'),
    Work("refresh", "refresh", "refresh", "rotate", TOKEN, APP, "grant_type=refresh_token&refresh_token=@T@",
         '"refresh_token"'),
    Work("exchange", "exchange of a code", "code", "once", TOKEN, APP, REDEEMED, '"refresh_token"'),
    Work("page", "a page, signed in", "", "again", "GET /account/apps", "Cookie: @COOKIE@", "", "</html>"),
)  # fmt: skip
