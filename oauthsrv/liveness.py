"""Signs that a worker lives: to its parent each second, and to whoever asks /healthz, whatever its threads wait for."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any

ALIVE = "/healthz"

# For the threads to take one of the requests that wait. The longest that a request may keep a thread is half of it.
STUCK_SECONDS = 60.0


def give_sign(pipe: int) -> None:
    """Tells the parent that this worker lives."""
    with contextlib.suppress(BlockingIOError):  # the parent is stopped: it will find enough of them
        os.write(pipe, b"+")


def is_stuck(server: Any) -> bool:
    """Whether requests wait, and no thread has taken one for longer than any of them may take."""
    if not server.task_dispatcher.queue:
        server.taken_at = time.monotonic()
    return bool(time.monotonic() - server.taken_at > STUCK_SECONDS)


def hand_over(threads: Any, connection: Any) -> None:
    """To a thread; but whether this process lives is answered by the loop, whatever the threads wait for."""
    if connection.is_receiving and getattr(connection.requests[0], "path", "") == ALIVE:
        connection.is_for_the_loop = True  # not now, as its lock is held
    else:
        threads.add_task(connection)


def leave_with_parent(pipe: int) -> None:
    """Ends this process at once when the parent is gone, however it went: nobody could stop or replace it.

    A pipe works everywhere; Linux alone has a signal for this.
    """
    os.read(pipe, 1)
    os._exit(1)
