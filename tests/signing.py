"""A client's key, and assertions that it signs with it, good ones and others (RFC 7523)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from webtest import TestResponse

import make
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.authentication import Authentication, set_authentication
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.revocations import finish_of_client
from oauthsrv.oauth.client_assertions import TYPE
from oauthsrv.server import Server
from oauthsrv.store import assertions
from oauthsrv.store.database import sql, transaction

KINDS: dict[str, Callable[[], Key]] = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519"),
    "ES384": lambda: ECKey.generate_key("P-384"),
    "HS256": lambda: OctKey.generate_key(256),
}


class Registry(jws.JWSRegistry):
    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


ANY = Registry(strict_check_header=False)


class Signer:
    """A key of one kind, and assertions that are signed with it."""

    def __init__(self, issuer: str, algorithm: str = "ES256", kid: str = "first") -> None:
        self.issuer, self.algorithm, self.kid = issuer, algorithm, kid
        self.key: Any = KINDS[algorithm]()

    @property
    def jwk(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid}

    def claims(self, client_id: str, **changes: Any) -> dict[str, Any]:
        """Good ones; a change to None leaves one out."""
        now = int(time.time())
        whose = {"iss": client_id, "sub": client_id, "aud": self.issuer}
        return without_none(whose | {"jti": secrets.token_urlsafe(16), "iat": now, "exp": now + 60} | changes)

    def assertion(self, client_id: str, header: dict[str, Any] | None = None, **changes: Any) -> str:
        return self.signed(self.claims(client_id, **changes), **(header or {}))

    def signed(self, claims: Any, **header: Any) -> str:
        """`claims` may be text, for what is no JSON."""
        text = claims if isinstance(claims, str) else json.dumps(claims)
        whole = without_none({"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | header)
        return jws.serialize_compact(whole, text, self.key, registry=ANY)


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def signer_of(server: Server, app: make.App, algorithm: str = "ES256", **how: Any) -> Signer:
    """The app authenticates with a new key from now on."""
    signer = Signer(server.settings.issuer, algorithm)
    authenticate_by(server, app, jwks={"keys": [signer.jwk]}, **how)
    return signer


def authenticate_by(server: Server, app: make.App, *methods: str, **how: Any) -> None:
    """Its set of methods from now on; private_key_jwt alone if none is named."""
    with transaction(server.database) as db:
        client = sql.clients.lock(db, client_id=app.client_id)
        new = Authentication(methods or ("private_key_jwt",), **how)
        revocation_id = set_authentication(db, client, new, Actor())
    assert client_changed(server, app.client_id)
    if revocation_id is not None:
        finish_of_client(server, revocation_id)


def post(browser: Browser, path: str, assertion: str, **form: str) -> TestResponse:
    return browser.post(path, {"client_assertion_type": TYPE, "client_assertion": assertion, **form})


def is_accepted(browser: Browser, assertion: str, **form: str) -> bool:
    """Whether the client was believed: the token endpoint then looks at the code, which is none."""
    answer = post(browser, "/oauth/token", assertion, grant_type="authorization_code", code="x", **form)
    if answer.json["error"] == "invalid_grant":
        return True
    expected = ((401, "invalid_client"), (503, "temporarily_unavailable"))
    assert (answer.status_int, answer.json["error"]) in expected, answer
    return False


def let_redis_remember_for_longer(server: Server) -> None:
    """As if it had begun to remember what was used a minute ago."""
    redis = server.redis
    began = float(redis.connection().hget(assertions.began_key(redis), redis.run_id) or 0)
    redis.connection().hset(assertions.began_key(redis), redis.run_id, str(began - 60))


def problems(server: Server, app: make.App) -> list[str]:
    """That the app's activity page shows, in order of their names."""
    server.refusals.flush()
    found = rows.rows(server, "SELECT problem FROM refusal WHERE client_id = %(id)s ORDER BY problem", id=app.client_id)
    return [row.problem for row in found]
