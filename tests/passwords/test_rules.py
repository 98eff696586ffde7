"""What a new password must be (rule 1)."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest

import make
import play
from browser import Browser
from oauthsrv.__main__ import main
from oauthsrv.embedded import Databases
from oauthsrv.passwords import rules
from oauthsrv.passwords.rules import common, repeated, why_refused
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

EMAIL = "ada.lovelace@engine-works.example"

TOO_COMMON = (
    "1234567890", "0123456789", "0987654321", "12345678901", "1234567890123", "passwordpassword", "PASSWORDPASSWORD",
    "Password123!", "password12", "passwordpass", "qwertyuiop", "QwertyQwerty", "aaaaaaaaaa",
    "abcabcabcabc", "abcdefghijkl", "zyxwvutsrq", "!!football!!", "football2024", "iloveyou123", "letmein!!!!!",
    "ｐａｓｓｗｏｒｄ１２３",
)  # fmt: skip
OWN = (
    EMAIL, EMAIL.upper(), "ada.lovelace", "adalovelace1", "Lovelace-2024", "engine-works", "engineworks!",
    "lovelace-ada", "ada@engine-works", "ada.lovelace@engine-works.example1",
)  # fmt: skip
PRODUCT = "Acme Workbench"
NAMES = (
    "oauthsrv123", "OAuthSrv-2024", "oauthsrv oauthsrv", "my.oauthsrv",
    "acmeworkbench", "Acme-Workbench1", "workbench2024", "acme workbench!", "AcmeAcme2024",
)  # fmt: skip
GOOD = (
    "correct horse battery", "four wörds in a row", "oauthsrv keeps my seven cats", "the acme of all passwords",
    "lovelace wrote notes on engines",
    "xK9#mPq2vL", "tangerine zebra 42 hops", "aaaaaaaaaabbbb cc dd ee", "日本語のパスワードです",
)  # fmt: skip


@pytest.mark.parametrize("password", TOO_COMMON)
def test_rule_1_what_is_guessed_first_is_refused(password: str) -> None:
    assert "Too easy to guess" in (why_refused(password, product=PRODUCT, email=EMAIL) or "")


@pytest.mark.parametrize("password", OWN)
def test_rule_1_ones_own_address_and_its_parts_are_refused(password: str) -> None:
    assert "Don’t use your email address" in (why_refused(password, product=PRODUCT, email=EMAIL) or "")


@pytest.mark.parametrize("password", NAMES)
def test_rule_1_the_name_of_the_product_is_refused(password: str) -> None:
    assert "name of this service" in (why_refused(password, product=PRODUCT, email=EMAIL) or "")


@pytest.mark.parametrize("password", GOOD)
def test_other_passwords_are_good(password: str) -> None:
    assert why_refused(password, product=PRODUCT, email=EMAIL) is None


def test_a_new_password_has_at_least_ten_characters_and_at_most_1024_bytes() -> None:
    long = " ".join(f"word{number}" for number in range(200))[:1024]
    assert "at least 10" in (why_refused("xK9#mPq2v", product=PRODUCT) or "")
    assert why_refused(long, product=PRODUCT) is None
    assert "1,024" in (why_refused(long + "x", product=PRODUCT) or "")


def test_the_list_holds_the_ten_thousand_most_common() -> None:
    assert len(common()) > 10_000
    assert {"123456", "password", "qwertyuiop", "1234567890"} <= common()


def test_what_repeats() -> None:
    assert repeated("passwordpassword") == "password"
    assert repeated("12345678901234567890123") == "1234567890"
    assert repeated("abcdefghij") == "abcdefghij"
    assert repeated("") == ""


def test_rule_12_a_long_password_is_judged_quickly() -> None:
    began = time.perf_counter()
    for text in ("a" * 1024, "ab" * 512, "a" * 1023 + "b", "adalovelace" * 93):
        why_refused(text, product=PRODUCT, email="a" * 64 + "@" + ".".join(["abc"] * 40))
    assert time.perf_counter() - began < 5


def test_rule_12_a_new_password_that_is_too_long_is_refused_before_it_is_normalized(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would take the square of the length."""
    lengths = [0]
    normalize = Mock(side_effect=lambda _form, text: lengths.append(len(text)) or text)
    monkeypatch.setattr(rules, "unicodedata", Mock(normalize=normalize))
    assert "at most 1,024 bytes" in str(why_refused("a" + "\u0316\u0300" * 30_000, product=PRODUCT))
    assert max(lengths) <= 1024


# Where a password is chosen


def test_rule_1_a_bad_password_is_refused_at_sign_up(browser: Browser) -> None:
    form = play.form_with(browser.get("/signup"), "password")
    form["email"] = "pat.example@example.com"
    for password in ("passwordpassword", "pat.example1"):
        form["password"] = password
        answer = form.submit()
        assert answer.status_int == 422
        assert answer.html.find(id="password-error")


def test_rule_1_a_bad_password_is_refused_when_it_is_changed(server: Server, browser: Browser) -> None:
    user = make.user(server, email="quinn.example@example.com")
    play.sign_in(browser, user)
    form = play.form_with(browser.get("/account/password"), "new_password")
    for password in ("passwordpassword", "quinn.example"):
        form["password"], form["new_password"] = user.password, password
        answer = form.submit()
        assert answer.status_int == 422
        assert answer.html.find(id="new_password-error")


@pytest.fixture
def run(found: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    monkeypatch.setenv("DATABASE_URL", found.database_url)
    monkeypatch.setenv("REDIS_URL", found.redis_url)

    def run(email: str, password: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(password.encode())))
        assert main(["users", "add", email, "--password-stdin"]) == 1
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize("password", ["1234567890", "passwordpassword", "robin.example"])
def test_rule_1_a_bad_password_is_refused_by_command(run: Callable[..., str], server: Server, password: str) -> None:
    assert "random words" in run("robin.example@example.com", password)
    with reading(server.database) as db:
        assert sql.users.find_by_email(db, email="robin.example@example.com") is None
