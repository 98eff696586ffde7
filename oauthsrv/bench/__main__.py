"""python -m oauthsrv.bench init | mint | serve: the commands of row.json, called by a benchmark of OAuth servers.

`init` fills an empty database, `mint` writes tokens and codes through the server's own stores, `serve` is the
real `oauthsrv serve`. Where everything is, the benchmark tells in variables: PG_URI, REDIS_SOCK, PORT, WORKERS …
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from oauthsrv.__main__ import main as oauthsrv
from oauthsrv.commands import opened
from oauthsrv.config import load
from oauthsrv.oauth.credentials import (
    RefreshToken,
    digest,
    new_access_token,
    new_code,
    new_family_id,
    new_refresh_token,
)
from oauthsrv.oauth.records import AccessToken, AuthorizationCode
from oauthsrv.server import Server
from oauthsrv.store.authorization import remember_code
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.tokens import NEW_FAMILY

ROW = json.loads(Path(__file__).with_name("row.json").read_text())[0]
CLIENT_ID, CLIENT_SECRET = ROW["auth"]["A"]

# Without a token yet, the benchmark asks for an empty one until the server is ready, which counts as none and is
# refused (RFC 6749 §3.1): so the row's body begins each token, and this much of it is not printed.
ACCESS_TOKEN_HEAD = "oat_"

# So many that none reaches the number of families that a grant may have: ending those beyond is not measured.
PEOPLE = 500
LIFETIME = 3600  # seconds: of tokens and codes alike


def init() -> None:
    """The tables, one client, and users who allowed it all it may ask for."""
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
        sql.register.add_client(
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
        sql.register.add_secret(db, client_id=CLIENT_ID, secret_hash=digest(CLIENT_SECRET), hint=CLIENT_SECRET[-4:])
        for number in range(PEOPLE):
            sql.grants.give(
                db,
                grant_id=grant(number),
                user_id=user(number),
                client_id=CLIENT_ID,
                scopes=[os.environ["SCOPE"]],
            )


def mint() -> None:
    """Prints access tokens, refresh tokens and codes that work; each token is of a family of its own."""
    numbers = itertools.cycle(range(PEOPLE))
    with opened(load(os.environ)) as server:
        codes = [code(server, next(numbers)) for _ in asked_for("N_CODES")]
        with transaction(server.database) as db:
            access = [access_token(server, db, next(numbers)) for _ in asked_for("N_ACCESS")]
            refresh = [family(server, db, next(numbers))[1].text for _ in asked_for("N_REFRESH")]
    heads_off = [text.removeprefix(ACCESS_TOKEN_HEAD) for text in access]
    print(json.dumps({"access": heads_off, "refresh": refresh, "codes": codes}))


def serve() -> None:
    sys.exit(oauthsrv(["serve"]))


def access_token(server: Server, db: Connection, number: int) -> str:
    family_id, _ = family(server, db, number)
    text, now = new_access_token(CLIENT_ID, family_id), int(time.time())
    token = AccessToken(
        client_id=CLIENT_ID,
        family_id=family_id,
        grant_id=grant(number),
        subject=user(number),
        scopes=(os.environ["SCOPE"],),
        resources=(),
        issued_at=now,
        expires_at=now + LIFETIME,
    )
    server.tokens.remember(text, token, LIFETIME, NEW_FAMILY)
    return text


def family(server: Server, db: Connection, number: int) -> tuple[str, RefreshToken]:
    family_id, refresh = new_family_id(), new_refresh_token()
    sql.families.add(
        db,
        family_id=family_id,
        grant_id=grant(number),
        client_id=CLIENT_ID,
        subject=user(number),
        scopes=[os.environ["SCOPE"]],
        resources=[],
        code_hash=digest(new_code()),
        handle_hash=refresh.handle_hash,
        current_hash=refresh.token_hash,
        browser="",
        address=None,
        refresh_ttl=server.settings.refresh_ttl,
        max_age=server.settings.refresh_max_age,
    )
    return family_id, refresh


def code(server: Server, number: int) -> str:
    text = new_code()
    remember_code(
        server.redis,
        text,
        AuthorizationCode(
            client_id=CLIENT_ID,
            grant_id=grant(number),
            subject=user(number),
            scopes=(os.environ["SCOPE"],),
            resources=(),
            redirect_uri=os.environ["REDIRECT_URI"],
            code_challenge=os.environ["PKCE_CHALLENGE"],
        ),
        LIFETIME,
    )
    return text


def user(number: int) -> str:
    return f"usr_{number:032x}"


def grant(number: int) -> str:
    return f"gra_{number:032x}"


def asked_for(variable: str) -> range:
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
