"""A second PostgreSQL that follows the first one, and can take its place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from databases import execute, superuser
from held import eventually
from oauthsrv.embedded.folders import DataFolder, make_private_folder, new_folder, open_data_folder
from oauthsrv.embedded.postgres import SUPERUSER, Postgres


def sockets_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]


class Standby(Postgres):
    def __init__(self, data_folder: DataFolder, primary_url: str) -> None:
        super().__init__(data_folder)
        self.primary_url = primary_url

    def make_folder(self) -> None:
        copy = ("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
        with new_folder(self.folder, self.data_folder.account) as made:
            self.run("pg_basebackup", *copy, "-h", sockets_of(self.primary_url), "-U", SUPERUSER, "-D", str(made))

    def promote(self) -> None:
        execute(superuser(self.url), "SELECT pg_promote()")


@contextlib.contextmanager
def standby(folder: Path, primary_url: str) -> Iterator[Standby]:
    """It has, whatever happens to the primary, all that the primary said was committed."""
    folder.mkdir()
    data_folder = open_data_folder(folder)
    server = Standby(data_folder, primary_url)
    make_private_folder(data_folder.sockets, data_folder.account)
    server.start_unless_running()
    try:
        server.await_answer()
        execute(superuser(primary_url), "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        eventually(lambda: ("sync",) in execute(superuser(primary_url), "SELECT sync_state FROM pg_stat_replication"))
        yield server
    finally:
        server.begin_stop()
        server.await_stop()
