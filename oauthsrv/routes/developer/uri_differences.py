"""The differences between a sent redirect URI and the registered one that was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# Scheme, host with port, path, and the rest: no one mistakes one of these for another.
URI_PARTS = re.compile(r"([^:/?#]*:)?(//[^/?#]*)?([^?#]*)(.*)", re.DOTALL)
# Words and single marks, as a person sees that a word differs, not that three of its letters are alike.
TOKEN = re.compile(r"[^\W_]+|.", re.DOTALL)


class Piece(NamedTuple):
    text: str
    differs: bool


class UriDifference(NamedTuple):
    sent: list[Piece]
    registered: list[Piece]


def difference(sent: str, registered: Iterable[str]) -> UriDifference:
    return max((compared(sent, uri) for uri in registered), key=likeness)


def compared(sent: str, registered: str) -> UriDifference:
    """Compare part by part: what differs is the middle, between a common beginning and end.

    It reads each character once, as anyone can choose what is compared.
    """
    found = UriDifference([], [])
    for theirs, ours in zip(uri_parts(sent), uri_parts(registered), strict=True):
        start = shared(theirs, ours)
        end = shared(theirs[start:][::-1], ours[start:][::-1])
        for pieces, tokens in ((found.sent, theirs), (found.registered, ours)):
            middle = len(tokens) - end
            add(pieces, tokens[:start], False)
            add(pieces, tokens[start:middle], True)
            add(pieces, tokens[middle:], False)
    return found


def uri_parts(uri: str) -> list[list[str]]:
    found = URI_PARTS.fullmatch(uri)
    assert found is not None
    return [TOKEN.findall(part or "") for part in found.groups()]


def shared(one: list[str], other: list[str]) -> int:
    """The number of tokens that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def add(pieces: list[Piece], tokens: list[str], differs: bool) -> None:
    text = "".join(tokens)
    if not text:
        return
    if pieces and pieces[-1].differs == differs:
        text = pieces.pop().text + text
    pieces.append(Piece(text, differs))


def likeness(found: UriDifference) -> float:
    """The share of both that is the same."""
    pieces = [*found.sent, *found.registered]
    same = sum(len(piece.text) for piece in pieces if not piece.differs)
    return same / max(1, sum(len(piece.text) for piece in pieces))
