"""Logging: one line an event, and nothing in it that grants access."""

import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oauthsrv import logs

ROOT = Path(__file__).resolve().parent.parent


def line(message: str, *args: object) -> str:
    return logs.OneLine("%(message)s").format(logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, None))


def test_a_line_break_that_was_sent_in_does_not_begin_an_event() -> None:
    assert line("path %s", "/a\r\nERROR forged\u2028twice") == "path /a | ERROR forged | twice"


def test_rule_12_what_a_terminal_would_obey_is_not_logged() -> None:
    assert line("path %s", "/a\x00\x1b[2J\x9b\u202eb\td\udc80") == "path /a\ufffd\ufffd[2J\ufffd\ufffdb\ufffdd\ufffd"
    assert line("path %s", "/ä/日本") == "path /ä/日本"


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("/oauth/authorize?client_id=1&state=abc", "/oauth/authorize?…"),
        ("GET /cb?code=oac_123 HTTP/1.1", "GET /cb?… HTTP/1.1"),
        ("went to 'https://a.example/cb?code=1' at once", "went to 'https://a.example/cb?…' at once"),
        ("is it so?", "is it so?"),
    ],
)
def test_a_query_is_never_logged(said: str, logged: str) -> None:
    """§5.1"""
    assert line(said) == logged


@pytest.mark.parametrize("kind", ["oat", "ort", "oac", "sec"])
def test_a_secret_that_was_let_slip_is_cut(kind: str) -> None:
    """§5.1"""
    assert line("bad token %s here", f"{kind}_0123456789abcdef.-~") == f"bad token {kind}_… here"


def test_it_goes_to_stderr_with_each_traceback_in_one_line() -> None:
    program = """
import logging
from oauthsrv import logs
logs.configure()
logs.configure()
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("oauthsrv.x").exception("failed")
logging.getLogger("waitress.queue").warning("Task queue depth is 1")
logging.getLogger("oauthsrv.x").debug("not this")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    [event] = done.stderr.splitlines()
    assert " ERROR " in event
    assert "oauthsrv.x: failed | Traceback" in event
    assert event.endswith("ZeroDivisionError: division by zero")


def test_rule_12_a_path_made_to_slow_the_log_is_read_in_one_go() -> None:
    """Twice as long takes about twice as long, not four times."""

    def took(length: int) -> float:
        began = time.process_time()
        logs.QUERY.sub("", "/" + "a?" * length)
        return time.process_time() - began

    assert took(40_000) < 8 * took(10_000) + 0.05
