"""Shared by the commands: the databases they work on, how they refuse, and how they print lists."""

import contextlib
import dataclasses
import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oauthsrv.config import Settings

if TYPE_CHECKING:
    from oauthsrv.server import Server

# Modules that need an extra are imported inside functions, as commands of a smaller extra import this file too.


RECORDED_ONLY = (
    "recorded, not yet in force: Redis cannot be reached. The running server brings it into force once it can; "
    "or repeat the command then"
)


class Refused(Exception):
    """The command was not carried out; the message, one line, says why."""


@contextlib.contextmanager
def on_databases(settings: Settings) -> Iterator[Settings]:
    """The settings with both URLs: as given, or those of the embedded servers, which run during the block."""
    if settings.database_url and settings.redis_url:
        yield settings
        return
    from oauthsrv.embedded import EmbeddedError, databases

    try:
        with databases(
            settings.data_dir, want_postgres=not settings.database_url, want_valkey=not settings.redis_url
        ) as found:
            yield dataclasses.replace(
                settings,
                database_url=settings.database_url or found.database_url,
                redis_url=settings.redis_url or found.redis_url,
            )
    except EmbeddedError as error:
        raise Refused(str(error)) from error


@contextlib.contextmanager
def migrated(settings: Settings) -> Iterator[tuple[Settings, list[str]]]:
    """The same settings, with the tables brought up to date, and the names of the migrations that were run."""
    from oauthsrv.store import CannotStart, StoreUnavailable
    from oauthsrv.store.migrations import migrate

    try:
        with on_databases(settings) as found:
            assert found.database_url
            yield found, migrate(found.database_url)
    except (CannotStart, StoreUnavailable) as error:
        raise Refused(str(error)) from error


def open_server(settings: Settings) -> "Server":
    """A Server on databases that were checked. Raises CannotStart."""
    from oauthsrv.server import Server
    from oauthsrv.store.redis_check import check_redis

    assert settings.database_url
    assert settings.redis_url
    server = Server.open(settings, database_url=settings.database_url, redis_url=settings.redis_url)
    try:
        check_redis(settings.redis_url, server.installation.id)
    except BaseException:
        server.close()
        raise
    return server


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator["Server"]:
    """A Server for a short command, with or without a running one. What flows refuse is raised as Refused."""
    from oauthsrv.flows.refusals import FieldsRefused, NotDone

    with migrated(settings) as (found, _), contextlib.closing(open_server(found)) as server:
        try:
            yield server
        except FieldsRefused as refused:
            raise Refused(one_line(refused.problems)) from None
        except NotDone as reason:
            raise Refused(str(reason)) from None


def find_user(server: "Server", email: str) -> Any:
    """The user with that email, or None."""
    from oauthsrv.store.database import reading, sql

    if not email.isprintable():
        return None
    with reading(server.database) as db:
        return sql.users.find_by_email(db, email=email.strip())


def one_line(problems: Mapping[str, Sequence[str]]) -> str:
    """Everything that is wrong, each with its field, for a person who sees no form."""
    return " ".join(
        f"{field.replace('_', ' ')}: {message}" if field else message
        for field, messages in problems.items()
        for message in messages
    )


def print_all(
    settings: Settings, query: Callable[..., list[Any]], key: str, row: Callable[[Any], Any], none: str
) -> None:
    """Print the `row` of each record of a query, or `none`; pages of the query continue by the column `key`."""
    with opened(settings) as server:
        rows = [row(record) for record in every(server, query, key)]
    print("\n".join(in_columns(rows)) if rows else none)


def every(server: "Server", query: Callable[..., list[Any]], key: str) -> Iterator[Any]:
    """All rows of a query, page by page; pages continue by the column `key`."""
    from oauthsrv.store.database import reading

    before = None
    while True:
        with reading(server.database) as db:
            page = query(db, before=before, rows=500)
        if not page:
            return
        yield from page
        before = getattr(page[-1], key)


def in_columns(rows: Sequence[Sequence[object]]) -> list[str]:
    """Each row as one line, in aligned columns."""
    texts = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, [*widths[:-1], 0], strict=True)) for row in texts]


def print_registered(title: str, registered: Mapping[str, Any], *, as_json: bool, advice: str) -> None:
    """Print the credentials of what was registered; `advice` is about the secret."""
    if as_json:
        print(json.dumps(registered))
        return
    print(title)
    print(f"client_id:     {registered['client_id']}")
    if "client_secret" in registered:
        print(f"client_secret: {registered['client_secret']}")
        print(f"The secret won't be shown again. {advice}")


def file_from(template: str, **values: object) -> str:
    """A configuration file from a template beside this file. Nothing is escaped, so every value must be checked."""
    text: str = templates().get_template(template).render(**values)
    return text.rstrip("\n") + "\n"


@functools.cache
def templates() -> Any:
    from mako.lookup import TemplateLookup

    return TemplateLookup([str(Path(__file__).parent)], strict_undefined=True)


def print_file(text: str, steps: Iterable[str]) -> None:
    """Print a file on stdout, so that it can be redirected, and what to do next on stderr."""
    print(text, end="", flush=True)
    print(
        "oauthsrv: next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1)), sep="\n", file=sys.stderr
    )
