"""Signing up (rule 13)."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest

import make
from browser import Browser, wsgi
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from play import is_signed_in
from rows import audited
from seen import main_form, new_address, new_email, sign_up


def test_who_signs_up_is_signed_in(server: Server, anywhere: Browser) -> None:
    email = new_email()
    answer = sign_up(anywhere, f" {email} ", name="  Ada   Lovelace ")
    assert answer.status_int == 303
    page = anywhere.get("/account/profile")
    assert email in page
    assert main_form(page)["name"].value == "Ada Lovelace"
    with reading(server.database) as db:
        user = sql.users.find_by_email(db, email=email)
    assert user.password_hash.startswith("$2b$")
    assert not user.is_admin
    assert audited(server, "user.signed_up", user.user_id) == 1


def test_without_a_name_the_mail_lends_one(anywhere: Browser) -> None:
    email = new_email()
    sign_up(anywhere, email)
    assert main_form(anywhere.get("/account/profile"))["name"].value == email.partition("@")[0]


@pytest.mark.parametrize(
    ("email", "password", "name", "expected"),
    [
        ("", make.PASSWORD, "", "Enter your"),
        ("nobody", make.PASSWORD, "", "looks like name@example.com"),
        ("a@b@c", make.PASSWORD, "", "looks like name@example.com"),
        ("jörg@example.com", make.PASSWORD, "", "plain letters"),
        ("a..b@example.com", make.PASSWORD, "", "not an email"),
        ("a" * 65 + "@example.com", make.PASSWORD, "", "not an email"),
        ("a@" + "b." * 200 + "com", make.PASSWORD, "", "at most 254"),
        ("good@example.com", "123456789", "", "at least 10"),
        ("good@example.com", "", "", "at least 10"),
        ("good@example.com", "x" * 1025, "", "at most 1,024"),
        ("good@example.com", make.PASSWORD, "n" * 101, "at most 100"),
        ("good@example.com", make.PASSWORD, "evil\u202ename", "U+202E"),
        ("good@example.com", make.PASSWORD, "\x01", "U+0001"),
        ("good@example.com", make.PASSWORD, "...", "needs a letter"),
    ],
)
def test_a_form_says_beside_the_field_what_is_wrong_and_keeps_the_rest(
    anywhere: Browser, email: str, password: str, name: str, expected: str
) -> None:
    answer = sign_up(anywhere, email, password, name)
    assert answer.status_int == 422
    assert expected in answer.html.find(class_="error").get_text()
    form = main_form(answer)
    assert form["email"].value == email
    assert form["name"].value == name.replace("\x01", "\ufffd")
    assert form["password"].value == "", "a password is never written into a page"
    assert not is_signed_in(anywhere)


@pytest.mark.parametrize(
    ("email", "password", "name", "field"),
    [
        ("", "", "...", "email"),
        ("good@example.com", "short", "...", "name"),
        ("good@example.com", "short", "", "password"),
        ("verified@example.com", make.PASSWORD, "", "name"),
    ],
)
def test_the_first_field_with_an_error_has_the_focus(
    anywhere: Browser, email: str, password: str, name: str, field: str
) -> None:
    page = sign_up(anywhere, email, password, name)
    assert [element["name"] for element in page.html.find_all(autofocus=True)] == [field]


def test_a_mail_that_has_an_account_gets_an_answer_that_says_so_whatever_its_case(
    anywhere: Browser, user: make.User
) -> None:
    answer = sign_up(anywhere, user.email.upper())
    assert answer.status_int == 422
    assert "n account with this email already exists" in answer
    assert not is_signed_in(anywhere)


def test_two_who_sign_up_with_one_mail_at_once_make_one_account(server: Server) -> None:
    email = new_email()
    answers: list[int] = []
    pages = [Browser(wsgi(server), new_address()) for _ in range(8)]
    threads = [threading.Thread(target=lambda b=b: answers.append(sign_up(b, email).status_int)) for b in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[0] == 303
    assert answers.count(303) == 1


@pytest.fixture
def closed(server: Server) -> Iterator[None]:
    kept = server.settings
    server.settings = dataclasses.replace(kept, signup="closed")
    yield
    server.settings = kept


@pytest.mark.usefixtures("closed")
def test_where_signing_up_is_closed_a_page_says_so_and_nothing_is_made(server: Server, anywhere: Browser) -> None:
    page = anywhere.get("/signup")
    assert page.status_int == 403
    assert "Sign-up is closed" in page.html.h1
    form = main_form(anywhere.get("/login"))
    email = new_email()
    answer = anywhere.post("/signup", {"csrf": form["csrf"].value, "email": email, "password": make.PASSWORD})
    assert answer.status_int == 403
    with reading(server.database) as db:
        assert sql.users.find_by_email(db, email=email) is None
    assert "/signup" not in anywhere.get("/login")
    assert "/signup" not in anywhere.get("/")
