"""How a redirect URI that was sent differs from the registered one that it was most likely meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# Scheme, host with its port, path, and the rest: nobody means one of them by another.
URI_PARTS = re.compile(r"([^:/?#]*:)?(//[^/?#]*)?([^?#]*)(.*)", re.DOTALL)
# Words and single marks: a person sees a word that differs, not the three letters of it that happen to be alike.
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
    """In each part, what differs is the middle, between a common beginning and end.

    It reads each character once, because anyone can choose what is compared.
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
    """How many tokens both begin with."""
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
    """How much of both is the same."""
    pieces = [*found.sent, *found.registered]
    same = sum(len(piece.text) for piece in pieces if not piece.differs)
    return same / max(1, sum(len(piece.text) for piece in pieces))
