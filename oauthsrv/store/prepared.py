"""Statements that PostgreSQL plans once per connection: those that every refresh and exchange runs."""

import re
from dataclasses import dataclass
from hashlib import sha256

PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement; its `name` is derived from its text, so that no other version of this program runs it by mistake."""

    name: str
    prepare: str
    execute: str


def prepared(text: str) -> Prepared:
    """The statement for psycopg2's text of a query, with the types of parameters whose position does not imply them."""
    names = list(dict.fromkeys(PARAMETER.findall(text)))
    body = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text).rstrip().rstrip(";")
    name = "oauthsrv_" + sha256(text.encode()).hexdigest()[:16]
    arguments = ", ".join(f"%({each})s" for each in names)
    return Prepared(name, f"PREPARE {name} AS {body}", f"EXECUTE {name} ({arguments})")
