"""Our own PostgreSQL and Valkey, with their data in one folder: the first process starts them, the last stops them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from oauthsrv.embedded import locks
from oauthsrv.embedded.database_server import TIME_LIMIT, DatabaseServer
from oauthsrv.embedded.folders import DataFolder, EmbeddedError, make_private_folder, open_data_folder
from oauthsrv.embedded.postgres import Postgres
from oauthsrv.embedded.valkey import Valkey

__all__ = ["Databases", "EmbeddedError", "databases"]

# Seconds: one process before us may be stopping the databases, and another one starting them.
START_LOCK_LIMIT = 2 * TIME_LIMIT + 30


@dataclass(frozen=True)
class Databases:
    """Where the databases listen; empty for one that was not wanted."""

    database_url: str
    redis_url: str


@contextmanager
def databases(data_dir: Path, *, want_postgres: bool = True, want_valkey: bool = True) -> Iterator[Databases]:
    """The databases of a data folder, running for as long as any process is inside such a block.

    A process killed inside leaves them running, and the next one finds them. A forked child may leave the block:
    only the process that entered it stops them.
    """
    entered = os.getpid()
    with explained(data_dir):
        data_folder = open_data_folder(data_dir)
    postgres, valkey = Postgres(data_folder), Valkey(data_folder)
    # Valkey first: it comes up while PostgreSQL's folder is being made.
    wanted = [server for server, is_wanted in ((valkey, want_valkey), (postgres, want_postgres)) if is_wanted]
    with locks.lock_file(data_folder.path / "users.lock", data_folder.account) as users:
        with explained(data_dir), start_lock(data_folder):
            locks.share(users)
            try:
                bring_up(data_folder, wanted)
            except BaseException:
                stop_if_last(data_folder, users)
                raise
        try:
            yield Databases(postgres.url if want_postgres else "", valkey.url if want_valkey else "")
        finally:
            if os.getpid() == entered:
                with start_lock(data_folder):
                    stop_if_last(data_folder, users)


@contextmanager
def explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SubprocessError) as error:
        raise EmbeddedError(
            f"The databases in {data_dir} cannot be started: {error}. "
            "Put that right, or set OAUTHSRV_DATA_DIR to another folder."
        ) from error


def start_lock(data_folder: DataFolder) -> AbstractContextManager[None]:
    """One process at a time starts or stops the databases."""
    return locks.alone(data_folder.path / "start.lock", data_folder.account, START_LOCK_LIMIT)


def bring_up(data_folder: DataFolder, servers: Sequence[DatabaseServer]) -> None:
    make_private_folder(data_folder.sockets, data_folder.account)
    for server in servers:
        server.start_unless_running()
    for server in servers:
        server.await_answer()


def stop_if_last(data_folder: DataFolder, users: int) -> None:
    """Stop the databases if no one uses them. Call it under the start lock, which new users need too."""
    if not locks.try_alone(users):
        return
    servers = (Postgres(data_folder), Valkey(data_folder))
    for server in servers:
        server.begin_stop()
    for server in servers:
        server.await_stop()
    with suppress(OSError):
        data_folder.sockets.rmdir()
