"""/admin/setup: the first administrator lands on it, and each step is done only if it really is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv import config, places
from oauthsrv.config import Settings
from oauthsrv.routes.admin import setup
from oauthsrv.routes.admin.setup import STEPS, SetupFacts
from oauthsrv.server import Server

ROWS = ["Name and logo", "Scopes", "An API", "Proxy and TLS", "Mail", "Who can sign up", "Review of apps"]


@pytest.fixture(autouse=True)
def shown_again(server: Server) -> Iterator[None]:
    yield
    rows.rows(server, "UPDATE installation SET setup_hidden_at = NULL")


def facts(settings: Settings, **more: Any) -> SetupFacts:
    known = {"peer": "127.0.0.1", "forwarded": False, "apis": 0, "has_own_scopes": False, "is_hidden": False}
    return SetupFacts(settings, **(known | more))


def done(found: SetupFacts) -> list[str]:
    return [step.title for step in STEPS if step.is_done and step.is_done(found)]


def test_the_checklist_has_the_first_steps_in_their_order() -> None:
    assert [step.title for step in STEPS] == ROWS


def test_nothing_is_done_on_a_new_server_and_mail_is_nothing_to_do() -> None:
    new = facts(config.load({}))
    assert done(new) == []
    assert setup.state(new) == (0, 6, False)


@pytest.mark.parametrize(
    ("environ", "more", "title"),
    [
        ({}, {"has_own_scopes": True}, "Scopes"),
        ({}, {"apis": 1}, "An API"),
        ({"OAUTHSRV_SIGNUP": "open"}, {}, "Who can sign up"),
        ({"OAUTHSRV_APP_REVIEW": "off"}, {}, "Review of apps"),
        (
            {"OAUTHSRV_ISSUER": "https://login.example.com", "OAUTHSRV_TRUSTED_PROXIES": "10.0.0.0/8"},
            {"peer": "10.1.2.3", "forwarded": True},
            "Proxy and TLS",
        ),
    ],
)
def test_a_step_is_done_only_if_it_really_is(environ: dict[str, str], more: dict[str, Any], title: str) -> None:
    assert done(facts(config.load(environ), **more)) == [title]


@pytest.mark.parametrize(
    ("environ", "more"),
    [
        ({"OAUTHSRV_TRUSTED_PROXIES": "127.0.0.1"}, {"forwarded": True}),  # without TLS
        ({"OAUTHSRV_ISSUER": "https://login.example.com"}, {"forwarded": True}),
        ({"OAUTHSRV_ISSUER": "https://login.example.com", "OAUTHSRV_TRUSTED_PROXIES": "127.0.0.1"}, {}),
    ],
)
def test_a_proxy_counts_only_if_it_is_trusted_and_browsers_use_https(
    environ: dict[str, str], more: dict[str, Any]
) -> None:
    assert done(facts(config.load(environ), **more)) == []


def test_the_line_to_set_has_the_address_of_the_proxy_that_forwarded_the_page() -> None:
    found = facts(config.load({"OAUTHSRV_ISSUER": "https://login.example.com"}), peer="192.0.2.7", forwarded=True)
    assert "OAUTHSRV_TRUSTED_PROXIES=192.0.2.7" in found.proxy_lines


def test_a_changed_scope_makes_the_catalog_ones_own() -> None:
    @dataclasses.dataclass
    class Scope:
        scope: str
        description: str
        consent_text: str
        deprecated: bool = False

    starter = [Scope(name, *texts) for name, texts in setup.STARTER_SCOPES.items()]
    assert not setup.has_own(starter)
    assert setup.has_own(starter[1:])
    assert setup.has_own([dataclasses.replace(starter[0], consent_text="See your name"), *starter[1:]])


def test_the_starter_texts_are_those_that_the_first_start_writes() -> None:
    written = "".join(file.read_text() for file in (places.SQL / "migrations").glob("*.sql"))
    for name, texts in setup.STARTER_SCOPES.items():
        assert all(f"'{text}'" in written for text in (name, *texts))


def test_an_administrator_lands_on_the_checklist_until_it_is_hidden_and_finds_it_again(
    server: Server, browser: Browser, root: make.User
) -> None:
    page = browser.get("/").follow()
    assert page.request.path == "/admin/setup"
    assert len(page.html.find(class_="setup").find_all("h2")) == len(ROWS)
    assert "OAUTHSRV_SIGNUP=" in page.html.find("main").get_text()
    assert browser.get("/admin/overview").html.find(id="setup")
    page = play.press(page, "Hide this checklist").follow()
    assert page.html.find(id="setup") is None
    assert browser.get("/").location == "/account/apps"
    page = page.click("Setup")
    play.press(page, "Show on the overview again")
    assert browser.get("/admin/overview").html.find(id="setup")


def test_others_never_see_the_checklist(server: Server, browser: Browser, ada: make.User) -> None:
    assert browser.get("/").location == "/account/apps"
    assert browser.get("/admin/setup").status_int == 403
