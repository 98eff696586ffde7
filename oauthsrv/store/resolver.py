"""DNS addresses of a store's host. A resolver can take half a minute, but no request waits beyond its deadline.

libpq and redis-py would call it themselves, without a time limit.
"""

import ipaddress
import logging
import os
import socket
import threading
import time

from oauthsrv import deadline

log = logging.getLogger(__name__)

# For a new answer if there is an older one. Resolvers answer within milliseconds, or not for seconds.
PATIENCE_SECONDS = 0.5


class Lookup:
    """One query to the resolver; all threads that need the name wait for the same one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = time.monotonic()
        self.done = threading.Event()
        self.error: OSError | None = None

    def run(self) -> None:
        try:
            found = socket.getaddrinfo(self.name, None, type=socket.SOCK_STREAM)
            _known[self.name] = list(dict.fromkeys(str(address[0]) for *_, address in found))
        except OSError as error:
            self.error = error
            log.warning("the name %s was not resolved: %s", self.name, error)
        except UnicodeError:
            self.error = OSError(f"{self.name} is not a host name")
        finally:
            with _lock:
                del _under_way[self.name]
            self.done.set()


_lock = threading.Lock()
_under_way: dict[str, Lookup] = {}
_known: dict[str, list[str]] = {}  # from the last answer that had any


def _start_again() -> None:
    """Forget the lookups after a fork, as their threads were not copied."""
    _under_way.clear()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_start_again)


def addresses(name: str) -> list[str]:
    """The addresses in the resolver's order; earlier ones if it fails or is slow. Raises OSError, TimeoutError."""
    if _is_address(name):
        return [name]
    lookup = _lookup(name)
    patience = deadline.left()
    if name in _known:
        patience = min(patience, lookup.began + PATIENCE_SECONDS - time.monotonic())
    lookup.done.wait(max(0.0, patience))
    if name in _known:
        return _known[name]
    raise lookup.error or TimeoutError(f"the name {name} was not resolved in time")


def _lookup(name: str) -> Lookup:
    with _lock:
        lookup = _under_way.get(name)
        if lookup is None:
            lookup = _under_way[name] = Lookup(name)
            threading.Thread(target=lookup.run, name=f"resolves {name}", daemon=True).start()
        return lookup


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
