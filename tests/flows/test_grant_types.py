"""Which grants a client may use: refused elsewhere with the registered error, and in force at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv import __main__
from oauthsrv.flows import token_endpoint
from oauthsrv.flows.clients.fields import check_client
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, DEFAULT, GRANTS, REFRESH_TOKEN
from oauthsrv.server import Server

GOOD = {"name": "Example", "type": "confidential", "redirect_uris": ["https://a.example/"], "scopes": ["read:data"]}


def problems(server: Server, client_id: str) -> list[Any]:
    server.refusals.flush()
    return [(row.endpoint, row.problem) for row in refusals_of(server, client_id)]


def refusals_of(server: Server, client_id: str) -> list[Any]:
    return rows.rows(
        server,
        "SELECT endpoint, problem FROM refusal WHERE client_id = %(id)s ORDER BY last_at, endpoint",
        id=client_id,
    )


def test_every_grant_that_can_be_chosen_has_a_handler_and_an_option() -> None:
    assert list(token_endpoint.GRANT_TYPES) == list(GRANTS)
    assert tuple(grant.option for grant in GRANTS.values()) == __main__.APP_GRANTS


def test_without_refresh_token_a_code_gives_an_access_token_alone(server: Server, browser: Browser) -> None:
    app, user = make.app(server, grant_types=(AUTHORIZATION_CODE,)), make.user(server)
    play.sign_in(browser, user)
    answer = play.exchange(browser, app, play.code(browser, app)).json
    assert "refresh_token" not in answer
    assert play.is_active(browser, app, answer["access_token"])
    [family] = rows.rows(server, f"{rows.FAMILY} WHERE client_id = %(id)s", id=app.client_id)
    lived = (family.expires_at - family.created_at).total_seconds()
    assert abs(lived - server.settings.access_ttl) < 2


def test_a_refresh_token_works_again_once_its_grant_is_chosen_again(
    server: Server, connection: play.Connection
) -> None:
    make.change(server, connection.app, grant_types=[AUTHORIZATION_CODE])
    answer = play.refresh(connection.browser, connection.app, connection.refresh_token)
    assert play.refused(answer, "unauthorized_client")
    assert "settings" in answer.json["error_description"]
    assert connection.is_active()
    assert problems(server, connection.app.client_id) == [("/oauth/token", "grant_type_not_allowed")]
    make.change(server, connection.app, grant_types=list(DEFAULT))
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


def test_a_grant_nobody_knows_is_unsupported(connection: play.Connection) -> None:
    answer = play.post(connection.browser, "/oauth/token", connection.app, grant_type="password")
    assert play.refused(answer, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ((), "Choose at least one way"),
        ((REFRESH_TOKEN,), "Choose at least one way"),
        ((AUTHORIZATION_CODE, "password"), "The grant types are authorization_code"),
    ],
)
def test_an_app_has_a_grant_that_is_known_and_gives_a_first_token(chosen: tuple[str, ...], message: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        check_client(GOOD | {"grant_types": chosen}, ["read:data"], "https://login.example")
    assert message in refused.value.problems["grant_types"][0]


def test_the_form_has_the_boxes_and_keeps_them(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    play.sign_in(browser, owner)
    path = f"/developer/apps/{make.app(server, owner).client_id}/edit"
    form = play.form_with(browser.get(path), "redirect_uris")
    assert [box.checked for box in form.fields["grant_types"][:2]] == [True, True]
    form.set("grant_types", False, index=1)
    assert form.submit().status_int == 303
    form = play.form_with(browser.get(path), "redirect_uris")
    assert [box.checked for box in form.fields["grant_types"][:2]] == [True, False]
    form.set("grant_types", False, index=0)
    page = form.submit(expect_errors=True)
    assert "Choose at least one way" in page.html.find(id="grant_types-error").get_text()
    assert AUTHORIZATION_CODE in browser.get(path.removesuffix("/edit"))


def test_the_command_line_chooses_them(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: Any
) -> None:
    monkeypatch.setenv("DATABASE_URL", found.database_url)
    monkeypatch.setenv("OAUTHSRV_KEY", make.KEY)
    monkeypatch.setenv("REDIS_URL", found.redis_url)
    more = ["--redirect-uri", "https://a.example/", "--scope", "read:data", "--grant", "authorization_code"]
    owner = ["--owner", make.user(server).email, "--type", "public"]
    assert __main__.main(["apps", "add", "Once", *owner, *more, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["grant_types"] == [AUTHORIZATION_CODE]
    client = server.clients.find_client(printed["client_id"])
    assert client is not None
    assert client.grant_types == {AUTHORIZATION_CODE}
    assert __main__.main(["apps", "list"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if printed["client_id"] in line]
    assert "  authorization_code  " in line
