"""Databases of PostgreSQL that a test makes for itself, as the superuser of the tests' cluster."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from oauthsrv.embedded import Databases
from oauthsrv.embedded.postgres import NAME, SUPERUSER


def superuser(url: str, database: str = "postgres") -> str:
    return psycopg2.extensions.make_dsn(url, dbname=database, user=SUPERUSER)


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Each by itself; the rows of the last one."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def url_of(cluster: Databases, database: str, role: str = NAME) -> str:
    parts = urlsplit(cluster.database_url)
    return urlunsplit(parts._replace(netloc=f"{role}@", path=f"/{database}"))


@contextlib.contextmanager
def empty_database(cluster: Databases, options: str = "", owner: str = NAME) -> Iterator[str]:
    """The name of a database without a table, which is dropped at the end."""
    name = f"test_{secrets.token_hex(4)}"
    execute(superuser(cluster.database_url), f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 {options}")
    try:
        yield name
    finally:
        execute(superuser(cluster.database_url), f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def role(cluster: Databases, options: str = "LOGIN") -> Iterator[str]:
    """The name of a role, which owns nothing at the end."""
    name = f"role_{secrets.token_hex(4)}"
    execute(superuser(cluster.database_url), f"CREATE ROLE {name} {options}")
    try:
        yield name
    finally:
        execute(superuser(cluster.database_url), f"DROP ROLE {name}")
