"""The link of the first start: it makes the first administrator, once (rule 1)."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator

import pytest

import held
import make
from browser import Browser, wsgi
from oauthsrv.flows import administrators
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.browser_sessions import Browser as SignInBrowser
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from rows import audited
from seen import main_form, new_address, new_email


@pytest.fixture
def nobody_rules(server: Server) -> Iterator[None]:
    """No user is an administrator in this block."""
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute('UPDATE "user" SET is_admin = false WHERE is_admin RETURNING user_id')
        admins = [row.user_id for row in cursor.fetchall()]
    yield
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute(
            'UPDATE "user" SET is_admin = user_id = ANY (%s) WHERE is_admin OR user_id = ANY (%s)', [admins] * 2
        )


def link_of(server: Server) -> str:
    link = administrators.first_link(server)
    assert link is not None
    assert link.startswith(server.settings.issuer + "/")
    return link.removeprefix(server.settings.issuer)


@pytest.mark.usefixtures("nobody_rules")
def test_the_link_makes_the_first_administrator_once(server: Server, anywhere: Browser) -> None:
    link = link_of(server)
    page = anywhere.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert anywhere.get(link).status_int == 200, "opening it spends nothing"
    form = main_form(page)
    email = new_email()
    form["email"], form["password"] = email, make.PASSWORD
    assert form.submit().status_int == 303
    assert "Admin" in anywhere.get("/account/profile").html.find(class_="main-nav").get_text()
    assert administrators.first_link(server) is None
    other = anywhere.another()
    gone = other.get(link)
    assert gone.status_int == 404
    assert "no longer works" in gone
    form["csrf"].force_value(main_form(other.get("/login"))["csrf"].value)
    answer = other.post("/welcome", form.submit_fields())
    assert answer.status_int == 404
    with reading(server.database) as db:
        user = sql.users.find_by_email(db, email=email)
    assert user.is_admin
    assert audited(server, "user.made_admin", user.user_id) == 1


@pytest.mark.usefixtures("nobody_rules")
def test_rule_1_the_link_is_kept_as_a_hash_and_stands_in_no_path(server: Server) -> None:
    link = link_of(server)
    path, _, secret = link.partition("?link=")
    assert path == "/welcome"
    assert re.fullmatch(r"lnk_[A-Za-z0-9_-]{43}", secret)
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute("SELECT * FROM one_time_link")
        assert secret not in str(cursor.fetchall())


@pytest.mark.usefixtures("nobody_rules")
def test_what_is_wrong_in_the_form_does_not_spend_the_link(server: Server, anywhere: Browser, user: make.User) -> None:
    form = main_form(anywhere.get(link_of(server)))
    form["email"], form["password"] = new_email(), "short"
    answer = form.submit()
    assert answer.status_int == 422
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    form = main_form(answer)
    form["email"], form["password"] = user.email, make.PASSWORD
    answer = form.submit()
    assert "n account with this email already exists" in answer
    form = main_form(answer)
    form["email"], form["password"] = new_email(), make.PASSWORD
    assert form.submit().status_int == 303


@pytest.mark.usefixtures("nobody_rules")
def test_a_newer_link_replaces_the_older_one(server: Server, anywhere: Browser) -> None:
    older, newer = link_of(server), link_of(server)
    assert anywhere.get(older).status_int == 404
    assert anywhere.get(newer).status_int == 200


@pytest.mark.usefixtures("nobody_rules")
def test_a_link_dies_after_a_day_and_when_there_is_an_administrator(server: Server, anywhere: Browser) -> None:
    link = link_of(server)
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute("UPDATE one_time_link SET expires_at = now() - interval '1 second'")
    assert anywhere.get(link).status_int == 404
    link = link_of(server)
    assert anywhere.get(link).status_int == 200
    make.user(server, admin=True)
    assert anywhere.get(link).status_int == 404
    assert anywhere.get("/welcome").status_int == 404
    assert anywhere.get("/welcome?link=lnk_x").status_int == 404


@pytest.mark.usefixtures("nobody_rules")
def test_two_starts_at_once_leave_one_link_open(server: Server, another_server: Server, anywhere: Browser) -> None:
    with (
        held.holding(administrators, lambda: administrators.first_link(server)) as (gate, first),
        held.in_parallel(lambda: administrators.first_link(another_server)) as second,
    ):
        held.eventually(lambda: held.a_lock_is_awaited(server) or second.done())
        gate.open()
    links = [str(link.result()).removeprefix(server.settings.issuer) for link in (first, second)]
    assert sorted(anywhere.get(link).status_int for link in links) == [200, 404]


@pytest.mark.usefixtures("nobody_rules")
def test_two_open_links_taken_at_once_make_one_administrator(server: Server, another_server: Server) -> None:
    """As a database may hold them that was restored."""
    link = link_of(server).partition("link=")[2]
    other = "lnk_" + secrets.token_urlsafe(32)
    with transaction(server.database) as db:
        nobody = dict.fromkeys(("user_id", "client_id", "email", "made_by"))
        sql.links.add(db, link_hash=digest(other), purpose="first_admin", seconds=60, **nobody)

    def take(server: Server, link: str) -> None:
        account = Account(new_email(), "Ada", make.PASSWORD)
        administrators.accept_first(server, link, account, SignInBrowser(new_address(), "", "", None, {}))

    with (
        held.holding(administrators, lambda: take(server, link)) as (gate, first),
        held.in_parallel(lambda: take(another_server, other)) as second,
    ):
        held.eventually(lambda: held.a_lock_is_awaited(server) or second.done())
        gate.open()
    assert first.exception() is None
    assert isinstance(second.exception(), administrators.LinkSpent)
    with reading(server.database) as db:
        assert len(sql.users.administrators(db)) == 1


@pytest.mark.usefixtures("nobody_rules")
def test_two_who_use_the_link_at_once_make_one_administrator(server: Server) -> None:
    link = link_of(server)
    forms = []
    for _ in range(6):
        form = main_form(Browser(wsgi(server), new_address()).get(link))
        form["email"], form["password"] = new_email(), make.PASSWORD
        forms.append(form)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda f=f: answers.append(f.submit().status_int)) for f in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(303) == 1
    assert set(answers) <= {303, 404}
