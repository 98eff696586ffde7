"""The one place where a posted form or a query is read: decoded strictly, and refused where no browser sends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bottle import request

from oauthsrv.oauth.errors import InvalidRequest
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.pages import PageError

MAX_BYTES = 128 << 10
FORM_TYPE = "application/x-www-form-urlencoded"
KEY = "oauthsrv.form"

# Names that may come several times: the boxes of our own pages, and `resource` (RFC 8707 §2).
MAY_REPEAT = frozenset({"scope", "scopes", "optional_scopes", "resource"})


class Difference(NamedTuple):
    """A field whose saved value isn't the one in the form; each value as lines."""

    label: str
    saved: list[str]
    typed: list[str]


class Conflict(NamedTuple):
    """The record was changed after the form was opened."""

    differences: list[Difference]


class Form:
    """What was typed, which is kept, and what is wrong with it, which is said beside the field.

    `shown` is the hash of the fields that the form of a record was filled with (flows.refusals).
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)
        self.errors: dict[str, list[str]] = {}
        self.problem = ""
        self.shown = self.get("shown")
        self.conflict: Conflict | None = None

    @classmethod
    def of(cls, **values: str | Iterable[str] | None) -> Form:
        """A form that is shown for the first time, filled with what is known."""
        pairs: list[tuple[str, str]] = []
        for name, value in values.items():
            texts = [value] if isinstance(value, str) else value or ()
            pairs.extend((name, text) for text in texts)
        return cls(pairs)

    def showing(self, shown: str) -> Form:
        """The same form, of a record whose fields have this hash."""
        self.shown = shown
        return self

    def get(self, name: str, default: str = "") -> str:
        """The value exactly as it was typed."""
        return next((value for key, value in self.pairs if key == name), default)

    def text(self, name: str) -> str:
        """The value without the spaces around it."""
        return self.get(name).strip()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.pairs if key == name)

    def without(self, *names: str) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, value in self.pairs if name not in names)

    def refuse(self, name: str, *reasons: str) -> None:
        """Says at field `name` what is wrong with it."""
        self.errors.setdefault(name, []).extend(reasons)

    def refuse_all(self, reasons: Mapping[str, Iterable[str]]) -> None:
        for name, texts in reasons.items():
            self.refuse(name, *texts)

    @property
    def is_good(self) -> bool:
        return not self.errors and not self.problem


def form() -> Form:
    """The form of this request; read once, and the same for every guard and the door."""
    kept: Form | None = request.environ.get(KEY)
    return kept or keep(parsed(raw_form(), "form"))


def keep(read: Form) -> Form:
    """From here on this is the form of this request."""
    request.environ[KEY] = read
    return read


def query() -> Form:
    """The query of this request's address."""
    return parsed(request.query_string, "address")


def parsed(raw: str, what: str) -> Form:
    try:
        parameters = Parameters.parse(raw, keep_blank=True)
    except InvalidRequest as error:
        raise unreadable(what, error.description) from error
    return checked(parameters.pairs, what)


def checked(pairs: Iterable[tuple[str, str]], what: str) -> Form:
    """A form of these fields, where none came twice that may not."""
    parameters = Parameters(tuple(pairs))
    try:
        parameters.check_repeats(except_for=MAY_REPEAT)
    except InvalidRequest as error:
        raise unreadable(what, error.description) from error
    return Form(parameters.pairs)


def unreadable(what: str, reason: str) -> PageError:
    return PageError(
        400,
        "This could not be read",
        f"The {what} that arrived is not as our pages make it: {reason}",
        todo="Go back, reload the page, and try again.",
    )


def too_much(length: int, most: int) -> PageError:
    return PageError(
        413,
        "Too much",
        f"A form may be {most >> 10} KiB long; this one is {-(-length >> 10)} KiB.",
        todo="Go back, shorten what you typed or choose a smaller file, and send it again.",
    )


def raw_form() -> str:
    """The text of a posted form, before anything is decoded; for the protocol's endpoints too.

    Raises PageError: 413 too large, 415 not a form, 400 not what it says it is.
    """
    content_type = request.environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    body = posted_bytes()
    if content_type != FORM_TYPE and (body or content_type):
        raise PageError(
            415,
            "Not a form",
            f"What was sent is not a form of the type {FORM_TYPE}.",
            todo="Use the form on our page.",
        )
    # One character a byte, as WSGI gives a query: what it spells is decoded with each parameter.
    return body.decode("latin-1")


def posted_parameters() -> Parameters:
    """The parameters that a client posted to a protocol endpoint, none repeated; raises InvalidRequest."""
    try:
        parameters = Parameters.parse(raw_form())
    except PageError as error:
        refusal = InvalidRequest(description=error.text)
        refusal.status = error.status
        raise refusal from error
    parameters.check_repeats()
    return parameters


def posted_bytes(most: int = MAX_BYTES) -> bytes:
    environ: dict[str, Any] = request.environ
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if length < 0:
        raise PageError(400, "This could not be read", "Its length is not a number.", todo="Try again.")
    if length > most:
        raise too_much(length, most)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        raise PageError(400, "This could not be read", "It ended before its end.", todo="Send it again.")
    return body
