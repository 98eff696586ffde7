"""How often signing in and up may fail, or be done, before a person has to wait (rules 13 and 16)."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import pytest

import make
import play
from browser import KNOWN_COOKIE, Browser, wsgi
from oauthsrv.passwords.queue import Busy, Standing
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.limits import LIMITS, Attempt, Limit
from seen import main_form, new_address, new_email, sign_up

WRONG = "not the right one"


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of failures that are quickly reached; those of use are not, or nothing else would be."""
    for name in LIMITS.keys() - {"form_user", "form_address", "password_user"}:
        monkeypatch.setitem(LIMITS, name, Limit(3, 900, "tests"))


@pytest.mark.usefixtures("tight")
def test_rule_13_failed_sign_ins_to_one_account_are_limited_wherever_they_come_from(
    server: Server, user: make.User
) -> None:
    answers = [
        play.sign_in(Browser(wsgi(server), new_address()), user, WRONG).status_int
        for _ in range(LIMITS["login_account"].most)
    ]
    assert answers == [422] * 3
    refused = play.sign_in(Browser(wsgi(server), new_address()), user)
    assert refused.status_int == 429, "the right password neither: it could be guessed just so"
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert main_form(refused)["email"].value == user.email
    assert "15 minutes" in refused


@pytest.mark.usefixtures("tight")
def test_rule_13_a_double_click_on_a_wrong_password_is_one_attempt(server: Server, user: make.User) -> None:
    """Another password in the same form is another attempt."""
    browser = Browser(wsgi(server), new_address())
    form = main_form(browser.get("/login"))
    form["email"] = user.email
    for password, status in ((WRONG, 422), (f"{WRONG} 2", 422), (f"{WRONG} 3", 422), (f"{WRONG} 4", 429)):
        form["password"] = password
        answers = [form.submit() for _ in range(3)]
        assert [answer.status_int for answer in answers] == [status] * 3
    assert play.sign_in(browser, user, WRONG).status_int == 429


@pytest.mark.usefixtures("tight")
def test_rule_13_the_same_holds_where_the_password_is_asked_for_again(anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    form = play.form_with(anywhere.get("/account/password"), "new_password")
    form["password"], form["new_password"] = WRONG, "a passphrase that is new"
    assert [form.submit().status_int for _ in range(5)] == [422] * 5


@pytest.mark.usefixtures("tight")
def test_rule_13_a_mail_without_account_is_limited_just_so(server: Server) -> None:
    nobody = make.User("", new_email(), WRONG)
    answers = [play.sign_in(Browser(wsgi(server), new_address()), nobody).status_int for _ in range(4)]
    assert answers == [422, 422, 422, 429]


def test_rule_13_forms_of_others_at_its_address_keep_no_browser_from_signing_in_that_did_so_before(
    anywhere: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.sign_in(anywhere, user)
    play.press(anywhere.get("/account/profile"), "Sign out")
    monkeypatch.setitem(LIMITS, "form_address", Limit(2, 600, "tests"))
    address = anywhere.extra_environ["REMOTE_ADDR"]
    empty = make.User("", "", "")
    assert 429 in [play.sign_in(anywhere.another(address), empty).status_int for _ in range(3)]
    assert play.sign_in(anywhere, user).status_int == 303


@pytest.mark.usefixtures("tight")
def test_rule_13_a_browser_that_signed_in_before_is_never_locked_out_by_others(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    play.sign_in(anywhere, user)
    anywhere.get("/account/profile").forms[0].submit()
    for _ in range(5):
        play.sign_in(Browser(wsgi(server), new_address()), user, WRONG)
    assert play.sign_in(Browser(wsgi(server), new_address()), user).status_int == 429
    assert play.sign_in(anywhere, user).status_int == 303


@pytest.mark.usefixtures("tight")
def test_rule_13_nor_by_others_at_its_address(server: Server, anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    anywhere.get("/account/profile").forms[0].submit()
    neighbor = Browser(wsgi(server), anywhere.extra_environ["REMOTE_ADDR"])
    other = make.user(server)
    answers = [play.sign_in(neighbor, make.User("", new_email(), WRONG)).status_int for _ in range(4)]
    assert answers == [422, 422, 422, 429]
    assert play.sign_in(anywhere, user).status_int == 303
    anywhere.get("/account/profile").forms[0].submit()
    assert play.sign_in(anywhere, other).status_int == 429, "it is not known to this account"


@pytest.mark.usefixtures("tight")
def test_rule_13_its_own_failures_are_counted_apart(server: Server, anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    anywhere.get("/account/profile").forms[0].submit()
    answers = []
    for _ in range(4):
        anywhere.extra_environ["REMOTE_ADDR"] = new_address()
        answers.append(play.sign_in(anywhere, user, WRONG).status_int)
    assert answers == [422, 422, 422, 429]
    assert play.sign_in(Browser(wsgi(server), new_address()), user).status_int == 303


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("change", ["user", "mark", "signature", "cut"])
def test_rule_13_a_mark_that_was_tampered_with_counts_for_nothing(
    server: Server, anywhere: Browser, user: make.User, change: str
) -> None:
    other = make.user(server)
    play.sign_in(anywhere, other)
    user_id, mark, signature = anywhere.cookies[KNOWN_COOKIE].split(".")
    forged = {
        "user": f"{user.user_id}.{mark}.{signature}",
        "mark": f"{user.user_id}.{'0' * 16}.{signature}",
        "signature": f"{user.user_id}.{mark}.{'0' * 64}",
        "cut": f"{user.user_id}.{mark}",
    }[change]
    assert user_id == other.user_id
    thief = Browser(wsgi(server), new_address())
    thief.set_cookie(KNOWN_COOKIE, forged)
    for _ in range(3):
        play.sign_in(thief, user, WRONG)
    assert play.sign_in(thief, user).status_int == 429


@pytest.mark.usefixtures("tight")
def test_rule_13_failed_sign_ins_from_one_address_are_limited_and_touch_no_account_after_that(
    server: Server, user: make.User
) -> None:
    address = new_address()
    answers = [
        play.sign_in(Browser(wsgi(server), address), make.User("", new_email(), WRONG)).status_int for _ in range(4)
    ]
    assert answers == [422, 422, 422, 429]
    for _ in range(5):
        assert play.sign_in(Browser(wsgi(server), address), user, WRONG).status_int == 429
    assert play.sign_in(Browser(wsgi(server), new_address()), user).status_int == 303


@pytest.mark.usefixtures("tight")
def test_rule_13_addresses_of_one_ipv6_subscriber_count_as_one(server: Server) -> None:
    home = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    answers = [
        play.sign_in(Browser(wsgi(server), f"{home}::{host}"), make.User("", new_email(), WRONG)).status_int
        for host in range(1, 5)
    ]
    assert answers == [422, 422, 422, 429]


def test_rule_13_a_holder_of_many_ipv6_networks_counts_by_the_48_too(
    server: Server, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "login_network", Limit(3, 900, "tests"))
    site = f"2001:db8:{secrets.token_hex(2)}"
    nobody = make.User("", new_email(), WRONG)
    answers = [play.sign_in(Browser(wsgi(server), f"{site}:{net:x}::1"), nobody).status_int for net in range(1, 5)]
    assert answers == [422, 422, 422, 429]
    elsewhere = f"2001:db8:{secrets.token_hex(2)}:1::1"
    assert play.sign_in(Browser(wsgi(server), elsewhere), user).status_int == 303


@pytest.mark.usefixtures("tight")
def test_signing_in_rightly_uses_up_no_limit_of_failures(server: Server, user: make.User) -> None:
    address = new_address()
    for _ in range(8):
        assert play.sign_in(Browser(wsgi(server), address), user).status_int == 303


def test_rule_15_signing_in_rightly_costs_as_much_and_has_a_limit_of_its_own(
    server: Server, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "password_user", Limit(3, 900, "tests"))
    browsers = [Browser(wsgi(server), new_address()) for _ in range(4)]
    assert [play.sign_in(browser, user).status_int for browser in browsers] == [303, 303, 303, 429]
    other = make.user(server)
    assert play.sign_in(browsers[-1], other).status_int == 303


@pytest.mark.usefixtures("tight")
def test_many_right_sign_ins_at_once_do_not_use_up_a_limit(server: Server, user: make.User) -> None:
    browsers = [Browser(wsgi(server), new_address()) for _ in range(8)]
    forms = [main_form(browser.get("/login")) for browser in browsers]
    answers: list[int] = []

    def submit(form: Any) -> None:
        form["email"], form["password"] = user.email, user.password
        answers.append(form.submit().status_int)

    threads = [threading.Thread(target=submit, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 8


@pytest.mark.usefixtures("tight")
def test_many_wrong_sign_ins_at_once_do_not_slip_through(server: Server, user: make.User) -> None:
    forms = [main_form(Browser(wsgi(server), new_address()).get("/login")) for _ in range(8)]
    answers: list[int] = []

    def submit(form: Any) -> None:
        form["email"], form["password"] = user.email, WRONG
        answers.append(form.submit().status_int)

    threads = [threading.Thread(target=submit, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [422] * 3 + [429] * 5


@pytest.mark.usefixtures("tight")
def test_rule_13_asking_which_mails_have_accounts_is_limited(server: Server, user: make.User) -> None:
    browser = Browser(wsgi(server), new_address())
    answers = [sign_up(browser, user.email).status_int for _ in range(4)]
    assert answers == [422, 422, 422, 429]


@pytest.mark.usefixtures("tight")
def test_rule_16_how_many_accounts_one_address_may_make_is_limited(server: Server) -> None:
    address = new_address()
    emails = [new_email() for _ in range(4)]
    answers = [sign_up(Browser(wsgi(server), address), email) for email in emails]
    assert [answer.status_int for answer in answers] == [303, 303, 303, 429]
    assert main_form(answers[-1])["email"].value == emails[-1]
    assert "failed" not in answers[-1].html.find(class_="notice bad").get_text()
    assert sign_up(Browser(wsgi(server), new_address()), emails[-1]).status_int == 303


def test_rule_16_an_office_may_make_its_accounts_in_an_hour() -> None:
    assert LIMITS["signup_address"].most >= 100


def test_who_finds_the_queue_full_gets_a_page_that_keeps_what_was_typed_and_is_charged_nothing(
    server: Server, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object) -> bool:
        raise Busy

    browser = Browser(wsgi(server), new_address())
    monkeypatch.setitem(LIMITS, "login_address", Limit(1, 900, "tests"))
    with monkeypatch.context() as during:
        during.setattr(server.passwords, "verify", busy)
        during.setattr(server.passwords, "hash", busy)
        for answer in (play.sign_in(browser, user), sign_up(browser, user.email)):
            assert answer.status_int == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert main_form(answer)["email"].value == user.email
    assert play.sign_in(browser, user).status_int == 303


def test_the_table_of_limits_can_be_read(server: Server) -> None:
    for name, limit in LIMITS.items():
        # What a client names on another server is loaded once a minute, however many ask.
        assert limit.most >= (1 if name in ("document_url", "client_keys") else 10), name
        assert limit.seconds >= 60, name
        assert limit.counts
    taken = limits.take(server.redis, *(Attempt(name, secrets.token_hex(8)) for name in LIMITS))
    assert [one.seconds for one in taken] == [limit.seconds for limit in LIMITS.values()]


def test_rule_13_who_failed_several_times_waits_behind_the_others_and_a_known_browser_never_does(
    server: Server, anywhere: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.sign_in(anywhere, user)
    address, standings = new_address(), []
    verify = server.passwords.verify

    def noted(*args: Any) -> bool:
        standings.append(args[-1])
        return verify(*args)

    monkeypatch.setattr(server.passwords, "verify", noted)
    for _ in range(7):
        play.sign_in(Browser(wsgi(server), address), make.User("", new_email(), WRONG))
    anywhere.extra_environ["REMOTE_ADDR"] = address
    page = anywhere.get("/account/profile")
    play.press(page, "Sign out")
    play.sign_in(anywhere, user)
    assert standings == [Standing.NEW] * 5 + [Standing.SUSPECT] * 2 + [Standing.KNOWN]
