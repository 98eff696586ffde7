"""Opening the person's browser, where there is one."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping

# They would take over the terminal that the login speaks through.
IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


def may_open(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser opened from here would come up before the person.

    Not over SSH: it would open, if at all, on the other machine. But whoever sets BROWSER knows what it does,
    as editors do that connect to other machines.
    """
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    has_screen = platform in ("darwin", "win32") or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return bool(has_screen) or not is_in_the_terminal()


def is_in_the_terminal() -> bool:
    try:
        return os.path.basename(getattr(webbrowser.get(), "name", "")) in IN_THE_TERMINAL
    except webbrowser.Error:
        return False


def open_beside(address: str, failed: Callable[[], None]) -> None:
    """Opens it on a thread of its own, as some browsers return only when they are closed; `failed` if none opens."""

    def run() -> None:
        try:
            opened = webbrowser.open(address)
        except (webbrowser.Error, OSError):
            opened = False
        if not opened:
            failed()

    threading.Thread(target=run, daemon=True).start()
