"""The parameters of a request: application/x-www-form-urlencoded, read strictly (RFC 6749 §3.1, §3.2, appendix B)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import quote, unquote_to_bytes

from oauthsrv.oauth.errors import InvalidRequest

MOST_FIELDS = 100
# Characters of one protocol parameter. Forms of our pages may have long lists, limited only by the body's size.
LONGEST_FIELD = 16_384
PLAIN = re.compile(r"[A-Za-z0-9._~:/-]*")  # what most names and tokens consist of
PLAIN_FORM = re.compile(r"[A-Za-z0-9._~:/&=-]*")
# A name and its value; and also where the value is empty, or a name without a value.
FIELD, FIELD_OR_BLANK = re.compile(r"(?:^|&)([^=&]+)=([^&]+)"), re.compile(r"(?:^|&)([^=&]+)=?([^&]*)")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Parameters:
    """Names and values in the order they were sent; values may be secrets, so repr shows none."""

    __slots__ = ("_repeated", "_values", "pairs")

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.pairs = pairs
        self._values = dict(pairs)
        self._repeated = tuple(repeated(pairs)) if len(self._values) < len(pairs) else ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parameters) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    @classmethod
    def parse(cls, raw: str, keep_blank: bool = False) -> Parameters:
        """Parse a query string or a body as WSGI represents it: one character per byte.

        A parameter without a value counts as not sent (RFC 6749 §3.1), except with `keep_blank`: in our pages' forms an
        emptied field means something. Raises InvalidRequest, and nothing else.
        """
        if raw.count("&") >= MOST_FIELDS:
            raise InvalidRequest(description=f"There are more than {MOST_FIELDS} parameters.")
        if len(raw) > LONGEST_FIELD and not keep_blank and max(map(len, raw.split("&"))) > LONGEST_FIELD:
            raise InvalidRequest(description=f"A parameter is longer than {LONGEST_FIELD} characters.")
        pairs = (FIELD_OR_BLANK if keep_blank else FIELD).findall(raw)
        if not PLAIN_FORM.fullmatch(raw):
            pairs = [(decode(name), decode(value)) for name, value in pairs]
        return cls(tuple(pairs))

    def get(self, name: str) -> str | None:
        """The value of `name`, if it was sent. Raises InvalidRequest if it was sent more than once."""
        if name in self._repeated:
            raise sent_twice(name)
        return self._values.get(name)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for sent, value in self.pairs if sent == name) if name in self._values else ()

    def has_any(self, names: frozenset[str]) -> bool:
        return not names.isdisjoint(self._values)

    def require(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise InvalidRequest(description=f"{name} is missing.", problem="parameter_missing", about=name)
        return value

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def check_repeats(self, except_for: Collection[str] = ("resource",)) -> None:
        """Refuse any repeated parameter, known or unknown (RFC 6749 §3.1; RFC 8707 §2 excepts resource)."""
        for name in self._repeated:
            if name not in except_for:
                raise sent_twice(name)

    def encoded(self) -> str:
        """The same parameters as a query string again."""
        return encode(self.pairs)


def repeated(pairs: Collection[tuple[str, str]]) -> Iterator[str]:
    """The names that were sent before, in the order of their repeats."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            yield name
        seen.add(name)


def sent_twice(name: str) -> InvalidRequest:
    return InvalidRequest(description=f"{name} was sent more than once.", problem="parameter_repeated", about=name)


def encode(pairs: Collection[tuple[str, str]]) -> str:
    # %20 rather than +: form decoders and plain percent-decoders both read it as a space.
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def decode(text: str) -> str:
    """Decode one form-encoded name or value. Raises InvalidRequest for a broken escape, invalid UTF-8 or a NUL."""
    if PLAIN.fullmatch(text):
        return text
    if BROKEN_ESCAPE.search(text):
        raise InvalidRequest(description="A percent sign is not followed by two hex digits: write it as %25.")
    try:
        decoded = unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise InvalidRequest(description="A parameter is not UTF-8.") from None
    if "\0" in decoded:
        # PostgreSQL's text type cannot hold it, and no client sends it on purpose.
        raise InvalidRequest(description="A parameter holds a NUL character.")
    return decoded
