"""Lines of standard input, read beside everything else: neither the login nor the program's end waits for them."""

import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# sys.stdin itself is left alone: a thread that waits in it holds its lock, and Python dies of that at the end.
MOST_BYTES = 1 << 16


@contextmanager
def reading_lines(take: Callable[[str], None]) -> Iterator[None]:
    """Gives each line to `take`, on a thread of its own, until the block ends. No stdin, no lines."""
    descriptor = standard_input()
    if descriptor is None:
        yield
        return
    if sys.platform == "win32":  # select() knows sockets only; the thread ends with the program
        threading.Thread(target=read_all, args=(descriptor, None, take), daemon=True).start()
        yield
        return
    woken, wake = os.pipe()
    reader = threading.Thread(target=read_all, args=(descriptor, woken, take), daemon=True)
    reader.start()
    try:
        yield
    finally:
        os.write(wake, b"x")
        reader.join()
        os.close(wake)
        os.close(woken)


def standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none, replaced, or closed
        return None


def read_all(descriptor: int, woken: int | None, take: Callable[[str], None]) -> None:
    unfinished = b""
    while is_readable(descriptor, woken):
        try:
            part = os.read(descriptor, 4096)
        except OSError:
            return
        *lines, unfinished = (unfinished + part).split(b"\n")
        for line in lines if part else [unfinished]:
            take(line.decode("utf-8", "replace").strip())
        if not part or len(unfinished) > MOST_BYTES:
            return


def is_readable(descriptor: int, woken: int | None) -> bool:
    """Waits; False once the reading is to end."""
    if woken is None:
        return True
    while True:
        try:
            ready, _, _ = select.select([descriptor, woken], [], [])
        except (OSError, ValueError):
            return False
        if woken in ready:
            return False
        if in_foreground(descriptor):
            return True
        # Whoever reads the terminal from the background is stopped by the system; the line is not for us.
        if select.select([woken], [], [], 0.5)[0]:
            return False


def in_foreground(descriptor: int) -> bool:
    try:
        return not os.isatty(descriptor) or os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True
