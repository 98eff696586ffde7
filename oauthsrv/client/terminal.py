"""What a login shows and reads: addresses, messages, a QR code, the browser, pasted lines."""

import base64
import contextlib
import os
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO

# Nothing reads sys.stdin itself: a thread waiting in it would hold its lock, and Python then aborts at exit.
MOST_BYTES = 1 << 16
MOST_SHOWN = 300  # characters of a server's message
# Browsers that would take over the terminal that the login uses.
IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
CLIPBOARDS = (["pbcopy"], ["wl-copy"], ["xclip", "-selection", "clipboard"], ["xsel", "-ib"], ["clip.exe"])


class Terminal:
    """Addresses go to stdout, where a script finds them; all other messages to stderr.

    Subclass it to show them elsewhere. Without arguments it uses whatever sys.stdout and sys.stderr are at that moment.
    """

    def __init__(
        self, addresses: TextIO | None = None, messages: TextIO | None = None, *, to_clipboard: bool = False
    ) -> None:
        self.addresses, self.messages, self.to_clipboard = addresses, messages, to_clipboard

    def show_address(self, address: str) -> None:
        """Print the address and flush: in a pipe, the line would otherwise wait until the program ends."""
        print(address, file=self.addresses or sys.stdout, flush=True)
        if self.to_clipboard:
            done = copy(address, self.messages or sys.stderr)
            self.say("Copied to the clipboard." if done else "There is no clipboard to copy it to.")

    def show_code(self, address: str) -> None:
        """Show a QR code to scan with a phone, if a person is watching and segno is installed."""
        stream = self.messages or sys.stderr
        if stream.isatty():
            with contextlib.suppress(ImportError, ValueError):
                import segno

                segno.make(address, error="l").terminal(stream, border=2, compact=True)

    def say(self, message: str) -> None:
        print(message, file=self.messages or sys.stderr, flush=True)

    @contextlib.contextmanager
    def pasted_lines(self, take: Callable[[str], None]) -> Iterator[None]:
        """Pass each line of standard input to `take`, in a thread, until the block ends."""
        descriptor = standard_input()
        if descriptor is None:
            yield
            return
        ended = threading.Event()
        reader = threading.Thread(target=read_all, args=(descriptor, ended, take), daemon=True)
        reader.start()
        try:
            yield
        finally:
            ended.set()
            if sys.platform != "win32":  # whose select() takes sockets only; the thread ends with the program
                reader.join()


def plain(text: object) -> str:
    """One line without control characters, as a server's text must not move the cursor or repaint the screen."""
    shown = "".join(letter if letter.isprintable() else " " for letter in str(text)[: MOST_SHOWN * 4])
    folded = " ".join(shown.split())
    return folded if len(folded) <= MOST_SHOWN else folded[:MOST_SHOWN] + "…"


def duration(seconds: float) -> str:
    """A duration in the largest suitable unit: "40 seconds", "59 minutes", "3 days"."""
    number, unit = max(0, int(seconds)), "second"
    for size, larger in ((60, "minute"), (3_600, "hour"), (86_400, "day")):
        if seconds >= 2 * size or (seconds >= size and larger != "minute"):
            number, unit = int(seconds // size), larger
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def copy(text: str, stream: TextIO) -> bool:
    """Copy to the clipboard: by the desktop's program, or through the terminal (OSC 52), which works over SSH too."""
    for command in CLIPBOARDS:
        if shutil.which(command[0]):
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                quiet = subprocess.DEVNULL
                subprocess.run(command, input=text.encode(), timeout=2, check=True, stdout=quiet, stderr=quiet)  # noqa: S603
                return True
    if not stream.isatty():
        return False
    stream.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
    stream.flush()
    return True


def may_open_browser(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether the person would see a browser opened from here, which over SSH needs BROWSER to be set."""
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    if platform in ("darwin", "win32") or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return True
    import webbrowser

    try:
        return os.path.basename(getattr(webbrowser.get(), "name", "")) not in IN_THE_TERMINAL
    except webbrowser.Error:
        return True


def open_browser_beside(address: str, failed: Callable[[], None]) -> None:
    """Open a browser in a thread, as some return only when they are closed; calls `failed` if none opens."""
    import webbrowser

    def run() -> None:
        try:
            opened = webbrowser.open(address)
        except (webbrowser.Error, OSError):
            opened = False
        if not opened:
            failed()

    threading.Thread(target=run, daemon=True).start()


def standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none, replaced, or closed
        return None


def read_all(descriptor: int, ended: threading.Event, take: Callable[[str], None]) -> None:
    unfinished = b""
    while is_readable(descriptor, ended):
        try:
            part = os.read(descriptor, 4096)
        except OSError:
            return
        *lines, unfinished = (unfinished + part).split(b"\n")
        for line in lines if part else [unfinished]:
            take(line.decode("utf-8", "replace").strip())
        if not part or len(unfinished) > MOST_BYTES:
            return


def is_readable(descriptor: int, ended: threading.Event) -> bool:
    """Wait in short steps for input; False once reading must end."""
    while not ended.is_set():
        if sys.platform == "win32":
            return True
        try:
            ready, _, _ = select.select([descriptor], [], [], 0.1)
        except (OSError, ValueError):
            return False
        if ended.is_set():
            return False  # a line that arrived since then is for the program
        # The system would stop a background process that reads the terminal, and the line is not for us.
        if ready and in_foreground(descriptor):
            return True
        if ready:
            ended.wait(0.5)
    return False


def in_foreground(descriptor: int) -> bool:
    try:
        return not os.isatty(descriptor) or os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True
