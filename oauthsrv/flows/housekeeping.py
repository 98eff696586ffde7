"""Housekeeping inside the process: a table of small tasks and how often each runs (rule 16).

A task runs in steps, each a small batch found by an index; other tasks run between them. Tasks on behalf of all
processes are run by the one that holds the lease. It does no harm if two processes run the same task.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from oauthsrv.flows.clients import removal
from oauthsrv.flows.clients.documents import refresh_documents
from oauthsrv.flows.revocations import proceed_with_all
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, usage
from oauthsrv.store.database import reading, sql

log = logging.getLogger(__name__)

Steps = Iterator[None]

BATCH = 500  # rows: few enough that no request waits long for the locks
WALKED = 1250  # families in one step of `walk`: 875,000 an hour
START_SECONDS = 0.2  # how long a start waits for the first tasks, as a store may hang
PAUSE = 0.05  # seconds between two steps of one task
LEASE = 15.0  # seconds, after which a killed or stopped process is replaced
RENEWED_EVERY = 5.0
HISTORY_DAYS = 90  # how long ended families and grants are kept for pages
AUDIT_DAYS = 400
USAGE_DAYS = 400
REFUSAL_DAYS = 30
COUNTED_DAYS = 30  # of the chart on the first admin page, and the longest span of a usage page
FIGURES_AGE = 86_400  # seconds
DELETED_CLIENT_DAYS = 30  # of those that registered themselves
USAGE_BATCH_DAYS = 14  # twice as long as a batch can wait in Redis


# Every process runs these for itself


def flush_marks(server: Server) -> Steps:
    yield from server.marks.flush()


def flush_refusals(server: Server) -> Steps:
    server.refusals.flush()
    yield


def flush_server_times(server: Server) -> Steps:
    server.server_times.flush()
    yield


def refresh_published(server: Server) -> Steps:
    """Reread what metadata lists, as another process may have changed scopes or APIs."""
    server.published.refresh()
    yield


def erase_sealed(server: Server) -> Steps:
    """Erase the sealed successors of this process's rotations; `walk` erases those of killed processes."""
    while due := server.sealed.take_due(BATCH):
        try:
            with reading(server.database) as db:
                sql.families.unseal(db, family_ids=due, grace=server.settings.refresh_grace)
        except StoreUnavailable:
            server.sealed.return_all(due)
            raise
        yield


def sweep_ended(server: Server) -> Steps:
    """Complete revocations that were recorded while Redis could not be reached."""
    yield from server.sweep.recent(server.redis.connection())


# One process runs these for all


def flush_usage(server: Server) -> Steps:
    usage.flush(server.redis, server.database)
    yield


def walk(server: Server) -> Steps:
    """Read the next families by primary key: end expired ones, erase successors that no process remembers.

    It has no index of its own: on a column that rotations change, each rotation would have to write all indexes (no HOT
    update). After the last family the walk starts over: a large table takes an hour or more, a small one seconds.
    """
    with reading(server.database) as db:
        at = sql.housekeeping.walked_to(db)
        step = sql.families.walk(db, after=at, grace=server.settings.refresh_grace, at_most=WALKED)
        if step.expired:
            sql.families.end_expired(db, family_ids=step.expired)
        if step.sealed:
            sql.families.unseal(db, family_ids=step.sealed, grace=server.settings.refresh_grace)
        to = step.last if step.rows == WALKED else ""
        if to != at:
            sql.housekeeping.walk_on(db, walked_to=to)
    yield


def purge(server: Server) -> Steps:
    for query, days in (
        (sql.families.purge, HISTORY_DAYS),
        (sql.revocations.purge, HISTORY_DAYS),
        (sql.grants.purge, HISTORY_DAYS),
        (sql.usage.purge, USAGE_DAYS),
        (sql.usage.purge_reasons, USAGE_DAYS),
        (sql.server_times.purge, COUNTED_DAYS),
        (sql.clients.purge, DELETED_CLIENT_DAYS),
        (sql.usage.purge_batches, USAGE_BATCH_DAYS),
        (sql.users.purge, HISTORY_DAYS),
        (sql.refusals.purge, REFUSAL_DAYS),
        (sql.audit.purge, AUDIT_DAYS),
    ):
        yield from _in_batches(server, query, days=days)
    for expired in (sql.ended_keys.purge, sql.links.purge, sql.transfers.purge):
        yield from _in_batches(server, expired)


def count(server: Server) -> Steps:
    """Count what pages can't count themselves: large totals once a day, and days that are over."""
    with reading(server.database) as db:
        sql.figures.finish_days(db, days=COUNTED_DAYS)
        age = sql.figures.age(db)
    yield
    if age is None or age >= FIGURES_AGE:
        with reading(server.database) as db:
            sql.figures.count_all(db)
            sql.figures.count_scopes(db)
            sql.figures.forget_old(db, seconds=2 * FIGURES_AGE)
        yield


def _in_batches(server: Server, query: Callable[..., int], **values: int) -> Steps:
    while True:
        with reading(server.database) as db:
            done = query(db, at_most=BATCH, **values)
        if done < BATCH:
            return
        yield


class Task(NamedTuple):
    every: float  # seconds
    steps: Callable[[Server], Steps]
    is_elected: bool = True


TASKS = (
    Task(2, flush_refusals, is_elected=False),
    Task(2, refresh_published, is_elected=False),
    Task(5, erase_sealed, is_elected=False),  # a sealed successor must not outlive the grace time by much
    Task(60, flush_marks, is_elected=False),
    Task(60, flush_server_times, is_elected=False),
    Task(2, proceed_with_all),
    Task(2, removal.proceed_with_hosts),
    Task(600, removal.reap),
    Task(5, walk),
    Task(10, sweep_ended),
    Task(10, flush_usage),
    Task(60, refresh_documents),
    Task(600, purge),
    Task(6 * 3600, count),  # rarely, as each run may keep a slow database busy for a minute
)
AT_START = (sweep_ended,)  # in every process: it may replace one that was killed before it answered


@dataclass
class _Job:
    """A task, when it is due, and its remaining steps while it runs."""

    task: Task
    due: float = field(default_factory=time.monotonic)
    rest: Steps | None = None

    def do_step(self, server: Server) -> None:
        self.rest = self.rest or self.task.steps(server)
        is_under_way = _step(self.task.steps, self.rest)
        self.due = time.monotonic() + (PAUSE if is_under_way else self.task.every)
        if not is_under_way:
            self.rest = None

    def defer(self) -> None:
        self.due, self.rest = time.monotonic() + min(self.task.every, RENEWED_EVERY), None


class Housekeeper:
    """A thread that runs each task at its start, and then whenever it is due, until stopped."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._name = secrets.token_hex(8)
        self._held_until = 0.0
        self._renewal_due = 0.0
        self._started = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Start the thread, and wait until the tasks of AT_START are done, unless a store hangs."""
        self._thread.start()
        self._started.wait(START_SECONDS)

    def stop(self) -> None:
        """Stop after the current step, and write what the process still holds in memory."""
        self._stopped.set()
        self._thread.join(timeout=10)
        perform(flush_marks, self._server)
        perform(flush_refusals, self._server)
        perform(flush_server_times, self._server)
        perform(self._give_up, self._server)

    @property
    def is_elected(self) -> bool:
        return time.monotonic() < self._held_until

    def _run(self) -> None:
        for steps in AT_START:
            perform(steps, self._server)
        self._started.set()
        jobs = [_Job(task) for task in TASKS]
        due = 0.0
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            if self._renewal_due <= time.monotonic():
                self._renewal_due = time.monotonic() + RENEWED_EVERY
                perform(self._renew, self._server)
            for job in jobs:
                if job.due > time.monotonic():
                    continue
                if job.task.is_elected and not self.is_elected:
                    job.defer()
                else:
                    job.do_step(self._server)
            due = min(self._renewal_due, *(job.due for job in jobs))

    def _renew(self, server: Server) -> Steps:
        # Read before the query: a process that is stopped during it must not take an old lease for a new one.
        began_at = time.monotonic()
        with reading(server.database) as db:
            is_held = sql.housekeeping.hold(db, holder=self._name, seconds=LEASE) is not None
        if is_held and not self.is_elected:
            log.info("housekeeping: this process now runs it for all")
        self._held_until = began_at + LEASE if is_held else 0.0
        yield

    def _give_up(self, server: Server) -> Steps:
        if self.is_elected:
            with reading(server.database) as db:
                sql.housekeeping.give_up(db, holder=self._name)
        yield


def perform(steps: Callable[[Server], Steps], server: Server) -> None:
    """Run all steps of a task at once."""
    under_way = steps(server)
    while _step(steps, under_way):
        pass


def _step(of: Callable[[Server], Steps], under_way: Steps) -> bool:
    """Run one step. False when the task is done, or failed and waits until it is due again."""
    try:
        next(under_way)
        return True
    except StopIteration:
        return False
    except StoreUnavailable as error:
        log.warning("housekeeping: %s is deferred: %s", of.__name__, error)
    except Exception:  # the other tasks must go on
        log.exception("housekeeping: %s failed", of.__name__)
    return False
