"""oauthsrv serve: databases, migrations, the first administrator's link, then the workers."""

import argparse
import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from oauthsrv import logs, process
from oauthsrv.app import make_app
from oauthsrv.commands import Refused, migrated, open_server
from oauthsrv.config import Settings
from oauthsrv.flows import first_admin


def run(args: argparse.Namespace, settings: Settings) -> int:
    logs.configure()
    with stoppable(), migrated(settings) as (settings, _), undisturbed():
        link = first_admin_link(settings)

        def ready(address: str) -> None:
            print(welcome(settings, address, link), flush=True)

        try:
            return process.serve(settings.listen, settings.workers, settings.threads, lambda: make_app(settings), ready)
        except process.CannotListen as error:
            raise Refused(str(error)) from None


def first_admin_link(settings: Settings) -> str | None:
    # Closed before the workers are forked: a connection cannot be shared between processes.
    with contextlib.closing(open_server(settings)) as server:
        return first_admin.link(server)


def welcome(settings: Settings, address: str, link: str | None) -> str:
    lines = [f"oauthsrv is ready: {settings.issuer} (listening on {address})"]
    if link:
        lines += ["There is no administrator yet. This link makes one; it works once, for 24 hours:", f"  {link}"]
    return "\n".join(lines)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Makes a stop signal unwind what was started, so that no database is left running."""

    def leave(number: int, frame: FrameType | None) -> None:
        listen_no_more()
        raise SystemExit(0)

    earlier = {number: signal.getsignal(number) for number in process.STOP_SIGNALS}
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
    """At its end the databases stop, which a second Ctrl-C must not interrupt."""
    try:
        yield
    finally:
        listen_no_more()


def listen_no_more() -> None:
    # A function that does nothing, rather than SIG_IGN, which the programs that stop the databases would inherit.
    for number in process.STOP_SIGNALS:
        signal.signal(number, lambda *_: None)
