"""The catalog of scopes: what its flow writes, and what it leaves alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import make
from oauthsrv.flows import catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.catalog import NewScope, ScopeFields
from oauthsrv.flows.fields import check
from oauthsrv.flows.refusals import FieldsRefused, NotFound
from oauthsrv.pages import icons
from oauthsrv.server import Server
from rows import rows

WORDS = ScopeFields("Read your orders", 40, True)
NEW = {"description": "Read your orders", "position": "40"}


@pytest.fixture
def scope(server: Server) -> Iterator[str]:
    """A scope of the catalog; gone after the test."""
    scope = "test:" + secrets.token_hex(4)
    catalog.add(server, scope, WORDS, by=Actor())
    yield scope
    rows(server, "DELETE FROM scope WHERE scope = %(scope)s", scope=scope)


def row(server: Server, scope: str) -> Any:
    [found] = [found for found in catalog.all_scopes(server) if found.scope == scope]
    return found


def events(server: Server, scope: str) -> list[tuple[str, Any]]:
    found = rows(
        server,
        "SELECT action, details FROM audit_event WHERE details ->> 'scope' = %(scope)s ORDER BY event_id",
        scope=scope,
    )
    return [(event.action, event.details) for event in found]


def test_each_change_is_written_down_once(server: Server, scope: str) -> None:
    for _ in range(2):
        catalog.change(server, scope, ScopeFields("See your orders", 40, False), by=Actor())
    for _ in range(2):
        catalog.deprecate(server, scope, by=Actor())
    assert row(server, scope).deprecated
    for _ in range(2):
        catalog.restore(server, scope, by=Actor())
    assert not row(server, scope).deprecated
    assert events(server, scope) == [
        ("scope.added", {"scope": scope, "description": "Read your orders", "sensitive": True}),
        ("scope.changed", {"scope": scope, "changed": ["description", "is_sensitive"]}),
        ("scope.retired", {"scope": scope}),
        ("scope.restored", {"scope": scope}),
    ]


def test_a_name_is_given_once(server: Server, scope: str) -> None:
    with pytest.raises(FieldsRefused, match="already"):
        catalog.add(server, scope, ScopeFields("Another", 1, False), by=Actor())
    assert row(server, scope).description == "Read your orders"


def test_what_is_not_there_is_not_changed(server: Server) -> None:
    for perform in (catalog.deprecate, catalog.restore):
        with pytest.raises(NotFound):
            perform(server, "no:such", by=Actor())
    with pytest.raises(NotFound):
        catalog.change(server, "no:such", WORDS, by=Actor())


def test_who_holds_a_deprecated_scope_keeps_it_on_every_server(
    server: Server, another_server: Server, scope: str
) -> None:
    app = make.app(server, scopes=("read:profile", scope))
    catalog.deprecate(server, scope, by=Actor())
    client = another_server.clients.find_client(app.client_id)
    assert client is not None
    assert client.scopes == ("read:profile", scope)
    assert [found.scope for found in catalog.with_details(server, list(client.scopes))] == ["read:profile", scope]


def test_scopes_are_shown_in_the_order_of_their_positions(server: Server, scope: str) -> None:
    catalog.change(server, scope, replace(WORDS, position=1), by=Actor())
    # Of one position, by name.
    assert [found.scope for found in catalog.all_scopes(server)][:2] == ["read:profile", scope]


@pytest.mark.parametrize("text", ["read:orders", " read:orders ", "a", "a" * 100, "!#[]~", "a/b?c=d&e", "urn:x:y"])
def test_a_name_is_a_scope_token(text: str) -> None:
    assert check(NewScope, NEW | {"scope": text}, []).scope == text.strip()


@pytest.mark.parametrize("text", ["", " ", "a b", 'a"b', "a\\b", "é", "a\x00b", "a" * 101, "Offline_Access"])
def test_what_is_no_scope_token_is_no_name(text: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        check(NewScope, NEW | {"scope": text}, [])
    assert list(refused.value.problems) == ["scope"]


def test_words_are_one_line() -> None:
    typed = {"description": "  Read \n your  orders ", "position": " 7 "}
    assert check(ScopeFields, typed, []) == ScopeFields("Read your orders", 7, False)


def test_apps_that_register_themselves_get_the_scopes_that_administrators_open_for_them(
    server: Server, scope: str
) -> None:
    assert "read:profile" in catalog.default_ceiling(server)
    assert "read:billing" not in catalog.default_ceiling(server)  # sensitive
    assert scope not in catalog.default_ceiling(server)
    catalog.change(server, scope, ScopeFields("Read your orders", 40, True, True), by=Actor())
    assert scope in catalog.default_ceiling(server)
    catalog.deprecate(server, scope, by=Actor())
    assert scope not in catalog.default_ceiling(server)


def test_users_read_the_description_until_there_is_a_text_for_them(server: Server, scope: str) -> None:
    assert catalog.with_details(server, [scope])[0].user_text == "Read your orders"
    new = replace(WORDS, consent_text="See your orders", detail="What you bought.", icon="file")
    catalog.change(server, scope, new, by=Actor())
    [row] = catalog.with_details(server, [scope])
    assert (row.user_text, catalog.current(row)) == ("See your orders", new)


@pytest.mark.parametrize("change", [{"description": "x"}, {"consent_text": "x"}, {"detail": "x"}])
def test_changing_what_users_read_needs_the_password(change: dict[str, str]) -> None:
    assert catalog.gives_power(WORDS, replace(WORDS, **change))
    assert not catalog.gives_power(WORDS, replace(WORDS, icon="bell", position=3))


def test_every_icon_of_scopes_is_drawn() -> None:
    assert set(catalog.SCOPE_ICONS) <= set(icons.ICONS)
