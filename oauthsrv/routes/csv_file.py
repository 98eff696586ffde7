"""A list as a CSV file (RFC 4180): sent in parts, bounded, and without formulas."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from bottle import HTTPResponse

from oauthsrv import deadline

ROWS_OF_PART = 1000

# Of the file; keys are the heads, and each value finds its cell in a row.
Columns = dict[str, Callable[[Any], object]]


def columns(heads: str, **cells: Callable[[Any], object]) -> Columns:
    """`heads` with spaces between them; head=name is another attribute of the row, and `cells` compute theirs."""
    named = [(head, name or head) for head, _, name in (each.partition("=") for each in heads.split())]
    return {head: cells.get(head) or attrgetter(name) for head, name in named}


# Characters that make a spreadsheet read a formula at the beginning of a cell. Some programs also see a cell begin
# after a semicolon, comma or tab, even inside quotes, and skip spaces and quotation marks before it. So the cells of a
# column can be searched all at once, with semicolons between them: hardly any has a formula.
SIGNS = "=+@＝＋＠－-"
FORMULA = re.compile(rf"""[;,\t\r\n][\s"']*(?=[{SIGNS}])""")


def download(name: str, columns: Columns, parts: Iterable[list[Any]]) -> HTTPResponse:
    """Send lists of rows, `parts`, read while they are sent, so that no other request waits for all of them.

    An error in the first part gets a response of its own; a later one ends the file early.
    """
    rest = iter(parts)
    answer = HTTPResponse(as_csv(columns, itertools.chain([next(rest, [])], rest)), 200)
    answer.content_type = "text/csv; charset=utf-8; header=present"
    answer.set_header("Content-Disposition", f'attachment; filename="{name}.csv"')
    return answer


def pages(read: Callable[[Any, int], list[Any]], key: str, at_most: int) -> Iterator[list[Any]]:
    """The first `at_most` rows, ROWS_OF_PART at a time; each read has a request's time.

    `read` is called with the last row's value of the column `key` (None at first), and with how many rows to read.
    """
    before = None
    for rows in [ROWS_OF_PART] * (at_most // ROWS_OF_PART) + [at_most % ROWS_OF_PART]:
        with deadline.within(deadline.REQUEST_SECONDS):
            found = read(before, rows) if rows else []
        if not found:
            return
        yield found
        before = getattr(found[-1], key)


def as_csv(columns: Columns, parts: Iterable[list[Any]]) -> Iterator[bytes]:
    yield lines([[head] for head in columns])
    for rows in parts:
        if rows:
            yield lines([quotable(inert(map(cell, rows))) for cell in columns.values()])


def lines(columns: list[list[str]]) -> bytes:
    text = '"\r\n"'.join(map('","'.join, zip(*columns, strict=True)))
    # A lone surrogate has no valid UTF-8.
    return f'"{text}"\r\n'.encode("utf-8", "replace")


def quotable(texts: list[str]) -> list[str]:
    return [text.replace('"', '""') for text in texts] if '"' in "".join(texts) else texts


def inert(cells: Iterable[object]) -> list[str]:
    """A column's cells as texts that no spreadsheet takes for formulas: anyone can choose the name of an app."""
    texts = [cell if type(cell) is str else as_text(cell) for cell in cells]
    together = ";".join(["", *texts])
    if not any(sign in together for sign in SIGNS) or not FORMULA.search(together):
        return texts
    return [FORMULA.sub(r"\g<0>'", f";{text}")[1:] for text in texts]


def as_text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(cell, list | tuple):
        return " ".join(cell)
    return "" if cell is None else str(cell)
