"""The name that others see."""

from __future__ import annotations

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS, Limit
from seen import flash, main_form


def test_a_new_name_is_kept_and_shown_to_users_of_ones_apps(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server, user)
    guest = signed_in.another()
    play.sign_in(guest, make.user(server))
    assert "Ada Example" in play.ask(guest, app)
    form = main_form(signed_in.get("/account/profile"))
    form["name"] = " Ada   King "
    assert "Your profile was changed." in flash(form.submit().follow())
    assert main_form(signed_in.get("/account/profile"))["name"].value == "Ada King"
    page = play.ask(guest, app)
    assert "Ada King" in page
    assert "Ada Example" not in page


def test_apps_are_loaded_again_only_for_a_name_that_is_another(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server, user)
    assert server.clients.find_client(app.client_id)
    stamp = server.redis.connection().get(server.clients.stamp_key(app.client_id))
    main_form(signed_in.get("/account/profile")).submit()
    assert server.redis.connection().get(server.clients.stamp_key(app.client_id)) == stamp is not None


@pytest.mark.parametrize("name", ["", "   ", "n" * 101, "a\u2066b", "Ada (verified)"])
def test_a_name_that_cannot_be_is_refused_and_kept_in_the_form(signed_in: Browser, name: str) -> None:
    form = main_form(signed_in.get("/account/profile"))
    form["name"] = name
    answer = form.submit()
    assert answer.status_int == 422
    assert answer.html.find(class_="error") is not None
    assert main_form(answer)["name"].value == name


def test_rule_13_a_name_that_comes_too_often_is_kept_in_the_form(
    signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "rename_user", Limit(0, 600, "tests"))
    form = play.form_with(signed_in.get("/account/profile"), "name")
    form["name"] = "Ada Lovelace"
    answer = form.submit(status=429)
    assert play.form_with(answer, "name")["name"].value == "Ada Lovelace"
    assert "Try again in" in answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 600


def test_a_new_name_takes_back_that_ones_apps_are_verified_and_the_page_and_the_log_say_so(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    """Whoever verified them knew their developer by the old one."""
    assert "lose their verification" not in signed_in.get("/account/profile")
    verified, other = make.app(server, user), make.app(server, user)
    review.verify(server, verified.client_id, by=Actor())
    page = signed_in.get("/account/profile")
    assert "your apps lose their verification" in page
    form = main_form(page)
    assert form.submit().status_int == 303
    assert is_verified(server, verified), "it is the name it was"
    form["name"] = "Sam Else"
    form.submit()
    assert not is_verified(server, verified)
    [event] = rows.events(server, "client.changed", verified.client_id)
    assert event.details == {"changed": ["owner_name"], "lost": "verification"}
    assert rows.events(server, "client.changed", other.client_id) == []


def is_verified(server: Server, app: make.App) -> bool:
    client = server.clients.find_client(app.client_id)
    assert client is not None
    return client.verified
