"""Housekeeping inside the process: a table of small tasks and how often each is done (rule 16)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from oauthsrv.flows.sweep import sweep
from oauthsrv.store import StoreUnavailable, usage
from oauthsrv.store.database import reading, sql
from oauthsrv.store.redis import RedisError

if TYPE_CHECKING:
    from oauthsrv.server import Server

log = logging.getLogger(__name__)

BATCH = 500  # rows: short enough that nobody waits for the locks
HISTORY_DAYS = 90  # that ended families and grants are kept to be shown
AUDIT_DAYS = 400
USAGE_DAYS = 400
REFUSAL_DAYS = 30
USAGE_BATCH_DAYS = 14  # twice as long as a batch can wait in Redis


def flush_marks(server: Server) -> None:
    server.marks.flush()


def flush_refusals(server: Server) -> None:
    server.refusals.flush()


def refresh_offered_scopes(server: Server) -> None:
    """Another process may have changed the catalogue."""
    server.offered_scopes.refresh()


def flush_usage(server: Server) -> None:
    usage.flush(server.redis, server.database)


def sweep_ended(server: Server) -> None:
    sweep(server, server.redis.connection())


def erase_sealed(server: Server, back: int = 900) -> None:
    """What is older than `back` seconds was erased by an earlier round, or is by `purge`."""
    grace = server.settings.refresh_grace
    with reading(server.database) as db:
        _in_batches(lambda: sql.families.unseal_old(db, grace=grace, back=back, at_most=BATCH))


def end_expired(server: Server) -> None:
    with reading(server.database) as db:
        _in_batches(lambda: sql.families.end_expired(db, at_most=BATCH))


def purge(server: Server) -> None:
    erase_sealed(server, back=HISTORY_DAYS * 86_400)
    with reading(server.database) as db:
        _in_batches(lambda: sql.families.purge(db, days=HISTORY_DAYS, at_most=BATCH))
        _in_batches(lambda: sql.grants.purge(db, days=HISTORY_DAYS, at_most=BATCH))
        _in_batches(lambda: sql.usage.purge(db, days=USAGE_DAYS, at_most=BATCH))
        _in_batches(lambda: sql.usage.purge_batches(db, days=USAGE_BATCH_DAYS, at_most=BATCH))
        _in_batches(lambda: sql.refusals.purge(db, days=REFUSAL_DAYS, at_most=BATCH))
        _in_batches(lambda: sql.ended_keys.purge(db, at_most=BATCH))
        _in_batches(lambda: sql.audit.purge(db, days=AUDIT_DAYS, at_most=BATCH))


# A lost mark of last use is shown at most 5 s late; the sealed successor must not outlive the grace time by much.
TASKS: tuple[tuple[float, Callable[[Server], None]], ...] = (
    (2, flush_marks),
    (2, flush_refusals),
    (2, refresh_offered_scopes),
    (5, erase_sealed),
    (10, flush_usage),
    (60, sweep_ended),
    (60, end_expired),
    (600, purge),
)


class Housekeeper:
    """A thread that does each task at its start, and then when it is due, until it is stopped."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Leave after the task under way; what was noted in the process is written once more."""
        self._stopped.set()
        self._thread.join(timeout=10)
        _do(flush_marks, self._server)
        _do(flush_refusals, self._server)

    def _run(self) -> None:
        due = [time.monotonic()] * len(TASKS)
        while not self._stopped.wait(max(0.0, min(due) - time.monotonic())):
            for number, (every, task) in enumerate(TASKS):
                if due[number] <= time.monotonic():
                    _do(task, self._server)
                    due[number] = time.monotonic() + every


def _do(task: Callable[[Server], None], server: Server) -> None:
    try:
        task(server)
    except (StoreUnavailable, RedisError) as error:
        log.warning("housekeeping: %s is put off: %s", task.__name__, error)
    except Exception:  # the other tasks must go on
        log.exception("housekeeping: %s failed", task.__name__)


def _in_batches(once: Callable[[], int]) -> None:
    while once() == BATCH:
        pass
