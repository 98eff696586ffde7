"""The check of every page that a test sees finds what it is for, though pages that look alike are checked once."""

from __future__ import annotations

import pytest
from html5lib.html5parser import ParseError

from browser import alike, check_html

PAGE = """<!doctype html><html lang="en"><head><title>Apps</title></head><body><h1 id="top">Apps</h1>
<p title="first">Of Vera</p><a href="/account">Account</a>
<form method="post"><input name="csrf" value="0123456789abcdef0123456789abcdef"></form></body></html>"""

WRONG = {
    "an ampersand that is not escaped": ("Of Vera", "Of &Vera;"),
    "a tag from a value": ("Of Vera", "Of <b>Vera"),
    "a quote from a value": ('"first"', '"fi"rst"'),
    "a control character in text": ("Of Vera", "Of \x01Vera"),
    "a control character in a link": ("/account", "/\x01account"),
    "two elements with one id": ('<p title="first">', '<p id="top">'),
    "a style in a tag": ('<p title="first">', '<p style="color: red">'),
    "a style after brackets in values": ('<p title="first">', '<p title=">" style="color: red" lang="<">'),
    "a script in the page": ("Of Vera", "<script>1</script>"),
    "no heading": ("h1", "h2"),
    "two headings": ("Of Vera", "</p><h1>Vera</h1><p>"),
    "a form without a token": ("csrf", "other"),
    "a token that is short": ("0123456789abcdef0123456789abcdef", "0123456789a"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_rule_12_a_page_that_is_wrong_is_found(change: tuple[str, str]) -> None:
    check_html(alike(PAGE))
    wrong = PAGE.replace(*change)
    assert wrong != PAGE
    with pytest.raises((ParseError, AssertionError)):
        check_html(alike(wrong))


def test_pages_that_differ_only_in_plain_text_are_checked_once() -> None:
    another = PAGE.replace("Of Vera", "Of Walter").replace("/account", "/account/apps")
    assert alike(another) == alike(PAGE)
