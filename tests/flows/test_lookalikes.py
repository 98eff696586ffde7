"""Names that look like another one (rule 14)."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

import pytest

import make
from oauthsrv.flows import lookalikes
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, fields, registration, review
from oauthsrv.flows.lookalikes import confusables, differ_little, is_one_edit, look_the_same
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from rows import rows

SAME = [
    ("Google", "G00gle"),
    ("Google", "Goog1e"),
    ("Google", "  GO-OG.LE "),
    ("LinkedIn", "Linkedln"),
    ("Amazon", "Arnazon"),
    ("PayPal", "Рау\u0420аl"),
    ("Slack", "S l a c k!"),
    ("Slack", "Slàck"),
    ("Slack", "𝐒𝐥𝐚𝐜𝐤"),
    ("GitHub", "ＧｉｔＨｕｂ"),
    ("Zoom", "Ζoom"),
    ("Claude", "Cl\u200daude"),
    ("Notion", "ΝΟΤΙΟΝ"),
    ("Dropbox", "ꓓropbox"),
    ("Stripe", "Str1pe"),
    ("Figma", "F\u0456gma"),
    ("Slack", "🅢🅛🅐🅒k"),
    ("Slack", "🆂🅻🅰🅲k"),
    ("Slack", "🇸🇱🇦🇨k"),
]
OTHERS = [("Ada", "Ida"), ("Google", "Goggles"), ("Calendar", "Calendula"), ("Яндекс", "Yandex"), ("微信", "微博")]


@pytest.mark.parametrize(("known", "name"), SAME)
def test_rule_14_letters_that_look_alike_make_no_difference(known: str, name: str) -> None:
    assert look_the_same(known, name)
    assert look_the_same(name, known)


@pytest.mark.parametrize(("known", "name"), OTHERS)
def test_other_names_look_different(known: str, name: str) -> None:
    assert not look_the_same(known, name)


def test_the_table_leads_from_a_character_to_its_prototype_and_not_back() -> None:
    table = confusables()
    assert len(table) > 4000
    assert (table["а"], table["0"], table["I"], table["m"]) == ("a", "O", "l", "rn")
    assert not {"a", "O", "l", "r", "n", "A", "e"} & table.keys()


def test_one_edit_adds_drops_replaces_or_swaps_one_character() -> None:
    for close in ("slick", "slac", "slackk", "lslack", "slakc", "xlack", "lsack", "lack"):
        assert is_one_edit("slack", close), close
        assert is_one_edit(close, "slack"), close
    for other in ("slack", "sluck2", "", "kcals", "slackkk", "salkc"):
        assert not is_one_edit("slack", other), other


def test_a_difference_of_one_character_means_nothing_in_a_short_name() -> None:
    assert differ_little("Slack", "Slick")
    assert not differ_little("Ada", "Ida")


@pytest.fixture
def known(server: Server) -> str:
    """The name of a verified app, like that of no other test."""
    name = "Known " + "".join(secrets.choice("abcdegkpqstvxyz") for _ in range(12))
    verified(server, name)
    return name


def verified(server: Server, name: str) -> make.App:
    app = make.app(server, name=name)
    review.verify(server, app.client_id, by=Actor())
    return app


def by(person: make.User) -> Actor:
    return Actor(person.user_id)


def register(server: Server, person: make.User, name: str) -> Any:
    typed = {"name": name, "type": "public", "redirect_uris": [make.REDIRECT_URI], "scopes": make.SCOPES}
    checked = fields.check_client(typed, make.SCOPES, server.settings.issuer)
    return registration.add_client(server, checked, person.user_id, by=by(person), approved=True)


def reported_name(server: Server, client_id: str) -> list[str]:
    with reading(server.database) as db:
        return [row.comment for row in sql.reports.of_client(db, client_id=client_id, rows=5)]


def test_rule_14_a_name_that_looks_like_a_verified_apps_is_refused(server: Server, known: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        register(server, make.user(server), known.upper().replace("K", "К"))
    [problem] = refused.value.problems["name"]
    assert known in problem
    assert "administrator" in problem


def test_rule_14_names_of_the_service_and_protected_ones_are_refused(server: Server) -> None:
    for name in ("0authsrv", "Ѕlack"):
        with pytest.raises(FieldsRefused):
            register(server, make.user(server), name)


def test_rule_14_an_app_cannot_be_renamed_to_a_name_that_looks_like_another(server: Server, known: str) -> None:
    person = make.user(server)
    app = make.app(server, person, name="Harmless")
    with reading(server.database) as db:
        client = sql.clients.overview(db, client_id=app.client_id)
    new = dataclasses.replace(fields.current(client), name=known.replace(" ", ""))
    with pytest.raises(FieldsRefused):
        changes.change_client(server, app.client_id, new, by=by(person))
    administrator = make.user(server, admin=True)
    assert changes.change_client(server, app.client_id, new, by=by(administrator))
    assert changes.change_client(server, app.client_id, dataclasses.replace(new, description="Ours"), by=by(person)), (
        "it keeps what an administrator gave it"
    )


def test_the_owner_of_the_known_app_may_use_its_name_again(server: Server) -> None:
    owner = make.user(server)
    name = "Mine " + secrets.token_hex(6)
    review.verify(server, make.app(server, owner, name=name).client_id, by=Actor())
    assert register(server, owner, name)


def test_an_administrator_may_give_any_name(server: Server, known: str) -> None:
    assert register(server, make.user(server, admin=True), known)


def test_a_name_one_character_away_is_taken_and_reported(server: Server, known: str) -> None:
    person = make.user(server)
    made = register(server, person, known + "f")
    assert reported_name(server, made.client_id) == [known]
    with reading(server.database) as db:
        client = sql.clients.overview(db, client_id=made.client_id)
    new = dataclasses.replace(fields.current(client), name=f"Unlike {secrets.token_hex(8)}")
    changes.change_client(server, made.client_id, new, by=by(person))
    assert reported_name(server, made.client_id) == [], "the report was about the earlier name"


def test_an_app_that_is_no_longer_verified_protects_nothing(server: Server) -> None:
    name = "Once " + secrets.token_hex(6)
    app = verified(server, name)
    review.remove_verification(server, app.client_id, by=Actor())
    assert register(server, make.user(server), name)


def test_the_query_of_verified_names_reads_a_bounded_number(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookalikes, "VERIFIED_MOST", 1)
    for _ in range(2):
        verified(server, "Some " + secrets.token_hex(6))
    assert len(rows(server, "SELECT 1 FROM client WHERE verified_at IS NOT NULL")) >= 2
    with reading(server.database) as db:
        assert len([one for one in lookalikes.known_names(server, db) if one.owner_id]) == 1
