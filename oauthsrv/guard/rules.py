"""The scopes a call needs: a table of methods, paths and scopes, in which the first match decides."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from oauthsrv.guard.refusals import AccessDenied, InvalidRequest

log = logging.getLogger(__name__)

Scopes = Collection[str] | str | None
GivenRule = tuple[str | Collection[str], str, Scopes] | tuple[str | Collection[str], str, Scopes, str]

APPS = "apps"  # the fourth part of a rule that accepts tokens without a user

METHODS = {
    *("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "PROPFIND", "PROPPATCH"),
    *("MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "LINK", "UNLINK", "PURGE"),
}
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3

# Parts of a decoded path that programs interpret differently: path parameters, backslashes, controls, broken UTF-8,
# empty segments, double encoding, and segments that some programs trim or resolve.
UNCLEAR = re.compile(r"[;\\\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]|//|%[0-9A-Fa-f]{2}|[.\s](?:/|$)|/\s")
# The same in a path as it was sent: encoded separators and controls, and double encoding.
UNCLEAR_RAW = re.compile(r"%(?:[01]|2f|3b|5c|7f|25[0-9a-f]{2})", re.IGNORECASE)
PATTERN = re.compile(r"[*<>{}?#\[\]()^$|]")
SHOWN = 200  # characters of a path in the log


class ScopeRule(NamedTuple):
    methods: frozenset[str]  # empty: all
    path: str
    scopes: tuple[str, ...] | None  # None: open to everyone
    apps: bool = False  # accepts tokens that apps got for themselves, without a user, too

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")

    def resembles(self, path: str) -> bool:
        """Whether some program could treat `path` as this rule's: billing.json, Billing, billing:all."""
        if self.path == "/":
            return True
        path, own = folded(path), folded(self.path)
        return path.startswith(own) and not re.match(r"[\w-]", path[len(own) :])

    def leaves_nothing_to(self, later: ScopeRule) -> bool:
        wider = not self.methods or (bool(later.methods) and later.methods <= self.methods)
        return wider and self.covers(later.path)


class Needed(NamedTuple):
    """The needs of a call: a token with all of these scopes, of a user unless `apps`."""

    scopes: tuple[str, ...]
    apps: bool = False

    def also(self, rule: ScopeRule) -> Needed:
        return Needed((*self.scopes, *(rule.scopes or ())), self.apps and (rule.apps or rule.scopes is None))


class Rules:
    """A checked table of rules. Raises ValueError or TypeError for a mistake in it."""

    def __init__(self, given: Iterable[GivenRule]) -> None:
        self._rules = [parse(one) for one in given]
        for number, later in enumerate(self._rules):
            for earlier in self._rules[:number]:
                if earlier.leaves_nothing_to(later):
                    raise ValueError(
                        f"the rule for {later.path!r} never applies, because the one for {earlier.path!r} comes before "
                        "it. The first rule that matches decides: put the narrower one first"
                    )

    def needed(self, method: str, path: str) -> Needed | None:
        """What a call needs; None if it is open to everyone. Raises AccessDenied if no rule matches.

        An earlier rule that has the path in another spelling adds its own needs.
        """
        method = "GET" if method == "HEAD" else method
        found: Needed | None = None
        for rule in self._rules:
            if rule.methods and method not in rule.methods:
                continue
            if rule.covers(path):
                return found.also(rule) if found else None if rule.scopes is None else Needed(rule.scopes, rule.apps)
            if rule.scopes is not None and rule.resembles(path):
                found = (found or Needed((), apps=True)).also(rule)
        if found is None:
            log.warning("no rule of the guard covers %s %s", ascii(method)[:SHOWN], ascii(path)[:SHOWN])
            raise AccessDenied("no rule")
        return found


def parse(given: Any) -> ScopeRule:
    if not isinstance(given, tuple | list) or len(given) not in (3, 4):
        raise ValueError(f"a rule is (methods, path, scopes), or has {APPS!r} after them, not {given!r}")
    methods, path, scopes, *apps = given
    if apps and (apps != [APPS] or scopes is None):
        raise ValueError(f"after the scopes of a rule comes {APPS!r} or nothing, not {apps[0]!r}")
    parsed = None if scopes is None else parse_scopes(scopes)
    return ScopeRule(parse_methods(methods), parse_path(path), parsed, bool(apps))


def parse_methods(given: Any) -> frozenset[str]:
    """Read methods: a string with spaces or commas, or a list; `*` means all, and GET includes HEAD."""
    names = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    if names == ["*"]:
        return frozenset()
    methods = {name.upper() for name in names}
    if not methods:
        raise ValueError("a rule needs methods, or * for all")
    if "HEAD" in methods and "GET" not in methods:
        raise ValueError("a rule for HEAD is one for GET: use GET, which covers both")
    if unknown := methods - METHODS - {"HEAD"}:
        raise ValueError(f"a rule has an unknown method: {', '.join(sorted(unknown))}")
    return frozenset(methods - {"HEAD"})


def parse_path(given: Any) -> str:
    """Read a path, written plainly or percent-encoded."""
    if not isinstance(given, str) or not given.startswith("/"):
        raise ValueError(f"the path of a rule starts with a slash, unlike {given!r}")
    if PATTERN.search(given):
        raise ValueError(
            f"the path of a rule is not a pattern, unlike {given!r}: it already covers everything below it"
        )
    path = unquote(given, errors="strict")
    if UNCLEAR.search(path) or UNCLEAR_RAW.search(given):
        raise ValueError(f"no call can match the rule for {given!r}: such paths are refused")
    return path.rstrip("/") or "/"


def parse_scopes(given: Any) -> tuple[str, ...]:
    """Read scopes, all of them required: a string with spaces, or a list of strings."""
    if isinstance(given, str):
        given = given.split()
        if not given:
            raise ValueError("there is no scope in it: use () to accept any good token")
    if not isinstance(given, list | tuple | set | frozenset):
        raise TypeError(f"scopes are a list, or a string with spaces, not {given!r}")
    for scope in given:
        if not isinstance(scope, str) or not SCOPE.fullmatch(scope):
            raise ValueError(f"{scope!r} is not a scope")
    return tuple(given)


def check_address(path: str | None, raw: str) -> None:
    """Refuse an address that programs interpret differently: the rules could check another path than the API sees.

    `path` is decoded, None if it is not UTF-8; `raw` is the address as it was sent, if the server passes it on.
    """
    unclear = path is None or not path.startswith("/") or UNCLEAR.search(path)
    if unclear or UNCLEAR_RAW.search(raw.partition("?")[0]):
        raise InvalidRequest(
            description="The path contains an encoded separator, an empty segment, a semicolon, or the like."
        )


def folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()
