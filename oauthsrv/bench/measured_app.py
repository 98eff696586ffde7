"""The measured app: one app, one API and users who gave the app all it can request, with their tokens and codes."""

import hashlib
import itertools
import secrets
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from oauthsrv.flows.audit import Actor
from oauthsrv.flows.issuing import TokenRequest, exchange_code
from oauthsrv.oauth.credentials import digest, new_code
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AuthorizationCode
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.authorization import remember_code
from oauthsrv.store.database import reading, sql, transaction

CLIENT_ID, API_ID = "cli_" + "be7c" * 8, "cli_" + "be7d" * 8
SECRET, API_SECRET = "sec_" + "be7c" * 16, "sec_" + "be7d" * 16
RESOURCE = "https://api.bench.example"
# Not in a file: an earlier run must not decide whether this one can open what it sealed.
KEY = hashlib.sha256(b"oauthsrv.bench").hexdigest()

PEOPLE = 500  # enough that nobody gets more connections than one grant may have
CODE_LIFETIME = 3600  # seconds
NO_LIMIT = 100_000_000  # requests: or the limit would be measured


class MeasuredApp(NamedTuple):
    """A server on databases that hold the example, and what its app registered."""

    server: Server
    scope: str
    redirect_uri: str

    def make(self) -> None:
        with transaction(self.server.database) as db:
            for number in range(PEOPLE):
                sql.users.add(
                    db,
                    user_id=user(number),
                    subject=user(number),
                    email=f"person{number}@bench.example",
                    name=f"Person {number}",
                    password_hash=None,
                    is_admin=False,
                )
            self._add_client(db)
            sql.apis.add(
                db,
                client_id=API_ID,
                name="Benchmark API",
                resource=RESOURCE,
                scopes=[self.scope],
                demands_audience=False,
            )
            sql.clients.add_secret(db, client_id=API_ID, secret_hash=digest(API_SECRET), hint=API_SECRET[-4:])
            for number in range(PEOPLE):
                sql.grants.give(
                    db,
                    grant_id=grant(number),
                    user_id=user(number),
                    client_id=CLIENT_ID,
                    epoch=0,
                    scopes=[self.scope],
                )

    def _add_client(self, db: Any) -> None:
        sql.clients.add(
            db,
            client_id=CLIENT_ID,
            name="Benchmark",
            type="confidential",
            grant_types=["authorization_code", "refresh_token", "client_credentials"],
            redirect_uris=[self.redirect_uri],
            scopes=[self.scope],
            owner_id=user(0),
            approved=True,
        )
        sql.clients.add_secret(db, client_id=CLIENT_ID, secret_hash=digest(SECRET), hint=SECRET[-4:])
        sql.clients.set_limits(
            db,
            client_id=CLIENT_ID,
            calls_per_hour=NO_LIMIT,
            grant_share_percent=100,
            token_requests_per_minute=NO_LIMIT,
            access_ttl=None,
            refresh_ttl=None,
        )
        own = {"opened_scopes": [self.scope], "own_scopes": [self.scope], "opened_resources": [], "own_resources": []}
        sql.clients.set_own_access(db, client_id=CLIENT_ID, **own)

    def codes(self, many: int, challenge: str) -> Iterator[str]:
        for number in people(many):
            yield self._code(number, challenge)

    def tokens(self, many: int) -> Iterator[dict[str, Any]]:
        """Each of a connection of its own."""
        client = self.server.clients.find_client(CLIENT_ID)
        assert client is not None
        for number in people(many):
            sent = Parameters((("code", self._code(number, None)), ("redirect_uri", self.redirect_uri)))
            yield exchange_code(TokenRequest(self.server, client, sent, Actor()))

    def session(self) -> str:
        """The secret of a cookie with which the first person is signed in."""
        secret = secrets.token_urlsafe(32)
        with reading(self.server.database) as db:
            now = sql.deadlines.clock(db)
        sessions.remember(self.server.redis, secret, sessions.Session(user(0), now, now, now))
        return secret

    def _code(self, number: int, challenge: str | None) -> str:
        text = new_code(time.time())
        of = AuthorizationCode(
            client_id=CLIENT_ID,
            grant_id=grant(number),
            subject=user(number),
            scopes=(self.scope,),
            resources=(),
            redirect_uri=self.redirect_uri,
            code_challenge=challenge,
        )
        remember_code(self.server.redis, text, of, CODE_LIFETIME)
        return text


def people(many: int) -> Iterator[int]:
    return itertools.islice(itertools.cycle(range(PEOPLE)), many)


def user(number: int) -> str:
    return f"usr_{number:032x}"


def grant(number: int) -> str:
    return f"gra_{number:032x}"
