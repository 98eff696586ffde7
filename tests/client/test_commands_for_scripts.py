"""What scripts and people with several logins use: exec, header, accounts, tokens from elsewhere, list, completion."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from client.provider import Provider, as_json
from end_to_end.running import ROOT, SECONDS

DONE, FAILED, USAGE, LOG_IN_FIRST, CANCELLED, TIMED_OUT, NETWORK, TRY_AGAIN = range(8)

Run = Callable[..., subprocess.CompletedProcess[str]]
SHOW = "import os; print(os.environ['MINE_TOKEN'])"


@pytest.fixture
def logged_in(run: Run, provider: Provider) -> Provider:
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == DONE
    return provider


def test_exec_gives_the_token_to_a_program_and_its_exit_code_back(run: Run, logged_in: Provider) -> None:
    done = run("exec", "mine", "--", sys.executable, "-c", SHOW)
    assert done.stdout.strip() in logged_in.living
    assert run("exec", "mine", "--", sys.executable, "-c", "raise SystemExit(42)").returncode == 42
    named = "import sys, os; print(os.environ['T'], sys.argv)"
    other = run("exec", "mine", "--env", "T", "--", sys.executable, "-c", named, "--account", "--", "-x").stdout
    assert other.split(" ", 1)[0] in logged_in.living
    assert "['-c', '--account', '--', '-x']" in other


def test_exec_says_what_is_wrong_with_a_program(run: Run, logged_in: Provider, tmp_path: Path) -> None:
    missing = run("exec", "mine", "--", "/no/such/program")
    assert (missing.returncode, "cannot be run: No such file" in missing.stderr) == (127, True)
    assert run("exec", "mine", "--", str(tmp_path)).returncode == 126
    assert run("exec", "mine").returncode == USAGE
    assert run("exec", "nobody", "--", "true").returncode == LOG_IN_FIRST


def test_a_header_for_curl_that_shows_in_no_list_of_processes(
    run: Run, logged_in: Provider, environment: dict[str, str]
) -> None:
    header = run("token", "mine", "--header").stdout
    assert header.startswith("Authorization: Bearer at-")
    assert header.count("\n") == 1
    curl = shutil.which("curl")
    if curl:
        answer = subprocess.run(
            [curl, "-s", "--noproxy", "*", "-H", "@-", f"{logged_in.origin}/api"],
            input=header,
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout.startswith("hello")


def test_list_and_status_say_where_each_login_is(run: Run, logged_in: Provider, tokens: Path) -> None:
    assert run("login", "mine", "--account", "work").returncode == DONE
    listed = run("list")
    assert listed.returncode == DONE
    first, second = listed.stdout.splitlines()
    assert first.split()[0] == "mine"
    assert second.split()[:2] == ["*", "mine@work"]
    for part in ("authenticated, expires in 59 minutes", logged_in.issuer, str(tokens / "mine@work.json")):
        assert part in second
    values = json.loads(run("list", "--json").stdout)["logins"]
    assert [(each["account"], each["active"], each["server"]) for each in values] == [
        (None, False, logged_in.issuer),
        ("work", True, logged_in.issuer),
    ]
    assert f"stored in {tokens / 'mine@work.json'}" in run("status", "mine").stdout
    nobody = run("status", "nobody")
    assert (nobody.returncode, f"looked in {tokens / 'nobody.json'}" in nobody.stdout) == (LOG_IN_FIRST, True)
    in_all = listed.stdout + json.dumps(values)
    assert not [token for token in logged_in.living | logged_in.refresh_tokens if token in in_all]


def test_accounts_are_switched(run: Run, logged_in: Provider) -> None:
    plain = run("token", "mine").stdout
    assert run("login", "mine", "--account", "work").returncode == DONE
    work = run("token", "mine").stdout
    assert work != plain
    assert run("switch", "mine").returncode == DONE  # the other one of two
    assert run("token", "mine").stdout == plain
    assert run("token", "mine", "--account", "work").stdout == work
    assert run("switch", "mine", "work").returncode == DONE
    assert run("token", "mine").stdout == work
    assert run("switch", "mine", "nobody").returncode == LOG_IN_FIRST
    assert run("token", "mine", "--account", "a b").returncode == USAGE
    assert run("logout", "mine").returncode == DONE
    assert run("token", "mine").stdout == plain
    assert run("switch", "mine").returncode == USAGE


def test_a_token_from_standard_input_and_from_the_environment(run: Run, provider: Provider, tokens: Path) -> None:
    done = run("login", "other", "--with-token", stdin="from-elsewhere\n")
    assert done.returncode == DONE, done.stderr
    assert run("token", "other").stdout == "from-elsewhere\n"
    assert "from-elsewhere" not in done.stdout + done.stderr
    assert run("login", "other", "--with-token", stdin="").returncode == FAILED
    assert run("token", "other", OTHER_TOKEN="of-the-environment").stdout == "of-the-environment\n"
    assert run("token", "new", NEW_TOKEN="of-the-environment").stdout == "of-the-environment\n"
    assert "NEW_TOKEN in the environment" in run("status", "new", NEW_TOKEN="x").stdout
    assert not (tokens / "new.json").exists()
    assert "OTHER_TOKEN is still set" in run("logout", "other", OTHER_TOKEN="x").stderr


def test_logging_out_says_what_the_server_said_of_each_token(run: Run, logged_in: Provider) -> None:
    def answer(received: object) -> object:
        is_access = received.form["token_type_hint"] == "access_token"
        return as_json({"error": "unsupported_token_type"}, 400) if is_access else None

    logged_in.instead["/revoke"] = answer
    done = run("logout", "mine")
    assert done.returncode == DONE
    assert "refresh token revoked" in done.stderr
    assert "access token not revoked: the server says unsupported_token_type" in done.stderr


def test_exit_code_7_try_again(run: Run, logged_in: Provider) -> None:
    logged_in.retry_after = "30"
    logged_in.instead["/token"] = lambda received: as_json({}, 503)
    done = run("refresh", "mine", "--json")
    assert (done.returncode, json.loads(done.stdout)["retry_after"]) == (TRY_AGAIN, 30)
    assert "Try again later" in done.stderr
    logged_in.instead["/.well-known/oauth-authorization-server"] = lambda received: as_json({}, 500)
    assert run("login", "mine").returncode == TRY_AGAIN


def test_an_empty_scope_widens_again(run: Run, logged_in: Provider) -> None:
    assert run("login", "mine", "--scope", "a").returncode == DONE
    assert run("token", "mine", "--scope", "b").returncode == LOG_IN_FIRST
    assert "scope=" not in run("login", "mine", "--scope", "").stdout
    assert run("refresh", "mine", "--scope", "a").returncode == DONE
    assert logged_in.last("/token").form["scope"] == "a"
    assert run("refresh", "mine", "--scope", "").returncode == DONE
    assert "scope" not in logged_in.last("/token").form


def test_what_a_login_asks_for(run: Run, logged_in: Provider) -> None:
    options = ("--prompt", "consent", "--login-hint", "ada@example.com", "--resource", "https://api.example.com/")
    address = run("login", "mine", *options).stdout
    for part in ("prompt=consent", "login_hint=ada%40example.com", "resource=https%3A%2F%2Fapi.example.com%2F"):
        assert part in address
    assert run("login", "mine", "--resource", "http://api.example.com/").returncode == USAGE


def test_the_address_is_copied_to_the_clipboard(run: Run, logged_in: Provider, tmp_path: Path) -> None:
    script = tmp_path / "pbcopy"
    script.write_text(f"#!/bin/sh\ncat > {tmp_path}/copied\n")
    script.chmod(0o755)
    done = run("login", "mine", "--clipboard", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == DONE
    assert (tmp_path / "copied").read_text() == done.stdout.strip()
    assert "Copied to the clipboard" in done.stderr


def test_a_terminal_shows_a_code_to_scan_for_a_login_by_device(
    logged_in: Provider, environment: dict[str, str]
) -> None:
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "oauthsrv", "auth", "login", "mine", "--device", "--clipboard"],
        env={**environment, "PATH": "/nowhere"},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while part := os.read(keyboard, 4096):
                shown += part
        assert process.wait(SECONDS) == DONE
    os.close(keyboard)
    assert shown.count("█".encode()) > 20
    assert b"\x1b]52;c;" in shown  # no program for it: the terminal's own clipboard


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_is_a_script_that_knows_the_commands(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.returncode == DONE, done.stderr
    for word in ("switch", "with-token", "device"):
        assert word in done.stdout
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=done.stdout, text=True, check=True, capture_output=True)


def test_a_token_that_is_good_costs_few_imports(logged_in: Provider, environment: dict[str, str]) -> None:
    """They are what a script waits for that asks for a token again and again."""
    program = (
        "import sys; bare = set(sys.modules);"
        "import oauthsrv.__main__ as program; program.main(['auth', 'token', 'mine']);"
        "slow = ('requests', 'keyring', 'filelock', 'http', 'asyncio', 'ssl');"
        "print([name for name in sys.modules if name.split('.')[0] in slow], len(set(sys.modules) - bare))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    slow, _, count = done.stdout.splitlines()[-1].rpartition(" ")
    assert slow == "[]"
    assert int(count) < 130
