"""oauthsrv serve: databases, migrations, the first administrator's link, then the workers."""

import argparse
import contextlib
import functools
import http.client
import logging
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from oauthsrv import logs
from oauthsrv.app import make_app
from oauthsrv.commands import Refused, migrated, open_server
from oauthsrv.config import Settings
from oauthsrv.flows import administrators
from oauthsrv.server import Known
from oauthsrv.serving import parent
from oauthsrv.setting_values import Listen
from oauthsrv.store.database_check import check_connections

log = logging.getLogger(__name__)

ASK_EVERY = 0.2  # seconds, until the server is ready
FILES_OF_THREAD, FILES_OF_WORKER = 2, 64  # a connection to each database; and what every process needs


def run(args: argparse.Namespace, settings: Settings) -> int:
    logs.configure()
    check_files(settings.threads)
    with stoppable(), migrated(settings) as (settings, _), undisturbed():
        assert settings.database_url
        check_connections(settings.database_url, settings.workers, settings.threads)
        warn_about_proxies(settings)
        try:
            listener = parent.bind(settings.listen)
        except parent.CannotListen as error:
            raise Refused(str(error)) from None
        with listener:
            return serve(settings, listener)


def serve(settings: Settings, listener: socket.socket) -> int:
    # Made once the port is ours, as it replaces the link that a running server has printed.
    link, known = first_look(settings)

    def accepting(address: str) -> None:
        say = functools.partial(print, welcome(settings, address, link), flush=True)
        threading.Thread(target=when_ready, args=(settings.listen, say), daemon=True).start()

    return parent.serve(listener, settings.workers, settings.threads, lambda: make_app(settings, known), accepting)


def check_files(threads: int) -> None:
    """Refuse now, instead of letting a worker fail at its start, or under load."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = threads * FILES_OF_THREAD + FILES_OF_WORKER
    if most != resource.RLIM_INFINITY and most < needed:
        raise Refused(
            f"OAUTHSRV_THREADS: {threads} threads need {needed} open files in each worker, and this process may open "
            f"{most}. Raise the hard limit (ulimit -Hn, LimitNOFILE), or lower OAUTHSRV_THREADS."
        )


def warn_about_proxies(settings: Settings) -> None:
    """Warn if no proxy is trusted although the issuer is https, as all requests then seem to come from the proxy."""
    if settings.issuer.startswith("https://") and not settings.trusted_proxies:
        log.warning(
            "OAUTHSRV_TRUSTED_PROXIES is not set, so every request seems to come from the proxy, and one person's "
            "failed sign-ins lock everyone out. Set it to the proxy's address. "
            "Example: OAUTHSRV_TRUSTED_PROXIES=127.0.0.1"
        )


def when_ready(listen: Listen, say: Callable[[], None]) -> None:
    """Call `say` once /readyz answers, which reads and writes in both databases."""
    while not is_ready(listen):
        time.sleep(ASK_EVERY)
    say()


def is_ready(listen: Listen) -> bool:
    connection = http.client.HTTPConnection(*listen.from_this_machine(), timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def first_look(settings: Settings) -> tuple[str | None, Known]:
    """The first administrator's link, if there is none yet, and what workers start with."""
    # Closed before the workers are forked: a connection cannot be shared between processes.
    with contextlib.closing(open_server(settings)) as server:
        return administrators.first_link(server), server.known


def welcome(settings: Settings, address: str, link: str | None) -> str:
    lines = [f"oauthsrv is ready: {settings.issuer} (listening on {address})"]
    if link:
        lines += ["There is no administrator yet. This link creates one; it works once, for 24 hours:", f"  {link}"]
    return "\n".join(lines)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let a stop signal unwind everything that was started, so that no database is left running."""

    def leave(number: int, frame: FrameType | None) -> None:
        ignore_stop_signals()
        raise SystemExit(0)

    earlier = {number: signal.getsignal(number) for number in parent.STOP_SIGNALS}
    for number, handler in earlier.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore stop signals after the block: a second Ctrl-C must not interrupt the stop of the databases."""
    try:
        yield
    finally:
        ignore_stop_signals()


def ignore_stop_signals() -> None:
    # A function that does nothing, as the programs that stop the databases would inherit SIG_IGN.
    for number in parent.STOP_SIGNALS:
        signal.signal(number, lambda *_: None)
