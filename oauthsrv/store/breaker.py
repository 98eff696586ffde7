"""A breaker per store, and slots: requests do not wait for a store that does not answer (rule 8).

A query that gets no answer in time is only a suspicion: one locked row must not stop everything. So a separate thread
probes the store with a trivial query. If that gets no answer, the breaker opens and every caller fails immediately;
the thread keeps probing, and closes the breaker at the first answer. A refusal counts as an answer.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable

from oauthsrv import deadline
from oauthsrv.store import StoreUnavailable

log = logging.getLogger(__name__)

PROBE_SECONDS = 1.0  # for an answer to the trivial query
PAUSE_SECONDS = 0.25  # between two probes while the store is away
SLOT_SECONDS = 0.4  # for another request to free its slot: PostgreSQL answers in milliseconds


class Breaker:
    """`probe` returns if the store answers anything, and raises StoreUnavailable otherwise."""

    def __init__(self, store: str, probe: Callable[[], None]) -> None:
        self._store = store
        self._probe = probe
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began = 0.0  # when the probe under way began
        self._done = threading.Event()
        self._closing = threading.Event()
        self.is_open = False

    def check(self) -> None:
        if self.is_open:
            raise StoreUnavailable(f"{self._store} does not answer")

    def suspect(self) -> None:
        """Start a probe after a query got no answer, unless one is under way."""
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._began = time.monotonic()
                self._done.clear()
                self._thread = threading.Thread(target=self._run, name=f"{self._store} probe", daemon=True)
                self._thread.start()

    def await_probe(self) -> None:
        """Start a probe, and wait for its outcome within the request's deadline."""
        self.suspect()
        patience = self._began + PROBE_SECONDS - time.monotonic()
        self._done.wait(max(0.0, min(patience, deadline.left())))

    def close(self) -> None:
        self._closing.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout=2 * PROBE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            reason = self._unanswered()
            with self._lock:
                if reason is None:
                    self._thread = None
                    if self.is_open:
                        log.warning("%s answers again", self._store)
                    self.is_open = False
                    self._done.set()
                    return
                if not self.is_open:
                    log.error("%s does not answer; requests fail immediately until it does: %s", self._store, reason)
                self.is_open = True
                self._done.set()
            self._closing.wait(PAUSE_SECONDS)

    def _unanswered(self) -> str | None:
        try:
            self._probe()
        except StoreUnavailable as error:
            return str(error)
        except Exception:
            log.exception("%s cannot be probed", self._store)
            return "it cannot be probed"
        return None


class Slots:
    """A limit on requests that wait for PostgreSQL at once: the other threads are left to check tokens."""

    def __init__(self, threads: int) -> None:
        self._free: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._moved_at = time.monotonic()
        for _ in range(max(1, threads - max(1, threads // 4))):
            self._free.put(None)

    def take(self) -> bool:
        """Take a slot that is free, or gets free in time; else False. If none gets free, no request waits for long."""
        try:
            self._free.get_nowait()
        except queue.Empty:
            if not self._freed_in_time():
                return False
        self._moved_at = time.monotonic()
        return True

    def give_back(self) -> None:
        self._moved_at = time.monotonic()
        self._free.put(None)

    def _freed_in_time(self) -> bool:
        patience = min(SLOT_SECONDS, deadline.left())
        if patience <= 0 or time.monotonic() - self._moved_at > SLOT_SECONDS:
            return False
        try:
            self._free.get(timeout=patience)
        except queue.Empty:
            return False
        return True
