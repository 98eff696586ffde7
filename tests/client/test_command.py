"""oauthsrv auth, as scripts see it: stdout, stderr and every exit code, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from client.provider import Provider, as_json
from end_to_end.running import SECONDS, eventually
from oauthsrv import __main__ as command_line

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ["login", "status", "token", "refresh", "logout"]
DONE, FAILED, USAGE, LOG_IN_FIRST, CANCELLED, TIMED_OUT, NETWORK, TRY_AGAIN = range(8)

Run = Callable[..., subprocess.CompletedProcess[str]]


def stored(tokens: Path, **changes: Any) -> dict[str, Any]:
    """What lies in the file, after changing it."""
    path = tokens / "mine.json"
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(values))
    return dict(values)


def test_the_whole_flow_of_a_script(run: Run, provider: Provider, tokens: Path) -> None:
    first = run("login", "mine", "--issuer", provider.issuer, "--client-id", "cli_1", "--scope", "a", "--scope", "b")
    assert first.returncode == DONE, first.stderr
    assert first.stdout.startswith(f"{provider.origin}/authorize?")
    assert first.stdout.count("\n") == 1
    assert "Logged in to mine" in first.stderr
    held = stored(tokens)
    assert (tokens.stat().st_mode & 0o777, (tokens / "mine.json").stat().st_mode & 0o777) == (0o700, 0o600)

    status = run("status", "mine")
    assert (status.returncode, status.stderr) == (DONE, "")
    assert status.stdout.splitlines() == [
        "mine: authenticated, expires in 59 minutes, can be renewed, scope a b",
        f"  server {provider.issuer}, client cli_1",
        f"  stored in {tokens / 'mine.json'}",
    ]
    assert (run("token", "mine").stdout, run("token", "mine").stderr) == (held["access_token"] + "\n", "")

    stored(tokens, issued_at=time.time() - 3590)
    renewed = run("token", "mine")
    assert renewed.returncode == DONE
    assert renewed.stdout.strip() in provider.living - {held["access_token"]}

    refreshed = run("refresh", "mine")
    assert (refreshed.returncode, refreshed.stdout) == (DONE, "")
    assert run("token", "mine").stdout not in (renewed.stdout, "")

    ended = run("logout", "mine")
    assert (ended.returncode, ended.stdout) == (DONE, "")
    assert provider.living == {held["access_token"], renewed.stdout.strip()}
    assert run("token", "mine").returncode == LOG_IN_FIRST

    # The login has remembered where `mine` is, and with which client.
    again = run("login", "mine")
    assert again.returncode == DONE, again.stderr
    everything = [first, status, refreshed, ended, again]
    for secret in (held["access_token"], held["refresh_token"], renewed.stdout.strip()):
        assert not [one for one in everything if secret in one.stdout + one.stderr]


def test_with_json_stdout_holds_one_object_alone(run: Run, provider: Provider) -> None:
    """Also while the browser, which says things on stdout, stays open for a minute."""
    began = time.monotonic()
    login = run("login", "mine", "--issuer", provider.issuer, "--client-id", "c", "--json", STAYS_OPEN="60")
    assert time.monotonic() - began < 50
    assert json.loads(login.stdout) == {
        "service": "mine",
        "status": "AUTHENTICATED",
        "expires_in": pytest.approx(3595, abs=10),
        "scope": None,
        "can_be_renewed": True,
    }
    assert json.loads(run("status", "mine", "--json").stdout)["status"] == "AUTHENTICATED"
    token = json.loads(run("token", "mine", "--json").stdout)
    assert token["access_token"] in provider.living
    assert token["token_type"] == "Bearer"
    assert json.loads(run("refresh", "mine", "--json").stdout)["can_be_renewed"]
    assert json.loads(run("logout", "mine", "--json").stdout) == {
        "service": "mine",
        "revoked": True,
        "note": None,
        "tokens": [{"kind": kind, "revoked": True, "problem": None} for kind in ("refresh_token", "access_token")],
    }
    failed = run("token", "mine", "--json")
    assert failed.returncode == LOG_IN_FIRST
    assert json.loads(failed.stdout)["code"] == "AUTH_REQUIRED"
    assert "Log in first" in failed.stderr


# Without a browser


def login_without_browser(start: Callable[..., subprocess.Popen[str]], provider: Provider, **options: Any) -> Any:
    argv = ("login", "mine", "--issuer", provider.issuer, "--client-id", "c", "--no-browser")
    process = start(*argv, **options)
    assert process.stdout
    address = process.stdout.readline().rstrip("\n")  # flushed, though it is a pipe
    assert address.startswith(f"{provider.origin}/authorize?")
    return process, address


def test_the_printed_address_may_be_opened_while_stdin_stays_open(
    start: Callable[..., subprocess.Popen[str]], provider: Provider
) -> None:
    """Nobody types, nobody closes stdin: the login ends when the browser came back."""
    process, address = login_without_browser(start, provider)
    assert requests.get(address, timeout=SECONDS).ok
    assert process.wait(SECONDS) == DONE
    assert process.stdout.read() == ""
    assert "Fatal" not in process.stderr.read()


def test_the_address_one_landed_on_may_be_pasted(
    start: Callable[..., subprocess.Popen[str]], provider: Provider
) -> None:
    process, address = login_without_browser(start, provider)
    landed = requests.get(address, timeout=SECONDS, allow_redirects=False).headers["Location"]
    process.stdin.write("what is this\n" + landed + "\n")
    process.stdin.flush()
    assert process.wait(SECONDS) == DONE
    assert "not the address the browser ended on" in process.stderr.read()


def test_without_any_stdin_the_browser_is_waited_for(
    start: Callable[..., subprocess.Popen[str]], provider: Provider
) -> None:
    process, address = login_without_browser(start, provider, stdin=subprocess.DEVNULL)
    assert requests.get(address, timeout=SECONDS).ok
    assert process.wait(SECONDS) == DONE


def test_on_a_terminal_a_line_may_be_pasted_too(
    start: Callable[..., subprocess.Popen[str]], provider: Provider
) -> None:
    keyboard, terminal = os.openpty()
    process, address = login_without_browser(start, provider, stdin=terminal, start_new_session=True)
    landed = requests.get(address, timeout=SECONDS, allow_redirects=False).headers["Location"]
    os.write(keyboard, landed.encode() + b"\n")
    assert process.wait(SECONDS) == DONE
    os.close(keyboard)
    os.close(terminal)


def test_a_login_by_device(run: Run, provider: Provider) -> None:
    provider.device_answers = ["authorization_pending"]
    done = run("login", "mine", "--issuer", provider.issuer, "--client-id", "c", "--device")
    assert done.returncode == DONE, done.stderr
    assert done.stdout.splitlines()[0] == f"{provider.origin}/device-page"
    assert "WDJB-MJHT" in done.stderr


# Exit codes


def test_exit_code_1_failed(run: Run, provider: Provider, tokens: Path) -> None:
    provider.callback = {"code": None, "error": "invalid_scope"}
    for argv in (
        ("login", "mine", "--issuer", provider.issuer, "--client-id", "c"),
        ("login", "github"),
        ("login", "nowhere"),
    ):
        done = run(*argv)
        assert done.returncode == FAILED, argv
        assert done.stderr.splitlines()[-1].startswith("oauthsrv: ")
    provider.callback = {}
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == DONE
    provider.instead["/token"] = lambda received: as_json({}, 500)
    assert run("refresh", "mine").returncode == TRY_AGAIN
    provider.instead["/token"] = lambda received: as_json({}, 400)
    assert run("refresh", "mine").returncode == FAILED
    done = run(
        "login", "mine", OAUTHSRV_TOKEN_STORAGE="keyring", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"
    )
    assert (done.returncode, "OAUTHSRV_TOKEN_STORAGE=file" in done.stderr) == (FAILED, True)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("login",),
        ("login", "../mine"),
        ("login", "mine", "--issuer", "http://auth.example.com"),
        ("login", "mine", "--timeout", "soon"),
        ("token", "mine", "--device"),
        ("providers", "--issuer", "https://a.example"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_exit_code_2_usage(run: Run, argv: tuple[str, ...]) -> None:
    done = run(*argv)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert done.stderr


def test_exit_code_3_log_in_first(run: Run, provider: Provider, tokens: Path) -> None:
    for command in ("status", "token", "refresh"):
        assert run(command, "mine").returncode == LOG_IN_FIRST
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == DONE
    stored(tokens, issued_at=0)
    assert run("status", "mine").returncode == DONE  # it can be renewed
    provider.refresh_tokens.clear()
    assert run("token", "mine").returncode == LOG_IN_FIRST
    status = run("status", "mine")
    assert (status.returncode, "token refresh failed" in status.stdout) == (LOG_IN_FIRST, True)
    stored(tokens, issued_at=0, refresh_token=None)
    expired = run("token", "mine")
    assert (expired.returncode, "offline_access" in expired.stderr) == (LOG_IN_FIRST, True)
    assert run("token", "mine", "--issuer", "https://other.example").returncode == LOG_IN_FIRST


def test_exit_code_4_cancelled(run: Run, start: Callable[..., subprocess.Popen[str]], provider: Provider) -> None:
    process, _ = login_without_browser(start, provider)
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == CANCELLED
    assert "Traceback" not in process.stderr.read()
    provider.callback = {"code": None, "error": "access_denied"}
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == CANCELLED


def test_exit_code_5_timed_out(run: Run, provider: Provider) -> None:
    argv = ("login", "mine", "--issuer", provider.issuer, "--client-id", "c", "--no-browser", "--timeout", "0.2")
    done = run(*argv)
    assert done.returncode == TIMED_OUT
    for part in ("did the browser open", "free", "registered"):
        assert part in done.stderr


def test_exit_code_6_network(run: Run, provider: Provider) -> None:
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == DONE
    provider.close()
    for argv in (("refresh", "mine"), ("login", "mine")):
        assert run(*argv).returncode == NETWORK
    assert run("token", "mine").returncode == DONE  # it lives
    assert run("logout", "mine").returncode == DONE  # here, at least


# The command line itself


def test_providers_lists_what_can_be_named(run: Run, provider: Provider, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[company]\nissuer = "https://auth.company.example"\n')
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == DONE
    done = run("providers", OAUTHSRV_PROVIDERS=str(tmp_path / "p.toml"))
    assert done.returncode == DONE
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert set(lines) == {"atlassian", "company", "github", "mine", "oauthsrv"}
    assert provider.issuer in lines["mine"]
    assert "https://github.com/settings/developers" in lines["github"]


@pytest.mark.parametrize("command", COMMANDS)
def test_all_but_providers_take_the_same_options_after_the_service(command: str) -> None:
    options = ["--issuer", "https://a", "--client-id", "i", "--client-secret", "s", "--scope", "x", "--json"]
    args = vars(command_line.command_line().parse_args(["auth", command, "mine", *options]))
    assert (args["module"], args["function"], args["service"]) == ("auth", command, "mine")
    assert (args["issuer"], args["client_id"], args["client_secret"]) == ("https://a", "i", "s")
    assert (args["scope"], args["json"]) == (["x"], True)


def test_help_needs_the_standard_library_alone_and_the_rest_names_its_extra() -> None:
    start = [sys.executable, "-S", "run.py", "auth"]  # -S leaves out all installed packages
    for command in ([], ["providers"], *([one] for one in COMMANDS)):
        subprocess.run([*start, *command, "--help"], cwd=ROOT, capture_output=True, check=True)
    done = subprocess.run(
        [*start, "login", "mine", "--issuer", "https://a.example"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == FAILED
    assert "pip install -e '.[client]'" in done.stderr


def test_the_client_imports_nothing_of_the_server(environment: dict[str, str]) -> None:
    program = (
        "import sys, oauthsrv.__main__ as program; program.main(['auth', 'status', 'mine']);"
        "foreign = ('bottle', 'psycopg2', 'redis', 'mako', 'keyring', 'httpx');"
        "packages = ('oauthsrv.routes', 'oauthsrv.store', 'oauthsrv.oauth', 'oauthsrv.flows');"
        "print([name for name in sys.modules if name.split('.')[0] in foreign or name.startswith(packages)])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_several_commands_with_one_expired_token_make_one_refresh(
    run: Run, start: Callable[..., subprocess.Popen[str]], provider: Provider, tokens: Path
) -> None:
    """As twenty processes do elsewhere; starting Python so often takes its time."""
    assert run("login", "mine", "--issuer", provider.issuer, "--client-id", "c").returncode == DONE
    stored(tokens, issued_at=0)
    processes = [start("token", "mine") for _ in range(5)]
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert len(said) == 1
    assert said.pop().strip() in provider.living
    assert provider.counts["refresh_token"] == 1
    eventually(lambda: all(process.returncode == DONE for process in processes))
