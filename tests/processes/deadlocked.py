"""The server, of which a request can block a process for good: `X-Block: thread`, `loop` or `interpreter`."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from oauthsrv import app
from oauthsrv.__main__ import main
from oauthsrv.serving import connections, parent

connections.STUCK_SECONDS = 3.0
parent.HUNG_SECONDS = 5.0

lock = threading.Lock()
loops_lock: list[Any] = []
real_hand_over, real_answer_request = connections.hand_over, app.answer_request


def hand_over(threads: Any, connection: Any) -> None:
    loops_lock[:] = [threads.lock]
    real_hand_over(threads, connection)


def answer_request(server: Any, router: Any, environ: dict[str, Any], start_response: Any) -> Any:
    how = environ.get("HTTP_X_BLOCK")
    if how == "thread":
        lock.acquire()  # the first one goes on with it, and nobody releases it
    if how == "loop":
        loops_lock[0].acquire()  # which the loop needs to hand over the next request
    if how == "interpreter":
        re.match(r"(a+)+$", "a" * 60 + "b")  # ends in some years, and lets no other thread run
    return real_answer_request(server, router, environ, start_response)


connections.hand_over = hand_over
app.answer_request = answer_request

sys.exit(main())
