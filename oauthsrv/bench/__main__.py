"""python -m oauthsrv.bench init | mint | serve: the commands of row.json, called by a benchmark of OAuth servers.

`init` fills an empty database, `mint` prints tokens and codes, `serve` is the real `oauthsrv serve`.
The benchmark sets PG_URI, REDIS_SOCK, PORT, WORKERS, SCOPE, REDIRECT_URI, PKCE_CHALLENGE and how many to print (N_…).
"""

import itertools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oauthsrv.__main__ import main as oauthsrv
from oauthsrv.commands import opened
from oauthsrv.config import load
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.grant_types import TokenRequest, exchange_code
from oauthsrv.oauth.credentials import digest, new_code
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AuthorizationCode
from oauthsrv.server import Server
from oauthsrv.store.authorization import remember_code
from oauthsrv.store.database import sql, transaction

ROW = json.loads(Path(__file__).with_name("row.json").read_text())[0]
CLIENT_ID, CLIENT_SECRET = ROW["auth"]["A"]

# Until the server is ready the benchmark sends an empty token, which counts as none and is refused (RFC 6749 §3.1).
# So the request body in row.json contains the start of a token, and `mint` prints the rest.
ACCESS_TOKEN_HEAD = "oat_"

PEOPLE = 500  # enough that nobody gets more connections than one grant may have
CODE_LIFETIME = 3600  # seconds


def init() -> None:
    """Create the tables, one client, and users who gave it all that it can ask for."""
    with opened(load(os.environ)) as server, transaction(server.database) as db:
        for number in range(PEOPLE):
            sql.users.add(
                db,
                user_id=user(number),
                subject=user(number),
                email=f"person{number}@example.com",
                name=f"Person {number}",
                password_hash=None,
                is_admin=False,
            )
        sql.clients.add(
            db,
            client_id=CLIENT_ID,
            name="Benchmark",
            description="",
            home_page="",
            type="confidential",
            redirect_uris=[os.environ["REDIRECT_URI"]],
            scopes=[os.environ["SCOPE"]],
            optional_scopes=[],
            skips_pkce=False,
            owner_id=user(0),
            approved=True,
        )
        sql.clients.add_secret(db, client_id=CLIENT_ID, secret_hash=digest(CLIENT_SECRET), hint=CLIENT_SECRET[-4:])
        for number in range(PEOPLE):
            sql.grants.give(
                db,
                grant_id=grant(number),
                user_id=user(number),
                client_id=CLIENT_ID,
                epoch=0,
                scopes=[os.environ["SCOPE"]],
            )


def mint() -> None:
    """Print access tokens, refresh tokens and codes that work; each token is of a connection of its own."""
    numbers = itertools.cycle(range(PEOPLE))
    with opened(load(os.environ)) as server:
        server.database.waits_for_disk = False
        codes = [code(server, next(numbers), os.environ["PKCE_CHALLENGE"]) for _ in numbered("N_CODES")]
        access = [tokens(server, next(numbers))["access_token"] for _ in numbered("N_ACCESS")]
        refresh = [tokens(server, next(numbers))["refresh_token"] for _ in numbered("N_REFRESH")]
    rest = [text.removeprefix(ACCESS_TOKEN_HEAD) for text in access]
    print(json.dumps({"access": rest, "refresh": refresh, "codes": codes}))


def serve() -> None:
    sys.exit(oauthsrv(["serve"]))


def tokens(server: Server, number: int) -> dict[str, Any]:
    client = server.clients.find_client(CLIENT_ID)
    assert client is not None
    sent = Parameters((("code", code(server, number, None)), ("redirect_uri", os.environ["REDIRECT_URI"])))
    return exchange_code(TokenRequest(server, client, sent, Actor()))


def code(server: Server, number: int, challenge: str | None) -> str:
    text = new_code()
    of = AuthorizationCode(
        client_id=CLIENT_ID,
        grant_id=grant(number),
        subject=user(number),
        scopes=(os.environ["SCOPE"],),
        resources=(),
        redirect_uri=os.environ["REDIRECT_URI"],
        code_challenge=challenge,
    )
    remember_code(server.redis, text, of, CODE_LIFETIME)
    return text


def user(number: int) -> str:
    return f"usr_{number:032x}"


def grant(number: int) -> str:
    return f"gra_{number:032x}"


def numbered(variable: str) -> range:
    return range(int(os.environ[variable]))


COMMANDS: dict[str, Callable[[], None]] = {"init": init, "mint": mint, "serve": serve}


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m oauthsrv.bench {' | '.join(COMMANDS)}")
    os.environ.update(
        DATABASE_URL=os.environ["PG_URI"],
        REDIS_URL=f"unix://{os.environ['REDIS_SOCK']}",
        OAUTHSRV_LISTEN=f"127.0.0.1:{os.environ['PORT']}",
        OAUTHSRV_WORKERS=os.environ["WORKERS"],
    )
    COMMANDS[sys.argv[1]]()


if __name__ == "__main__":
    main()
