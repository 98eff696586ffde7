"""/logos/<client_id>: pictures that people chose, sent so that they can do nothing."""

from __future__ import annotations

import pytest

import make
from browser import Browser
from oauthsrv import logos
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import sql, transaction
from test_logos import picture


@pytest.fixture
def app(server: Server) -> make.App:
    """With a logo."""
    app, logo = make.app(server), logos.draw(picture())
    with transaction(server.database) as db:
        sql.clients.set_logo(db, client_id=app.client_id, content=logo, version=logos.version_of(logo))
    return app


def test_a_logo_is_for_good_under_its_version_alone(browser: Browser, app: make.App) -> None:
    version = logos.version_of(logos.draw(picture_of(browser, app)))
    for query, cached in ((f"?v={version}", "immutable"), ("?v=other", "max-age=300"), ("", "max-age=300")):
        answer = browser.get(f"/logos/{app.client_id}{query}")
        assert answer.content_type == "image/png"
        assert cached in answer.headers["Cache-Control"], query
        assert answer.headers["ETag"] == f'"{version}"'


def picture_of(browser: Browser, app: make.App) -> bytes:
    return bytes(browser.get(f"/logos/{app.client_id}").body)


def test_a_logo_can_do_nothing_and_is_for_our_pages_alone(browser: Browser, app: make.App) -> None:
    headers = browser.get(f"/logos/{app.client_id}").headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_logo_that_is_there_already_is_not_sent_again(browser: Browser, app: make.App) -> None:
    answer = browser.get(f"/logos/{app.client_id}")
    again = browser.get(f"/logos/{app.client_id}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_int == 304
    assert again.body == b""


def test_without_a_logo_there_is_a_404(server: Server, browser: Browser, app: make.App) -> None:
    for client_id in (make.app(server).client_id, "cli_" + "0" * 32, "x"):
        answer = browser.get(f"/logos/{client_id}")
        assert answer.status_int == 404
        assert answer.content_type == "text/plain"
    revocations.delete_client(server, app.client_id, by=Actor())
    assert browser.get(f"/logos/{app.client_id}").status_int == 404


def test_rule_8_when_the_database_is_away_a_logo_is_too(
    browser: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr("oauthsrv.routes.files.reading", away)
    answer = browser.get(f"/logos/{app.client_id}")
    assert answer.status_int == 503
    assert answer.headers["Retry-After"]
    assert answer.headers["Cache-Control"] == "no-store"
