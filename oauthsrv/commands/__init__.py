"""What the commands share: the databases they work on, and how they refuse."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from oauthsrv.config import Settings

if TYPE_CHECKING:
    from oauthsrv.server import Server

# Rooms that need an extra are imported inside the functions: a command of a smaller extra passes here too.


class Refused(Exception):
    """The command was understood and is not done; the message, one line, says why."""


@contextlib.contextmanager
def on_databases(settings: Settings) -> Iterator[Settings]:
    """The settings with both URLs filled in: as given, or of the embedded servers, which run meanwhile."""
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
    """The same, with the tables brought up to date; and the names of the migrations that this took."""
    from oauthsrv.store import CannotStart, StoreUnavailable
    from oauthsrv.store.migrations import migrate

    try:
        with on_databases(settings) as found:
            assert found.database_url
            yield found, migrate(found.database_url)
    except (CannotStart, StoreUnavailable) as error:
        raise Refused(str(error)) from error


def open_server(settings: Settings) -> "Server":
    """On databases that were found to be what they must be; raises CannotStart."""
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
    """A Server for a short command, beside a running one or without it."""
    with migrated(settings) as (found, _), contextlib.closing(open_server(found)) as server:
        yield server


def every(server: "Server", query: Callable[..., list[Any]], key: str) -> Iterator[Any]:
    """All rows of a query, page by page; `key` names the column that pages go by."""
    from oauthsrv.store.database import reading

    before = None
    while True:
        with reading(server.database) as db:
            page = query(db, before=before, rows=500)
        if not page:
            return
        yield from page
        before = getattr(page[-1], key)
