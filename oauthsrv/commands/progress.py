"""Progress bars in the terminal, for large revocations and other long commands."""

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from oauthsrv.flows.revocations import Progress
    from oauthsrv.server import Server

WIDTH = 40
SHOWN_EVERY = 0.2  # seconds
REST = 0.05  # seconds between two batches, so that requests get their share of the database


def watch(server: "Server", revocation_id: int, left: str) -> bool:
    """Carry out a revocation, with a bar if stderr is a terminal. If interrupted, print `left` and return False."""
    from oauthsrv.flows.revocations import proceed
    from oauthsrv.store import StoreUnavailable

    try:
        while not (progress := proceed(server, revocation_id, SHOWN_EVERY)).is_done:
            show(progress, sys.stderr)
            time.sleep(REST)
        show(progress, sys.stderr)
    except StoreUnavailable as error:
        print(f"\n{left} ({error})", file=sys.stderr)
        return False
    except KeyboardInterrupt:
        print(f"\n{left}", file=sys.stderr)
        return False
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return True


def show(progress: "Progress", terminal: TextIO) -> None:
    if terminal.isatty() and progress.connections:
        print(f"\r{bar(progress.revoked, progress.connections)}", end="", file=terminal, flush=True)


def bar(done: int, of: int) -> str:
    """A bar; `done` may exceed `of`, as connections may be added while it runs."""
    return f"{cells(done / of)} {min(done, of):,} of {of:,} connections"


def cells(part: float) -> str:
    filled = min(WIDTH, int(WIDTH * part))
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}]"


class Line:
    """One line on stderr, overwritten as work proceeds, if stderr is a terminal."""

    def __init__(self) -> None:
        self._is_seen = sys.stderr.isatty()

    def show(self, part: float, text: str) -> None:
        if self._is_seen:
            print(f"\r{cells(part)} {text}\x1b[K", end="", file=sys.stderr, flush=True)

    def remove(self) -> None:
        if self._is_seen:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
