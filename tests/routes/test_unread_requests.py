"""Requests that no handler reads are recorded too, for the client they name, as what anyone can have sent."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import make
import rows
from browser import Browser
from oauthsrv.oauth.credentials import new_access_token
from oauthsrv.server import Server
from oauthsrv.store.refusals import GROUPS_OF_OTHERS, OTHERS_ALIKE


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server)


def recorded(server: Server, app: make.App) -> list[Any]:
    server.refusals.flush()
    return rows.rows(
        server,
        "SELECT is_authenticated, endpoint, problem, sent, status, error FROM refusal WHERE client_id = %(id)s "
        "ORDER BY refusal_id",
        id=app.client_id,
    )


def basic(app: make.App) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{app.client_id}:x".encode()).decode()}


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/par", "/oauth/introspect"])
def test_rule_1_a_json_body_is_recorded_without_what_is_in_it(
    server: Server, browser: Browser, app: make.App, path: str
) -> None:
    body = {"grant_type": "authorization_code", "client_secret": app.client_secret, "client_id": app.client_id}
    answer = browser.post(path, json.dumps(body), content_type="application/json")
    assert answer.status_int == 415
    assert recorded(server, app) == [(False, path, "not_a_form", "", 415, "invalid_request")]


def test_a_repeated_parameter_and_broken_utf_8_are_recorded(server: Server, browser: Browser, app: make.App) -> None:
    browser.post("/oauth/token", f"client_id={app.client_id}&code=a&code=b")
    browser.post("/oauth/token", f"code=%ff&client_id={app.client_id}")
    assert {row.problem for row in recorded(server, app)} == {"parameter_repeated", "invalid_request"}


def test_a_wrong_method_is_recorded_for_the_client_it_names(server: Server, browser: Browser, app: make.App) -> None:
    answer = browser.get("/oauth/token", {"client_id": app.client_id, "code": "x"})
    assert (answer.status_int, answer.headers["Allow"]) == (405, "POST")
    browser.delete("/oauth/revoke", headers=basic(app))
    browser.put("/oauth/par", f"client_id={app.client_id}")
    found = recorded(server, app)
    assert {(row.problem, row.status) for row in found} == {("method_not_supported", 405)}
    assert sorted(row.endpoint for row in found) == ["/oauth/par", "/oauth/revoke", "/oauth/token"]


def test_an_unknown_address_is_recorded_under_one_endpoint_with_the_path(
    server: Server, browser: Browser, app: make.App
) -> None:
    token = {"Authorization": f"Bearer {new_access_token(app.client_id, None)}"}
    browser.get("/.well-known/oauth-authorization-server/mcp", headers=token)
    answer = browser.post("/oauth/access_token", {"client_id": app.client_id})
    assert (answer.status_int, answer.json["error"]) == (404, "not_found")
    browser.get(f"/oauth/revoke/oat_{'aB3' * 20}", {"client_id": app.client_id})
    assert [(row.endpoint, row.sent, row.status) for row in recorded(server, app)] == [
        ("/.well-known/", "/.well-known/oauth-authorization-server/mcp", 404),
        ("/oauth/", "/oauth/access_token", 404),
        ("/oauth/", "/oauth/revoke/…", 404),
    ]


def test_rule_16_made_up_addresses_and_bodies_take_no_more_space_than_other_unproved_requests(
    server: Server, browser: Browser, app: make.App
) -> None:
    browser.post("/oauth/token", {"client_id": app.client_id, "client_secret": "x"})
    recorded(server, app)
    for n in range(3 * OTHERS_ALIKE):
        browser.get(f"/oauth/x{n}", {"client_id": app.client_id})
        browser.get(f"/.well-known/x{n}", {"client_id": app.client_id})
        if n % 10 == 0:
            server.refusals.flush()
    found = recorded(server, app)
    assert len(found) <= min(GROUPS_OF_OTHERS, 2 * OTHERS_ALIKE + 1)
    assert "secret_wrong" in {row.problem for row in found}


def test_what_names_nobody_is_recorded_for_nobody(server: Server, browser: Browser, app: make.App) -> None:
    server.refusals.flush()
    for headers in ({}, {"Authorization": "Basic ???"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic"}):
        assert browser.post("/oauth/token", "{}", headers, content_type="application/json").status_int == 415
        assert browser.get("/oauth/none", headers=headers).status_int == 404
    assert not server.refusals._claimed.groups
    assert recorded(server, app) == []
