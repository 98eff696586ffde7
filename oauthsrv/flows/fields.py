"""The fields of a record as one table: the label of each, how a form holds it, and how it is checked.

A record is a dataclass whose fields are made by `row`, so a new field is one line there.
"""

import base64
import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeVar

from oauthsrv.flows.refusals import Problems

Record = TypeVar("Record")


class FormValues(Protocol):
    def get(self, name: str, default: str = "") -> str: ...

    def all(self, name: str) -> tuple[str, ...]: ...


class Kind(NamedTuple):
    """How a form holds a value, and how a form is filled with it."""

    empty: Any
    read: Callable[[FormValues, str], Any]
    fill: Callable[[Any], str | Sequence[str]]


def lines(text: str) -> list[str]:
    """The lines of a text area, stripped; empty ones stay, so that line numbers are right."""
    return [line.strip(" \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


TEXT = Kind("", lambda form, name: form.get(name), str)
LINES = Kind((), lambda form, name: lines(form.get(name)), "\n".join)
CHOICES = Kind((), lambda form, name: form.all(name), tuple)
BOX = Kind(False, lambda form, name: form.get(name) == "yes", lambda value: "yes" if value else "")
PICTURE = Kind(None, lambda form, name: form.get(name), lambda value: base64.b64encode(value).decode() if value else ())


class Change(Enum):
    """What changing a field means where records are reviewed and verified."""

    FREE = "in force at once"
    REVIEWED = "waits for review"
    IDENTIFIES = "waits for review; ends verification"
    GIVES_POWER = "an addition waits for review, ends verification, and needs the password"


class Checking(NamedTuple):
    """State that one form's checks share: the values as typed, the valid ones so far, and what is wrong."""

    typed: Mapping[str, Any]
    good: dict[str, Any]
    problems: Problems
    known_scopes: Sequence[str]
    issuer: str
    each_uri: str  # what a message calls one redirect URI
    listed_uris: Collection[str] = ()  # which public apps may register although their scheme has no dot


Check = Callable[[Any, Checking], Any]


class Row(NamedTuple):
    label: str
    kind: Kind
    check: Check
    change: Change
    default: Any  # when the field is not sent at all; a form sends it, if only as an empty box


def row(
    label: str,
    kind: Kind,
    check: Check = lambda value, _: value,
    change: Change = Change.FREE,
    default: Any = None,
) -> Any:
    default = kind.empty if default is None else default
    return dataclasses.field(default=default, metadata={"row": Row(label, kind, check, change, default)})


def rows(record: Any) -> dict[str, Row]:
    """The rows of a record or its class, by their names, in order."""
    return {field.name: field.metadata["row"] for field in dataclasses.fields(record)}


def read(record: type, form: FormValues) -> dict[str, Any]:
    """The fields of a record as typed."""
    return {name: row.kind.read(form, name) for name, row in rows(record).items()}


def fill(record: Any) -> dict[str, str | Sequence[str]]:
    """The values of a form that edits a record."""
    return {name: row.kind.fill(getattr(record, name)) for name, row in rows(record).items()}


def check(
    record: type[Record],
    typed: Mapping[str, Any],
    known_scopes: Sequence[str] = (),
    issuer: str = "",
    *,
    each_uri: str = "Line",
    listed_uris: Collection[str] = (),
) -> Record:
    """Check all fields and build the record. Raises FieldsRefused with everything that is wrong; `issuer` is ours."""
    checking = Checking(typed, {}, Problems(), list(known_scopes), issuer, each_uri, listed_uris)
    for name, row in rows(record).items():
        checking.good[name] = row.check(typed.get(name, row.default), checking)
    checking.problems.check()
    return record(**checking.good)


def columns(record: Any, names: Sequence[str]) -> dict[str, Any]:
    """The values of a record as queries take them: psycopg2 makes arrays of lists, not of tuples."""
    values = {name: getattr(record, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def as_set(value: Any) -> set[Any]:
    """The value of a field for comparison, ignoring order and empty lines."""
    return set(filter(None, [value] if isinstance(value, str | bytes | bool) or value is None else value))
