"""python -m oauthsrv.bench init | mint | serve: the commands of row.json, called by a benchmark of OAuth servers.

`init` fills an empty database, `mint` prints tokens and codes, `serve` is the real `oauthsrv serve`.
The benchmark sets PG_URI, REDIS_SOCK, PORT, WORKERS, SCOPE, REDIRECT_URI, PKCE_CHALLENGE and how many to print (N_…).
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator

from oauthsrv.__main__ import main as oauthsrv
from oauthsrv.bench.measured_app import KEY, MeasuredApp
from oauthsrv.commands import opened
from oauthsrv.config import load

# Until the server is ready the benchmark sends an empty token, which counts as none and is refused (RFC 6749 §3.1).
# So the request body in row.json contains the start of a token, and `mint` prints the rest.
ACCESS_TOKEN_HEAD = "oat_"


@contextlib.contextmanager
def example() -> Iterator[MeasuredApp]:
    with opened(load(os.environ)) as server:
        server.database.waits_for_disk = False
        yield MeasuredApp(server, os.environ["SCOPE"], os.environ["REDIRECT_URI"])


def init() -> None:
    with example() as of:
        of.make()


def mint() -> None:
    """Print access tokens, refresh tokens and codes that work; each token is of a connection of its own."""
    with example() as of:
        codes = list(of.codes(number("N_CODES"), os.environ["PKCE_CHALLENGE"]))
        access = [tokens["access_token"] for tokens in of.tokens(number("N_ACCESS"))]
        refresh = [tokens["refresh_token"] for tokens in of.tokens(number("N_REFRESH"))]
    rest = [text.removeprefix(ACCESS_TOKEN_HEAD) for text in access]
    print(json.dumps({"access": rest, "refresh": refresh, "codes": codes}))


def serve() -> None:
    sys.exit(oauthsrv(["serve"]))


def number(variable: str) -> int:
    return int(os.environ[variable])


COMMANDS: dict[str, Callable[[], None]] = {"init": init, "mint": mint, "serve": serve}


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m oauthsrv.bench {' | '.join(COMMANDS)}")
    os.environ.update(
        DATABASE_URL=os.environ["PG_URI"],
        REDIS_URL=f"unix://{os.environ['REDIS_SOCK']}",
        OAUTHSRV_KEY=KEY,
        OAUTHSRV_LISTEN=f"127.0.0.1:{os.environ['PORT']}",
        OAUTHSRV_WORKERS=os.environ["WORKERS"],
    )
    COMMANDS[sys.argv[1]]()


if __name__ == "__main__":
    main()
