"""Lists page by page; the filters in the address stay from page to page."""

import re
from typing import Any, NamedTuple
from urllib.parse import urlencode

from oauthsrv.routes.request import Request


class Pages(NamedTuple):
    """The addresses of the previous and next page."""

    newer: str | None
    older: str | None


def paged(
    request: Request, found: list[Any], most: int, key: str, *, place: str = "before", fragment: str = ""
) -> tuple[list[Any], Pages]:
    """The rows of this page, and its neighbors; `found` has one row more than `most` if there are older ones.

    The parameter `place` is the column `key` of the row after which this page begins.
    """
    newer = older = None
    if request.query.get(place):
        newer = address(request, request.path, without=place) + fragment
    if len(found) > most:
        older = address(request, request.path, without=place, **{place: str(getattr(found[most - 1], key))}) + fragment
    return found[:most], Pages(newer, older)


def row_number(request: Request, place: str = "before") -> int | None:
    """The row number in the address; None if there is none."""
    text = request.query.get(place)
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def address(request: Request, path: str, *, without: str, **more: str) -> str:
    """`path` with the filters of this page, except the names in `without`, which spaces separate."""
    kept = [(name, text) for name, value in request.query.without(*without.split()) if (text := value.strip())]
    query = urlencode([*kept, *more.items()])
    return f"{path}?{query}" if query else path
