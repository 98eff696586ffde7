"""`python run.py` from an outsider's view: what it prints, what beside it works, what a crash leaves, how it stops."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from end_to_end.running import PASSWORD, SECONDS, Installation, Page, Person, Service, eventually
from oauthsrv import places


@pytest.fixture(scope="module")
def used(short_folder: Callable[[], Path]) -> Installation:
    """One that ran before and has an administrator; every test leaves it stopped."""
    installation = Installation(short_folder())
    added = installation.command(
        "users", "add", "root@example.com", "--admin", "--password-stdin", typed=PASSWORD + "\n"
    )
    assert (added.returncode, added.stderr) == (0, "")
    assert installation.databases() == {}
    return installation


@pytest.fixture
def installation(short_folder: Callable[[], Path]) -> Installation:
    """One where nothing ever ran."""
    return Installation(short_folder())


Start = Callable[..., Service]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server; whatever still runs at the end is killed."""
    started: list[Service] = []

    def start(installation: Installation, *options: str) -> Service:
        started.append(Service(installation, *options))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        for pid in one.installation.databases().values():
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()


def test_a_first_start_prints_a_link_that_makes_the_first_administrator_and_dies_on_use(
    start: Start, installation: Installation
) -> None:
    server = start(installation)
    assert server.line().startswith(f"oauthsrv is ready: {server.origin} ")
    link = server.first_admin_link()
    assert link.startswith(f"{server.origin}/welcome?link=")

    ada = server.person("ada@example.com")
    for _ in range(2):  # looking spends nothing
        page = ada.open(link)
        assert page.heading == "Create the first administrator"
    short = ada.send(page, "link", email=ada.email, name="Ada", password="short")
    assert short.status_code == 422
    assert "at least 10 characters" in short.text
    made = ada.send(Page(short), "link", email=ada.email, name="Ada", password=ada.password)
    assert made.status_code == 303, made.text
    assert ada.open("/admin/overview").answer.status_code == 200

    eve = server.person("eve@example.com")
    assert eve.open(link).answer.status_code == 404
    late = ada.send(page, "link", email=eve.email, name="Eve", password=eve.password)
    assert late.status_code in (403, 404)
    assert eve.open("/admin/overview").heading == "Sign in"
    assert link.partition("link=")[2] not in "".join(server.errors)

    assert server.stop() == 0
    again = start(installation).until_ready()
    assert again.stop() == 0
    assert again.line() == ""  # no second link


def test_a_command_beside_the_server_works_on_the_same_databases_at_once(start: Start, used: Installation) -> None:
    server = start(used).until_ready()
    running = used.databases()
    added = used.command("users", "add", "beside@example.com")
    assert (added.returncode, added.stderr) == (0, "")
    password = next(line for line in added.stdout.splitlines() if line.startswith("password: ")).partition(" ")[2]
    beside = Person(server.origin, "beside@example.com", password).sign_in()
    assert "beside@example.com" in used.command("users", "list").stdout
    assert used.command("users", "add", "beside@example.com").returncode == 1
    assert used.command("users", "disable", "beside@example.com").returncode == 0
    assert beside.open("/account/apps").heading == "Sign in"
    assert used.databases() == running
    assert server.stop() == 0


def test_after_kill_9_the_next_start_finds_its_databases_and_all_that_was_answered(
    start: Start, used: Installation
) -> None:
    """rule 9: also the session in Redis, as it was never down."""
    killed = start(used).until_ready()
    person = killed.person().sign_up()
    running, workers = used.databases(), killed.workers()
    assert len(running) == 2
    killed.kill()
    eventually(lambda: not any(map(psutil.pid_exists, workers)))
    assert used.databases() == running

    server = start(used).until_ready()
    assert used.databases() == running
    assert person.open("/account/apps").heading == "Connected apps"
    assert server.stop() == 0
    assert used.databases() == {}


def test_after_kill_9_of_everything_the_next_start_works_on_the_same_data(start: Start, used: Installation) -> None:
    killed = start(used, "--workers", "2").until_ready()
    person = killed.person().sign_up()
    databases = used.databases()
    killed.kill()
    for pid in databases.values():
        psutil.Process(pid).kill()

    server = start(used).until_ready()
    assert not set(used.databases().values()) & set(databases.values())
    server.person(person.email).sign_in()
    assert server.stop() == 0
    assert used.databases() == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_stop_the_server_and_both_databases(
    start: Start, used: Installation, number: signal.Signals
) -> None:
    server = start(used).until_ready()
    processes = server.processes()
    assert len(used.databases()) == 2
    # A terminal sends Ctrl-C to all that it started.
    os.killpg(server.popen.pid, number) if number == signal.SIGINT else server.popen.send_signal(number)
    assert server.popen.wait(SECONDS) == 0
    eventually(lambda: not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE])
    assert used.databases() == {}
    assert not [line for line in server.errors if "Traceback" in line]


def test_a_port_that_is_taken_is_refused_in_one_line(used: Installation) -> None:
    with socket.create_server(("127.0.0.1", used.port)):
        refused = used.command("serve")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"oauthsrv: OAUTHSRV_LISTEN: cannot listen on 127.0.0.1:{used.port}: Address already in use. "
        "Stop the process that listens there, or choose another port.\n"
    )
    assert used.databases() == {}


def test_a_second_start_does_not_replace_the_link_of_the_running_server(
    start: Start, installation: Installation
) -> None:
    server = start(installation)
    server.line()
    link = server.first_admin_link()
    assert installation.command("serve").returncode == 1  # the port is taken
    assert server.person("ada@example.com").open(link).heading == "Create the first administrator"


@pytest.mark.parametrize(
    ("issuer", "proxies", "is_warned"),
    [
        ("https://login.example.com", "", True),
        ("https://login.example.com", "127.0.0.1", False),
        ("", "", False),
    ],
)
def test_a_start_warns_where_an_https_issuer_trusts_no_proxy(
    used: Installation, issuer: str, proxies: str, is_warned: bool
) -> None:
    given = {"OAUTHSRV_ISSUER": issuer, "OAUTHSRV_TRUSTED_PROXIES": proxies}
    server = Service(used, **{name: value for name, value in given.items() if value})
    try:
        server.until_ready()
        assert server.stop() == 0
    finally:
        server.kill()
    assert any("OAUTHSRV_TRUSTED_PROXIES is not set" in line for line in server.errors) is is_warned


@pytest.mark.parametrize("before", ["anything", "the databases run", "it is ready"])
def test_a_stop_while_it_starts_leaves_nothing_running(
    start: Start, short_folder: Callable[[], Path], before: str
) -> None:
    installation = Installation(short_folder(), "run.py")
    server = start(installation)
    if before == "the databases run":
        eventually(installation.databases)
    if before == "it is ready":
        server.until_ready()
    assert server.stop() in (0, -signal.SIGTERM)  # the latter before the program could say otherwise
    eventually(lambda: installation.databases() == {})


def test_migrating_twice_does_nothing_the_second_time(used: Installation) -> None:
    again = used.command("migrate")
    assert (again.returncode, again.stdout) == (0, "Nothing to do: the tables are up to date.\n")


def test_eight_migrations_at_once_do_it_once(installation: Installation) -> None:
    eight = [installation.popen("migrate") for _ in range(8)]
    said = [one.communicate(timeout=60) for one in eight]
    assert [one.returncode for one in eight] == [0] * 8, said
    assert {
        line for _, errors in said for line in errors.splitlines() if "waiting for another session" not in line
    } == set()
    applied = [line for out, _ in said for line in out.splitlines() if "Nothing to do" not in line]
    assert sorted(applied) == sorted(path.stem for path in (places.SQL / "migrations").glob("*.sql"))
    assert installation.databases() == {}


def test_a_killed_worker_is_replaced_and_no_request_waits_for_it(start: Start, used: Installation) -> None:
    server = start(used, "--workers", "2").until_ready()
    before = eventually(lambda: len(server.workers()) == 2 and server.workers())
    address = f"{server.origin}/.well-known/oauth-authorization-server"
    successes: list[float] = []
    failures: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                assert requests.get(address, timeout=5).status_code == 200
                successes.append(time.monotonic())
            except (requests.RequestException, AssertionError) as error:
                failures.append(repr(error))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    eventually(lambda: len(successes) > 20)
    os.kill(before[0], signal.SIGKILL)
    after = eventually(lambda: before[0] not in server.workers() and len(server.workers()) == 2 and server.workers())
    answered = len(successes)
    eventually(lambda: len(successes) > answered + 20)
    done.set()
    for thread in asking:
        thread.join()
    assert before[1] in after
    assert len(failures) <= 2, failures  # what the killed one was answering at that moment
    assert max(later - earlier for earlier, later in itertools.pairwise(successes)) < 2
    assert any("ended by signal 9" in line for line in server.errors)
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("OAUTHSRV_WORKERS", "0", "OAUTHSRV_WORKERS is wrong: '0' is not a whole number from 1"),
        ("OAUTHSRV_LISTEN", "0.0.0.0:8000", "OAUTHSRV_ISSUER is missing: 0.0.0.0:8000 is not"),
        ("OAUTHSRV_ISSUER", "https://login.example.com/", "OAUTHSRV_ISSUER is wrong: leave out the slash"),
        ("OAUTHSRV_REFRESH_GRACE", "61", "OAUTHSRV_REFRESH_GRACE is wrong: '61' is not a whole number from 0 to 60"),
        ("OAUTHSRV_REFRESH_TLL", "5", "OAUTHSRV_REFRESH_TLL is not a setting: OAUTHSRV_REFRESH_TTL is"),
        (
            "REDIS_URL",
            "redis://cache.internal:6379/0",
            "REDIS_URL is wrong: a Redis on another machine needs a password",
        ),
        ("DATABASE_URL", "mysql://localhost/oauthsrv", "DATABASE_URL is wrong: it must begin with postgresql://"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_helps(
    installation: Installation, name: str, value: str, why: str
) -> None:
    refused = installation.command(**{name: value})
    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert line.startswith("oauthsrv: ")
    assert why in line
    assert "Example: " in line
    assert not installation.data.exists()


def test_a_database_that_does_not_answer_stops_the_start_with_one_line(installation: Installation) -> None:
    refused = installation.command(DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert len(refused.stderr.splitlines()) == 1
    assert "PostgreSQL" in refused.stderr
    assert installation.databases() == {}
