"""Our own PostgreSQL and Valkey, with their data in one folder: started, found again, stopped by the last to leave."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from oauthsrv.embedded import locks
from oauthsrv.embedded.errors import EmbeddedError
from oauthsrv.embedded.folders import House, house_at, make_private_folder
from oauthsrv.embedded.postgres import Postgres
from oauthsrv.embedded.server import TIME_LIMIT, Server
from oauthsrv.embedded.valkey import Valkey

__all__ = ["Databases", "EmbeddedError", "databases"]

DOOR_LIMIT = 2 * TIME_LIMIT + 30  # seconds: someone before us may be stopping the databases, someone else starting them


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
        house = house_at(data_dir)
    postgres, valkey = Postgres(house), Valkey(house)
    # Valkey first: it comes up while PostgreSQL's folder is being made.
    wanted = [server for server, is_wanted in ((valkey, want_valkey), (postgres, want_postgres)) if is_wanted]
    with locks.lock_file(house.data / "users.lock", house.account) as users:
        with explained(data_dir), door(house):
            locks.share(users)
            try:
                bring_up(house, wanted)
            except BaseException:
                stop_if_last(house, users)
                raise
        try:
            yield Databases(postgres.url if want_postgres else "", valkey.url if want_valkey else "")
        finally:
            if os.getpid() == entered:
                with door(house):
                    stop_if_last(house, users)


@contextmanager
def explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SubprocessError) as error:
        raise EmbeddedError(
            f"The databases in {data_dir} cannot be started: {error}. "
            "Put that right, or set OAUTHSRV_DATA_DIR to another folder."
        ) from error


def door(house: House) -> AbstractContextManager[None]:
    """One process at a time starts or stops the databases."""
    return locks.alone(house.data / "start.lock", house.account, DOOR_LIMIT)


def bring_up(house: House, servers: Sequence[Server]) -> None:
    make_private_folder(house.sockets, house.account)
    for server in servers:
        server.start_unless_running()
    for server in servers:
        server.await_answer()


def stop_if_last(house: House, users: int) -> None:
    """To be called at the door: a new user has to pass it, so nobody comes in between the question and the stop."""
    if not locks.try_alone(users):
        return
    servers = (Postgres(house), Valkey(house))
    for server in servers:
        server.tell_to_stop()
    for server in servers:
        server.await_stop()
    with suppress(OSError):
        house.sockets.rmdir()
