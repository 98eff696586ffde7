"""Lists page by page: which neighbors a page has, and that the filters of its address stay."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oauthsrv.routes.pager import Pages, address, paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

ROWS = [SimpleNamespace(key=number) for number in range(4)]


def request_of(server: Server, query: str) -> Request:
    return Request(server, {"PATH_INFO": "/list", "QUERY_STRING": query}, {})


@pytest.mark.parametrize(
    ("query", "most", "shown", "pages"),
    [
        ("", 4, 4, Pages(None, None)),
        ("", 3, 3, Pages(None, "/list?before=2")),
        ("before=9", 4, 4, Pages("/list", None)),
        ("before=9", 3, 3, Pages("/list", "/list?before=2")),
        ("q=a+b%26c&before=9&status=", 3, 3, Pages("/list?q=a+b%26c", "/list?q=a+b%26c&before=2")),
    ],
)
def test_a_page_has_neighbors_and_they_keep_the_filters(
    server: Server, query: str, most: int, shown: int, pages: Pages
) -> None:
    rows, more = paged(request_of(server, query), ROWS, most, "key")
    assert (len(rows), more) == (shown, pages)


def test_two_lists_of_a_page_turn_by_themselves(server: Server) -> None:
    request = request_of(server, "after=1&after_change=7")
    _, more = paged(request, ROWS, 3, "key", place="after_change", fragment="#changes")
    assert more == Pages("/list?after=1#changes", "/list?after=1&after_change=2#changes")


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("", None), ("x", None), ("-1", None), ("9" * 19, None)])
def test_a_row_is_named_by_a_number(server: Server, text: str, number: int | None) -> None:
    assert row_number(request_of(server, f"before={text}")) == number


def test_another_address_has_the_same_filters(server: Server) -> None:
    request = request_of(server, "q=%22%3E%3Cb%3E&before=3")
    assert address(request, "/list.csv", without="before") == "/list.csv?q=%22%3E%3Cb%3E"
