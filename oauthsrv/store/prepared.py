"""Statements that PostgreSQL plans once per connection: those that every refresh and exchange runs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

PARAMETER = re.compile(r"%\((\w+)\)s")
# Printable ASCII without quotes, backslash and percent: the same in a literal, an array's element and a format.
PLAIN = re.compile(r"[ !#$&(-\[\]-~]*")


def text_literal(value: str) -> str | None:
    return f"'{value}'" if PLAIN.fullmatch(value) else None


def list_literal(values: list[Any]) -> str | None:
    """The literal of a list of texts."""
    for value in values:
        if type(value) is not str or not PLAIN.fullmatch(value):
            return None
    elements = '","'.join(values)
    return f"'{{\"{elements}\"}}'" if values else "'{}'"


# How values are written that hold nothing to quote, which psycopg2 takes much longer for; None: it has to quote this
# one. E'' means the same whatever standard_conforming_strings is.
LITERALS: dict[type, Callable[[Any], str | None]] = {
    str: text_literal,
    list: list_literal,
    bytes: lambda value: f"E'\\\\x{value.hex()}'",
    int: str,
    float: repr,
    bool: str,
    type(None): lambda _: "NULL",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement; its `name` is derived from its text, so that no other version of this program runs it by mistake."""

    name: str
    prepare: str
    parameters: tuple[str, ...]

    def execute(self, values: Mapping[str, Any]) -> str:
        """The text that runs it, with parameters of psycopg2 where a value has to be quoted."""
        arguments = []
        for name in self.parameters:
            write = LITERALS.get(type(value := values[name]))
            arguments.append((write and write(value)) or f"%({name})s")
        return f"EXECUTE {self.name} ({', '.join(arguments)})"


def prepared(text: str) -> Prepared:
    """The statement for psycopg2's text of a query, with the types of parameters whose position does not imply them."""
    names = tuple(dict.fromkeys(PARAMETER.findall(text)))
    body = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text).rstrip().rstrip(";")
    name = "oauthsrv_" + sha256(text.encode()).hexdigest()[:16]
    return Prepared(name, f"PREPARE {name} AS {body}", names)
