"""How a login speaks with the person: an address alone on its line, other words beside, lines that are pasted."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TextIO

from oauthsrv.client.paste import reading_lines


class Terminal:
    """Addresses go to stdout, where a script finds them; all other words to stderr.

    Subclass it to show them elsewhere. Without arguments it writes to whatever sys.stdout and sys.stderr are then.
    """

    def __init__(self, addresses: TextIO | None = None, words: TextIO | None = None) -> None:
        self.addresses, self.words = addresses, words

    def show_address(self, address: str) -> None:
        """Flushed: into a pipe, the line would otherwise wait for the program's end."""
        print_line(self.addresses or sys.stdout, address)

    def say(self, words: str) -> None:
        print_line(self.words or sys.stderr, words)

    def pasted_lines(self, take: Callable[[str], None]) -> AbstractContextManager[None]:
        """While it lasts, each line from standard input goes to `take`, on another thread."""
        return reading_lines(take)


def print_line(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()
