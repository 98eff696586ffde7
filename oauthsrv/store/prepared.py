"""Statements that PostgreSQL plans once for each connection: those that every refresh and exchange runs."""

import re
from dataclasses import dataclass
from hashlib import sha256

PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Prepared:
    """`name` is made from the text, so that nothing of another version of this program can be run by it."""

    name: str
    prepare: str
    execute: str


def prepared(text: str) -> Prepared:
    """The statement for psycopg2's text of a query, with the types of parameters whose places do not tell them."""
    names = list(dict.fromkeys(PARAMETER.findall(text)))
    body = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text).rstrip().rstrip(";")
    name = "oauthsrv_" + sha256(text.encode()).hexdigest()[:16]
    arguments = ", ".join(f"%({each})s" for each in names)
    return Prepared(name, f"PREPARE {name} AS {body}", f"EXECUTE {name} ({arguments})")
