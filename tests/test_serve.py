"""python run.py, as a process of its own: it starts, says where it is, works beside other commands, and stops."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="oas-"))
    folder.chmod(0o711)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ours = {"OAUTHSRV_DATA_DIR": str(folder / "var"), "OAUTHSRV_LISTEN": f"127.0.0.1:{port}"}
    yield {name: value for name, value in os.environ.items() if not name.endswith("_URL")} | ours
    shutil.rmtree(folder, ignore_errors=True)


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> subprocess.Popen[str]:
            popen = subprocess.Popen(
                [sys.executable, "run.py", *options],
                cwd=ROOT,
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.callback(popen.wait)
            stack.callback(popen.kill)
            return popen

        yield start


def first_line(popen: subprocess.Popen[str]) -> str:
    assert popen.stdout
    return popen.stdout.readline().strip()


def command(environ: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run.py", *argv], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def answers(environ: dict[str, str], path: str = "/.well-known/oauth-authorization-server") -> int:
    with urllib.request.urlopen(f"http://{environ['OAUTHSRV_LISTEN']}{path}", timeout=10) as answer:
        return int(answer.status)


def test_a_first_start_tells_its_address_and_the_administrators_link(start: Start, environ: dict[str, str]) -> None:
    server = start()
    origin = f"http://{environ['OAUTHSRV_LISTEN']}"
    assert first_line(server).startswith(f"oauthsrv is ready: {origin} ")
    assert "administrator" in first_line(server)
    assert re.fullmatch(re.escape(origin) + r"/welcome\?link=lnk_[\w-]{43}", first_line(server))
    assert answers(environ) == 200
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
    assert server.stderr
    assert "Traceback" not in server.stderr.read()


def test_a_command_beside_it_uses_its_databases_and_leaves_them_running(start: Start, environ: dict[str, str]) -> None:
    server = start("serve", "--workers", "2")
    first_line(server)
    added = command(environ, "users", "add", "ada@example.com", "--admin")
    assert (added.returncode, added.stderr) == (0, "")
    assert "ada@example.com" in command(environ, "users", "list").stdout
    assert answers(environ) == 200
    # To the whole group, as a terminal does it: the databases must not go before the workers.
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait(20) == 0
    assert server.stderr
    assert "Traceback" not in server.stderr.read()


def test_once_there_is_an_administrator_no_link_is_printed(start: Start, environ: dict[str, str]) -> None:
    command(environ, "users", "add", "ada@example.com", "--admin")
    server = start()
    first_line(server)
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
    assert server.stdout
    assert server.stdout.read() == ""


def test_a_killed_server_can_be_started_again_at_once(start: Start, environ: dict[str, str]) -> None:
    """§5.9"""
    killed = start()
    first_line(killed)
    killed.kill()
    killed.wait()
    again = start()
    assert first_line(again).startswith("oauthsrv is ready")
    assert answers(environ) == 200
    again.send_signal(signal.SIGTERM)
    assert again.wait(20) == 0


def test_a_port_that_is_taken_is_refused_in_one_line(start: Start, environ: dict[str, str]) -> None:
    host, _, port = environ["OAUTHSRV_LISTEN"].partition(":")
    with socket.create_server((host, int(port))):
        refused = command(environ, "serve")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == f"oauthsrv: cannot listen on {host}:{port}: Address already in use\n"


def test_a_stop_while_it_starts_is_heard(start: Start) -> None:
    server = start()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(0.7)
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) in (0, -signal.SIGTERM)  # the latter before anything was started


def test_migrating_twice_does_nothing_the_second_time(environ: dict[str, str]) -> None:
    command(environ, "migrate")
    again = command(environ, "migrate")
    assert (again.returncode, again.stdout) == (0, "Nothing to do: the tables are up to date.\n")
