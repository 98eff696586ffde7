"""oauthsrv users …: accounts from the command line."""

import io
import sys
from collections.abc import Callable

import pytest

import make
from oauthsrv.__main__ import main
from oauthsrv.embedded import Databases
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(found: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the databases of the tests: its exit code, and what it said on stdout and on stderr."""
    monkeypatch.setenv("DATABASE_URL", found.database_url)
    monkeypatch.setenv("OAUTHSRV_KEY", make.KEY)
    monkeypatch.setenv("REDIS_URL", found.redis_url)

    def run(*argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(argv)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def password_fits(server: Server, email: str, password: str) -> bool:
    with reading(server.database) as db:
        kept = sql.users.find_by_email(db, email=email).password_hash
    return server.passwords.verify(password, kept)


def test_a_password_is_made_and_printed_once(run: Run, server: Server) -> None:
    code, printed, _ = run("users", "add", "made@example.com")
    assert code == 0
    [line] = [line for line in printed.splitlines() if line.startswith("password: ")]
    password = line.removeprefix("password: ")
    assert len(password) == 20
    assert password_fits(server, "made@example.com", password)
    assert password not in "".join(run("users", "list")[1:])


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nanother line"])
def test_a_password_is_read_from_standard_input_and_never_printed(run: Run, server: Server, end: bytes) -> None:
    email = f"typed{len(end)}@example.com"
    code, printed, complained = run(
        "users", "add", email, "--password-stdin", stdin=b" four w\xc3\xb6rds in a row " + end
    )
    assert (code, complained) == (0, "")
    assert "wörds" not in printed
    assert password_fits(server, email, " four wörds in a row ")


@pytest.mark.parametrize(
    ("stdin", "reason"),
    [
        (b"", "at least 10 characters"),
        (b"short\n", "at least 10 characters"),
        (b"x" * 5000, "at most 1,024 bytes"),
        (b"\xff" * 20, "not UTF-8"),
    ],
)
def test_a_bad_password_is_refused_and_makes_no_account(run: Run, stdin: bytes, reason: str) -> None:
    code, printed, complained = run("users", "add", "nobody@example.com", "--password-stdin", stdin=stdin)
    assert (code, printed) == (1, "")
    assert reason.lower() in complained.lower()
    assert "nobody@example.com" not in run("users", "list")[1]


def test_an_account_that_exists_is_refused_whatever_its_letters(run: Run) -> None:
    run("users", "add", "once@example.com")
    code, printed, complained = run("users", "add", "ONCE@example.com")
    assert (code, printed) == (1, "")
    assert "already" in complained


def test_an_administrator_and_a_name_show_in_the_list(run: Run) -> None:
    run("users", "add", "boss@example.com", "--admin", "--name", "The Boss")
    [line] = [line for line in run("users", "list")[1].splitlines() if "boss@example.com" in line]
    assert line.split()[:3] == ["boss@example.com", "admin", "active"]
    assert line.endswith("The Boss")


def test_disabling_and_enabling_show_in_the_list(run: Run) -> None:
    run("users", "add", "leaver@example.com")
    assert run("users", "disable", "Leaver@example.com")[0] == 0
    assert "leaver@example.com user disabled" in " ".join(run("users", "list")[1].split())
    assert run("users", "enable", "leaver@example.com")[0] == 0
    assert "leaver@example.com user active" in " ".join(run("users", "list")[1].split())


def test_revoking_leaves_the_account(run: Run) -> None:
    run("users", "add", "stays@example.com")
    code, printed, _ = run("users", "revoke", "stays@example.com")
    assert code == 0
    assert printed == "Revoked every session, code, grant and token of stays@example.com.\n"
    assert "stays@example.com user active" in " ".join(run("users", "list")[1].split())


@pytest.mark.parametrize("action", ["disable", "enable", "revoke"])
@pytest.mark.parametrize("email", ["missing@example.com", "", "a\udcff@example.com", "%", "a\tb"])
def test_a_person_who_is_not_there_is_refused_in_one_line(run: Run, action: str, email: str) -> None:
    code, printed, complained = run("users", action, email)
    assert (code, printed) == (1, "")
    assert complained.startswith("oauthsrv: there is no user ")
    assert complained.count("\n") == 1


def test_databases_that_do_not_answer_are_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:pa55@127.0.0.1:1/x")
    code, printed, complained = run("users", "list")
    assert (code, printed) == (1, "")
    assert complained.startswith("oauthsrv: DATABASE_URL: PostgreSQL cannot be used: ")
    assert complained.count("\n") == 1
    assert "pa55" not in complained


def test_a_link_to_a_new_password_is_printed(run: Run, server: Server) -> None:
    run("users", "add", "forgot@example.com")
    code, printed, _ = run("users", "reset", "FORGOT@example.com")
    assert code == 0
    assert printed.splitlines()[-1].startswith(server.settings.issuer + "/reset?link=lnk_")
    assert run("users", "reset", "nobody@example.com")[0] == 1
    run("users", "disable", "forgot@example.com")
    code, printed, complained = run("users", "reset", "forgot@example.com")
    assert (code, printed) == (1, "")
    assert "disabled" in complained
