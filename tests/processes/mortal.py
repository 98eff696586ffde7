"""The server, of which a request can kill a process with SIGKILL at a step of its choice: `X-Die: after families.add`.

`X-Die-With: parent` takes the parent along. Otherwise the parent replaces the worker, here without its pause.
`X-Stop: before remember` stops the process with SIGSTOP instead, until it gets SIGCONT.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from oauthsrv import app
from oauthsrv.__main__ import main
from oauthsrv.flows import issuing, rotation
from oauthsrv.flows.token_endpoint import GRANT_TYPES
from oauthsrv.serving import parent
from oauthsrv.store.database import Database, sql
from oauthsrv.store.database import transaction as real_transaction
from oauthsrv.store.tokens import NEW_FAMILY, PROLONG, Tokens

QUERIES = ("families.add", "families.lock", "families.rotate", "families.repeat")

answering = threading.local()
real_answer_request = app.answer_request


def answer_request(server: Any, router: Any, environ: dict[str, Any], start_response: Any) -> Any:
    answering.environ = environ
    return real_answer_request(server, router, environ, start_response)


def header(name: str) -> str | None:
    """Of the request that this thread answers."""
    return answering.environ.get(name)


def pass_by(step: str) -> None:
    if header("HTTP_X_STOP") == step:
        # To this thread: a signal to the process may be taken by another one, while this one runs on.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    if header("HTTP_X_DIE") == step:
        if header("HTTP_X_DIE_WITH") == "parent":
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def mortal(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    def worked(*args: Any, **kwargs: Any) -> Any:
        pass_by(f"before {name}")
        done = work(*args, **kwargs)
        pass_by(f"after {name}")
        return done

    return worked


@contextlib.contextmanager
def transaction(database: Database) -> Iterator[Any]:
    with real_transaction(database) as db:
        yield db
        pass_by("before commit")
    pass_by("after commit")


for query in QUERIES:
    table, _, name = query.partition(".")
    setattr(getattr(sql, table), name, mortal(query, getattr(getattr(sql, table), name)))
real_remember = mortal("remember", Tokens.remember)


def remember(self: Tokens, text: str, token: Any, lifetime: int, intent: bytes, *more: Any) -> None:
    if intent not in (NEW_FAMILY, PROLONG):
        pass_by("before remember with an intent")
    real_remember(self, text, token, lifetime, intent, *more)


app.answer_request = answer_request
Tokens.remember = remember
issuing.transaction = rotation.transaction = transaction
issuing.families_revoked = rotation.families_revoked = mortal("invalidate", issuing.families_revoked)
issuing.trim = mortal("trim", issuing.trim)
GRANT_TYPES.update({name: mortal("grant type", work) for name, work in GRANT_TYPES.items()})
parent.STEADY_SECONDS = 0.0

sys.exit(main())
