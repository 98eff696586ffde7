"""The one place where a posted form or a query is read: strictly decoded, and refused if no browser sends it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from oauthsrv.oauth.errors import InvalidRequest
from oauthsrv.oauth.parameters import Parameters

MAX_BYTES = 128 << 10
FORM_TYPE = "application/x-www-form-urlencoded"

# Names that may be repeated: the boxes of our own pages, and `resource` (RFC 8707 §2).
MAY_REPEAT = frozenset(
    {"scope", "scopes", "optional_scopes", "grant_types", "authentication_methods", "resource", "resources", "ticked"}
)


class FieldDifference(NamedTuple):
    """A field whose saved value differs from the one in the form; each value as lines."""

    label: str
    saved: list[str]
    typed: list[str]


class Conflict(NamedTuple):
    """A change to the record after the form was opened."""

    differences: list[FieldDifference]


class Form:
    """The typed values, which are shown again, and the problems of each field.

    `shown` is the hash of the record's fields when the form was filled (flows.refusals).
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)
        self.errors: dict[str, list[str]] = {}
        self.problem = ""
        self.shown = self.get("shown")
        self.conflict: Conflict | None = None

    @classmethod
    def of(cls, **values: str | Iterable[str] | None) -> Form:
        """A form that is shown for the first time, with initial values."""
        pairs: list[tuple[str, str]] = []
        for name, value in values.items():
            texts = [value] if isinstance(value, str) else value or ()
            pairs.extend((name, text) for text in texts)
        return cls(pairs)

    def showing(self, shown: str) -> Form:
        """The same form, for a record whose fields have this hash."""
        self.shown = shown
        return self

    def with_problem(self, problem: str) -> Form:
        """The same form, with a problem that concerns all of it."""
        self.problem = problem
        return self

    def get(self, name: str, default: str = "") -> str:
        """The value exactly as typed."""
        return next((value for key, value in self.pairs if key == name), default)

    def text(self, name: str) -> str:
        """The value without the spaces around it."""
        return self.get(name).strip()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.pairs if key == name)

    def without(self, *names: str) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, value in self.pairs if name not in names)

    def refuse(self, name: str, *reasons: str) -> None:
        """Report at field `name` what is wrong with it."""
        self.errors.setdefault(name, []).extend(reasons)

    def refuse_all(self, reasons: Mapping[str, Iterable[str]]) -> None:
        """`reasons`: field → what is wrong with it; "" for the form as a whole."""
        for name, texts in reasons.items():
            if name:
                self.refuse(name, *texts)
            else:
                self.problem = " ".join(texts)

    @property
    def is_good(self) -> bool:
        return not self.errors and not self.problem


def read_form(environ: Mapping[str, Any]) -> Form:
    """The posted form. Raises Unreadable."""
    return checked(Parameters.parse(raw_form(environ), keep_blank=True).pairs)


def read_query(environ: Mapping[str, Any]) -> Form:
    """The query of the address. Raises InvalidRequest."""
    return checked(Parameters.parse(str(environ.get("QUERY_STRING", "")), keep_blank=True).pairs)


def checked(pairs: Iterable[tuple[str, str]]) -> Form:
    """A form of these fields, in which none is repeated that may not be."""
    parameters = Parameters(tuple(pairs))
    parameters.check_repeats(except_for=MAY_REPEAT)
    return Form(parameters.pairs)


class Unreadable(InvalidRequest):
    """The body is too large (413), not a form (415), or malformed (400)."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description=description, problem="not_a_form" if status == 415 else "")
        self.status = status


def raw_form(environ: Mapping[str, Any]) -> str:
    """The text of a posted form, before anything is decoded. Raises Unreadable."""
    return form_text(environ, posted_bytes(environ))


def form_text(environ: Mapping[str, Any], body: bytes) -> str:
    if environ.get("CONTENT_TYPE") != FORM_TYPE and (kind := media_type(environ)) != FORM_TYPE and (body or kind):
        raise Unreadable(415, f"The body is not a form of the type {FORM_TYPE}.")
    # One character per byte, as WSGI gives a query; each parameter is decoded later.
    return body.decode("latin-1")


def media_type(environ: Mapping[str, Any]) -> str:
    """The type of the body, without its parameters."""
    return str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()


def posted_bytes(environ: Mapping[str, Any], most: int = MAX_BYTES) -> bytes:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if length < 0:
        raise Unreadable(400, "Content-Length is not a number.")
    if length > most:
        raise too_large(length, most)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        raise Unreadable(400, "The body is shorter than its Content-Length.")
    return body


def too_large(length: int, most: int) -> Unreadable:
    return Unreadable(413, f"At most {most >> 10} KiB can be sent here; this is {-(-length >> 10)} KiB.")
