"""Debian's pgbouncer in transaction mode, in front of the PostgreSQL of the tests."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg2

from held import eventually
from missing import skip_or_fail
from oauthsrv.embedded import Databases

CONFIGURATION = """
[databases]
* = host={sockets}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = {pool}
{more}
"""


def program() -> str:
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if found is None:
        skip_or_fail("pgbouncer is missing: apt install pgbouncer")
    assert found
    return found


def account_of_postgres(sockets: str) -> str:
    """PostgreSQL's own, which alone may enter the folder of its sockets."""
    for process in psutil.process_iter(["name", "cmdline"]):
        command = " ".join(process.info["cmdline"] or ())
        if "postgres" in (process.info["name"] or "") and Path(sockets).parent.as_posix() in command:
            return str(process.username())
    raise AssertionError("PostgreSQL is not there")


@contextlib.contextmanager
def pgbouncer(found: Databases, folder: Path, *, pool: int = 10, more: str = "") -> Iterator[str]:
    """The URL of the same database through it."""
    parts = urlsplit(found.database_url)
    [sockets] = parse_qs(parts.query)["host"]
    account = account_of_postgres(sockets)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = folder / "pgbouncer.ini"
    # A role for which pgbouncer knows no more than its name: the sockets' folder is what protects PostgreSQL.
    settings.write_text(
        CONFIGURATION.format(sockets=sockets, port=port, pool=pool, more=more).replace(
            f"host={sockets}", f"host={sockets} user={parts.username}"
        )
    )
    settings.chmod(0o644)
    output = (folder / "pgbouncer.out").open("w")
    process = subprocess.Popen([program(), "-u", account, str(settings)], stdout=output, stderr=output)
    url = f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"
    try:
        eventually(lambda: process.poll() is not None or answers(url))
        assert process.poll() is None, (folder / "pgbouncer.out").read_text()
        yield url
    finally:
        process.terminate()
        process.wait(20)
        output.close()


def answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True
