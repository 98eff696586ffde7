"""README: every block of commands and code is run as printed, in order, in a fresh environment.

Only ports differ, as other programs of this machine may have those of the README. What a person does between the
blocks is done here too: signing in, allowing, copying what was printed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from end_to_end.running import ROOT, SECONDS, Person, answered, eventually, free_port
from missing import skip_or_fail

README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALLING = 240.0  # seconds
# Not commands: the ways to call them, and what a request goes through. House tests check both.
NOT_RUN = {"Commands", "Follow a request"}
BROWSER = f"""#!{sys.executable}
import pathlib, sys
pathlib.Path(__file__).with_name("opened").write_text(sys.argv[1])
"""


def blocks() -> list[tuple[str, str]]:
    """Each indented block of commands and each fenced one of Python, with the heading above it."""
    found = []
    for part in re.split(r"^##+ ", README, flags=re.M)[1:]:
        heading, _, text = part.partition("\n")
        found += [
            (heading, code or re.sub(r"^ {4}", "", indented, flags=re.M))
            for code, indented in re.findall(r"```python\n([\s\S]*?)```|((?:^ {4}.*\n(?:\n(?= {4}))?)+)", text, re.M)
            if heading not in NOT_RUN
        ]
    return found


class Terminal:
    """A bash in a folder; what it runs is typed into it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        kept["PIP_COMPILE"] = "0"  # the most of what it installs is never imported
        self.output: list[str] = []
        self.lines: queue.Queue[str] = queue.Queue()
        self.shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=kept | {"HOME": str(folder.parent), "BROWSER": str(folder.parent / "browser")} | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        assert self.shell.stdout
        for line in self.shell.stdout:
            self.lines.put(line)
        self.lines.put("")

    def type(self, text: str) -> None:
        assert self.shell.stdin
        self.shell.stdin.write(text.rstrip("\n") + "\n")
        self.shell.stdin.flush()

    def until(self, text: str, seconds: float = SECONDS) -> str:
        """What is printed up to and with a line that has `text` in it."""
        printed = ""
        while text not in printed:
            with contextlib.suppress(queue.Empty):
                line = self.lines.get(timeout=seconds)
                assert line, f"ended: {printed}"
                printed += line
                continue
            raise AssertionError(f"{text!r} was not printed in {seconds} seconds, but: {printed}")
        return printed

    def run(self, block: str, seconds: float = SECONDS) -> str:
        """What a block prints; its last command must succeed."""
        self.type(block)
        return self.done(seconds)

    def done(self, seconds: float = SECONDS) -> str:
        end = secrets.token_hex(8)
        self.type(f"echo {end} $?")
        printed, _, code = self.until(end, seconds).rpartition(end)
        assert code.strip() == "0", printed
        return printed

    def close(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            started = psutil.Process(self.shell.pid).children(recursive=True)
            for process in started:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGTERM)
            psutil.wait_procs(started, timeout=SECONDS)
        self.shell.kill()
        self.shell.wait()


class Reader:
    """A person who follows the README, in a folder with a fresh copy of the project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "oauthsrv"
        ignored = shutil.ignore_patterns(".*", "var", "build", "dist", "gallery", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT, self.folder, ignore=ignored)
        browser = folder / "browser"
        browser.write_text(BROWSER)
        browser.chmod(0o755)
        self.opened = folder / "opened"
        self.ports = {port: str(free_port()) for port in ("8000", "8001", "8080", "9000", "9001")}
        self.origin = f"http://127.0.0.1:{self.ports['8000']}"
        self.blocks = [(heading, self.with_our_ports(text)) for heading, text in blocks()]
        self.terminals: list[Terminal] = []

    def with_our_ports(self, text: str) -> str:
        text = re.sub(r"(?<=127\.0\.0\.1)(:|\", )(\d{4})", lambda found: found[1] + self.ports[found[2]], text)
        return text.replace("oauthsrv demo-api", f"oauthsrv demo-api --listen 127.0.0.1:{self.ports['9000']}")

    def terminal(self) -> Terminal:
        self.terminals.append(Terminal(self.folder, OAUTHSRV_LISTEN=f"127.0.0.1:{self.ports['8000']}"))
        return self.terminals[-1]

    def next(self, heading: str, **copied: str) -> str:
        """The next block, with what the person copied instead of `cli_…` and the like."""
        found, text = self.blocks.pop(0)
        assert found == heading
        for prefix, value in copied.items():
            text = text.replace(f"{prefix}_…", value)
        return text

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return f"python {name}"

    def log_in(self, terminal: Terminal, block: str, ada: Person) -> str:
        """Runs a block in which `auth login` opens the browser, and sends the person back to where it waits."""
        self.opened.unlink(missing_ok=True)
        terminal.type(block)
        back = ada.answer(eventually(lambda: self.opened.exists() and self.opened.read_text()))
        assert requests.get(back, timeout=SECONDS).ok
        return terminal.done()


@pytest.fixture
def reader() -> Iterator[Reader]:
    if not shutil.which("nginx"):
        skip_or_fail("nginx is missing: install it to run the README")
    folder = Path(tempfile.mkdtemp(prefix="oas-"))
    folder.chmod(0o711)  # the databases' user passes
    reader = Reader(folder)
    try:
        yield reader
    finally:
        for terminal in reversed(reader.terminals):
            terminal.close()
        shutil.rmtree(folder, ignore_errors=True)


def value(name: str, printed: str) -> str:
    found = re.search(rf"{name}: +(\S+)", printed)
    assert found, printed
    return found[1]


def status(printed: str) -> list[int]:
    return [int(code) for code in re.findall(r"^HTTP/1.1 (\d+)", printed, re.M)]


@pytest.mark.timeout(900)
def test_every_block_of_the_readme_runs_as_printed(reader: Reader) -> None:
    server = start(reader)
    password = tour(reader)
    ada = Person(reader.origin, "ada@example.com", password)
    api, client_id = protect(reader, ada)
    in_front(reader)
    protected = guard(reader)
    client(reader, ada, client_id)
    assert [heading for heading, _ in reader.blocks] == []
    assert [each.shell.poll() for each in (server, api, protected)] == [None] * 3
    assert password not in "".join(server.output)


def start(reader: Reader) -> Terminal:
    server = reader.terminal()
    run, _tests = reader.next("Start it").splitlines()  # the second runs these tests: `.ci/run` does
    server.type(run)
    assert reader.origin in server.until("oauthsrv is ready", INSTALLING)
    server.until("/welcome")
    return server


def tour(reader: Reader) -> str:
    heading = "A tour in five minutes"
    terminal = reader.terminal()
    password = value("password", terminal.run(reader.next(heading)))
    ada = Person(reader.origin, "ada@example.com", password)
    code = answered(ada.answer(terminal.run(reader.next(heading)).strip()))["code"]
    assert "refresh_token" in terminal.run(reader.next(heading, oac=code))
    checked = terminal.run(reader.next(heading)).split()
    assert '"active":true' in checked[0]
    assert checked[-1] == '{"active":false}'
    assert "Calendar" in ada.open("/account/apps").answer.text

    terminal.type(reader.next(heading))
    of_demo = value("password", terminal.until("oauthsrv is ready", INSTALLING))
    for name in ("ada", "dora", "uma"):
        Person(f"http://127.0.0.1:{reader.ports['8001']}", f"{name}@demo.example", of_demo).sign_in()
    terminal.close()
    return password


def protect(reader: Reader, ada: Person) -> tuple[Terminal, str]:
    heading = "Protect an API"
    api, terminal = reader.terminal(), reader.terminal()
    api.type(reader.next(heading))
    api.until("listens on")
    add, logs_in, rest = reader.next(heading).partition("oauthsrv auth login")
    client_id = value("client_id", terminal.run(add))
    reader.log_in(terminal, (logs_in + rest).replace("cli_…", client_id), ada)
    called = terminal.run(reader.next(heading))
    assert status(called) == [200, 200, 403, 401]
    assert 'scope="read:billing"' in called
    disconnect(ada, "Tour")
    assert status(terminal.run(reader.next(heading))) == [401]
    return api, client_id


def disconnect(person: Person, app: str) -> None:
    page = person.open("/account/apps")
    (form,) = (
        section.find(".//form")
        for section in page.document.findall(".//section")
        if any(app in (link.text or "") for link in section.findall(".//h2/a"))
    )
    fields = {part.get("name"): part.get("value") for part in form.iter("input")}
    assert person.browser.post(person.origin + form.get("action"), fields, timeout=SECONDS).ok


def in_front(reader: Reader) -> None:
    terminal = reader.terminal()
    terminal.run(". .venv/bin/activate")
    assert "nginx -t" in terminal.run(reader.next("In front of any API: nginx"))


def guard(reader: Reader) -> Terminal:
    heading = "In a Python API: the guard"
    terminal = reader.terminal()
    terminal.run(". .venv/bin/activate")
    add, line, rest = reader.next(heading).partition("python3 -m venv")
    registered = terminal.run(add)
    terminal.run(line + rest, INSTALLING)
    code = reader.next(heading, cli=value("client_id", registered), sec=value("client_secret", registered))
    terminal.type(reader.file("reports.py", code))
    address = f"http://127.0.0.1:{reader.ports['9001']}"
    assert eventually(lambda: requests.get(f"{address}/healthz", timeout=SECONDS)).ok
    assert requests.get(f"{address}/reports", timeout=SECONDS).status_code == 401
    return terminal


def client(reader: Reader, ada: Person, client_id: str) -> None:
    terminal = reader.terminal()
    install, logs_in, rest = reader.next("The client").partition("oauthsrv auth login")
    terminal.run(install, INSTALLING)
    login, *calls = (logs_in + rest).splitlines()
    reader.log_in(terminal, login.replace("cli_…", client_id), ada)
    called = terminal.run("\n".join(calls))
    assert re.search(r"the token has [1-9]\d+ characters", called)
    assert "error" not in called
    assert "error" not in terminal.run(reader.file("calls.py", reader.next("The client")))
    reports = f"http://127.0.0.1:{reader.ports['9001']}/reports"
    assert "reports of" in terminal.run(f"oauthsrv auth token mine --header | curl -sH @- {reports}")
