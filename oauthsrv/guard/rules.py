"""Which scopes a call needs: a table of methods, paths and scopes, in which the first line that fits decides."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from oauthsrv.guard.refusals import AccessDenied, InvalidRequest

log = logging.getLogger(__name__)

Given = tuple[str | Collection[str], str, Collection[str] | str | None]

METHODS = {
    *("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "PROPFIND", "PROPPATCH"),
    *("MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "LINK", "UNLINK", "PURGE"),
}
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3

# What two programs could read in two ways, in a decoded path: path parameters, backslashes, controls, broken UTF-8,
# empty segments, whatever was encoded twice, and segments that some programs trim or resolve.
UNCLEAR = re.compile(r"[;\\\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]|//|%[0-9A-Fa-f]{2}|[.\s](?:/|$)|/\s")
# The same in a path as it was sent: separators and controls in disguise, and whatever was encoded twice.
UNCLEAR_RAW = re.compile(r"%(?:[01]|2f|3b|5c|7f|25[0-9a-f]{2})", re.IGNORECASE)
PATTERN = re.compile(r"[*<>{}?#\[\]()^$|]")
SHOWN = 200  # characters of a path in the log


class Rule(NamedTuple):
    methods: frozenset[str]  # empty: all
    path: str
    scopes: tuple[str, ...] | None  # None: open to everybody

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")

    def resembles(self, path: str) -> bool:
        """Whether some program could take `path` for one that this rule names: billing.json, Billing, billing:all."""
        if self.path == "/":
            return True
        path, own = folded(path), folded(self.path)
        return path.startswith(own) and not re.match(r"[\w-]", path[len(own) :])

    def leaves_nothing_to(self, later: Rule) -> bool:
        wider = not self.methods or (bool(later.methods) and later.methods <= self.methods)
        return wider and self.covers(later.path)


class Rules:
    """Raises ValueError or TypeError for a table that cannot be what was meant."""

    def __init__(self, given: Iterable[Given]) -> None:
        self._rules = [parse(one) for one in given]
        for number, later in enumerate(self._rules):
            for earlier in self._rules[:number]:
                if earlier.leaves_nothing_to(later):
                    raise ValueError(
                        f"the rule for {later.path!r} never applies, as the one for {earlier.path!r} stands before "
                        "it. The first rule that matches decides: put the narrower one first"
                    )

    def needed(self, method: str, path: str) -> tuple[str, ...] | None:
        """The scopes that are all needed; None where everybody may call. Raises AccessDenied where no rule fits.

        An earlier rule that names the path in another spelling is kept too.
        """
        method = "GET" if method == "HEAD" else method
        found: tuple[str, ...] | None = None
        for rule in self._rules:
            if rule.methods and method not in rule.methods:
                continue
            if rule.covers(path):
                return rule.scopes if found is None else (*found, *(rule.scopes or ()))
            if rule.scopes is not None and rule.resembles(path):
                found = (*(found or ()), *rule.scopes)
        if found is None:
            log.warning("no rule of the guard covers %s %s", ascii(method)[:SHOWN], ascii(path)[:SHOWN])
            raise AccessDenied("no rule")
        return found


def parse(given: Any) -> Rule:
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise ValueError(f"a rule is (methods, path, scopes), not {given!r}")
    methods, path, scopes = given
    return Rule(parse_methods(methods), parse_path(path), None if scopes is None else parse_scopes(scopes))


def parse_methods(given: Any) -> frozenset[str]:
    """A text with spaces or commas, or a list; `*` stands for all, and GET for HEAD too."""
    words = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    if words == ["*"]:
        return frozenset()
    methods = {word.upper() for word in words}
    if not methods:
        raise ValueError("a rule names methods, or * for all")
    if "HEAD" in methods and "GET" not in methods:
        raise ValueError("a rule for HEAD is one for GET: name GET, which covers both")
    if unknown := methods - METHODS - {"HEAD"}:
        raise ValueError(f"a rule names an unknown method: {', '.join(sorted(unknown))}")
    return frozenset(methods - {"HEAD"})


def parse_path(given: Any) -> str:
    """As people write it, or percent-encoded."""
    if not isinstance(given, str) or not given.startswith("/"):
        raise ValueError(f"the path of a rule begins with a slash, unlike {given!r}")
    if PATTERN.search(given):
        raise ValueError(f"the path of a rule is no pattern, unlike {given!r}: it covers all below it by itself")
    path = unquote(given, errors="strict")
    if UNCLEAR.search(path) or UNCLEAR_RAW.search(given):
        raise ValueError(f"no call can match the rule for {given!r}: such paths are refused")
    return path.rstrip("/") or "/"


def parse_scopes(given: Any) -> tuple[str, ...]:
    """A text with spaces between them, or a list of texts; all are needed."""
    if isinstance(given, str):
        given = given.split()
        if not given:
            raise ValueError("no scope is named: () stands for any good token")
    if not isinstance(given, list | tuple | set | frozenset):
        raise TypeError(f"scopes are a list, or a text with spaces, not {given!r}")
    for scope in given:
        if not isinstance(scope, str) or not SCOPE.fullmatch(scope):
            raise ValueError(f"{scope!r} is not a scope")
    return tuple(given)


def check_address(path: str | None, raw: str) -> None:
    """Two programs must not read one address differently: the rules would be about another path.

    `path` is decoded, None where it is no UTF-8; `raw` is the address as it was sent, where the server tells it.
    """
    unclear = path is None or not path.startswith("/") or UNCLEAR.search(path)
    if unclear or UNCLEAR_RAW.search(raw.partition("?")[0]):
        raise InvalidRequest(
            description="The path holds an encoded separator, an empty segment, a semicolon, or the like."
        )


def folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()
