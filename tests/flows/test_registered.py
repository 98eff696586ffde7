"""Apps in the databases: one form makes one app, its secrets, its changes, and how many there may be."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

import make
import rows
from flows.test_register import SCOPES, good
from oauthsrv.flows import apis, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, registration, review
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.flows.clients.registration import Credentials
from oauthsrv.flows.refusals import FieldsRefused, NotDone, NotFound
from oauthsrv.oauth.credentials import digest, is_client_id
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

# On real databases


def add(server: Server, **changes: Any) -> tuple[make.User, Credentials]:
    owner = make.user(server)
    made = registration.add_client(
        server, good(**changes), owner.user_id, by=Actor(owner.user_id, "192.0.2.9"), approved=True
    )
    assert made is not None
    return owner, made


def client(server: Server, client_id: str) -> Client:
    found = server.clients.find_client(client_id)
    assert found is not None
    return found


def audited(server: Server, client_id: str) -> list[str]:
    with reading(server.database) as db:
        events = sql.audit.of_client(db, client_id=client_id, before=None, rows=100)
    return [event.action for event in reversed(events)]


def hints(server: Server, client_id: str) -> list[str]:
    with reading(server.database) as db:
        return [secret.hint for secret in sql.clients.secrets(db, client_id=client_id)]


def test_rule_1_of_a_secret_only_its_hash_and_four_characters_are_kept(server: Server) -> None:
    _, made = add(server)
    assert made.client_secret is not None
    assert is_client_id(made.client_id)
    assert re.fullmatch(r"sec_[0-9a-f]{64}", made.client_secret)
    assert client(server, made.client_id).secret_hashes == (digest(made.client_secret),)
    assert hints(server, made.client_id) == [made.client_secret[-4:]]
    assert made.client_secret not in repr(made)
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute("SELECT string_agg(client::text, '') FROM client")
        everything = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(audit_event::text, '') FROM audit_event")
        everything += cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(hint, '') FROM client_secret")
        everything += cursor.fetchone()[0]
    assert made.client_secret[4:] not in everything


def test_a_public_app_gets_no_secret(server: Server) -> None:
    _, made = add(server, type="public")
    assert made.client_secret is None
    assert hints(server, made.client_id) == []
    with pytest.raises(NotDone, match="no secret"):
        registration.add_secret(server, made.client_id, by=Actor())


def test_one_form_makes_one_app_however_often_it_is_sent(server: Server) -> None:
    owner = make.user(server)
    made: list[Credentials | None] = []

    def send() -> None:
        made.append(
            registration.add_client(
                server, good(), owner.user_id, by=Actor(owner.user_id), approved=True, form_token="once"
            )
        )

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (only,) = [credentials for credentials in made if credentials]
    assert len(made) == 8
    assert only.client_id == registration.client_id_of_form(server, owner.user_id, "once")
    with reading(server.database) as db:
        assert len(sql.developer.clients(db, user_id=owner.user_id, before=None, rows=10)) == 1


def test_rule_16_one_person_registers_so_many_apps_and_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "APPS_MAX", 3)
    owner = make.user(server)
    answers: list[Any] = []

    def send(number: int) -> None:
        try:
            answers.append(
                registration.add_client(
                    server, good(), owner.user_id, by=Actor(owner.user_id), approved=True, form_token=f"form {number}"
                )
            )
        except FieldsRefused as reason:
            answers.append(reason)

    threads = [threading.Thread(target=send, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [answer for answer in answers if isinstance(answer, Credentials)]
    assert len(made) == 3
    assert all("Delete one" in str(answer) for answer in answers if answer not in made)
    # What one form made is shown, not refused, also when the limit is reached.
    sent = next(
        n for n in range(6) if registration.client_id_of_form(server, owner.user_id, f"form {n}") == made[0].client_id
    )
    answers.clear()
    send(sent)
    assert answers == [None]
    # The command line, which knows no form, may do more.
    assert registration.add_client(server, good(), owner.user_id, by=Actor(), approved=True)


def test_rule_16_deleting_apps_does_not_allow_any_number_of_them(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row of a deleted app stays, for its name in the audit log."""
    monkeypatch.setattr(registration, "APPS_MAX", 2)
    owner = make.user(server)
    by = Actor(owner.user_id)
    for _ in range(2):
        made = registration.add_client(server, good(), owner.user_id, by=by, approved=True)
        assert made is not None
        revocations.delete_client(server, made.client_id, by=by)
    with pytest.raises(FieldsRefused, match="tomorrow"):
        registration.add_client(server, good(), owner.user_id, by=by, approved=True)
    rows.rows(
        server,
        "UPDATE client SET deleted_at = deleted_at - interval '1 day' WHERE client_id = %(client_id)s",
        client_id=made.client_id,
    )
    assert registration.add_client(server, good(), owner.user_id, by=by, approved=True)


def test_the_form_of_one_user_is_not_that_of_another(server: Server) -> None:
    assert registration.client_id_of_form(server, "usr_a", "once") != registration.client_id_of_form(
        server, "usr_b", "once"
    )


def test_rule_10_the_form_of_an_api_makes_no_id_of_an_app(server: Server) -> None:
    """Their secrets are in one table, by this id."""
    owner = make.user(server, admin=True)
    api = apis.check_api({"name": "Orders", "resource": "https://one-form.example", "scopes": SCOPES}, SCOPES)
    one = registration.add_client(server, good(), owner.user_id, by=Actor(owner.user_id), approved=True, form_token="x")
    other = apis.add(server, api, by=Actor(owner.user_id), form_token="x")
    assert one
    assert other
    assert one.client_id != other.client_id
    assert len(hints(server, one.client_id)) == 1


def test_rule_6_a_change_is_seen_by_every_process_at_once(server: Server, another_server: Server) -> None:
    _, made = add(server)
    assert client(another_server, made.client_id).name == "Example"
    assert changes.change_client(server, made.client_id, good(name="Renamed", scopes=SCOPES), by=Actor())
    assert client(another_server, made.client_id).name == "Renamed"
    assert client(another_server, made.client_id).scopes == tuple(SCOPES)
    assert audited(server, made.client_id) == ["client.created", "client.changed"]


def test_a_change_that_changes_nothing_is_no_event(server: Server) -> None:
    _, made = add(server)
    assert changes.change_client(server, made.client_id, good(), by=Actor())
    assert audited(server, made.client_id) == ["client.created"]


def test_the_type_never_changes(server: Server) -> None:
    _, made = add(server)
    with pytest.raises(NotDone, match="never changes"):
        changes.change_client(server, made.client_id, good(type="public"), by=Actor())
    assert client(server, made.client_id).type == "confidential"


def test_two_secrets_work_until_the_first_is_deleted(server: Server, another_server: Server) -> None:
    _, made = add(server)
    first = made.client_secret or ""
    second = registration.add_secret(server, made.client_id, by=Actor())
    assert second.in_force
    assert second.text not in repr(second)
    assert client(another_server, made.client_id).secret_hashes == (digest(first), digest(second.text))
    with pytest.raises(NotDone, match="already has two secrets"):
        registration.add_secret(server, made.client_id, by=Actor())
    assert registration.delete_secret(server, made.client_id, first[-4:], by=Actor())
    assert client(another_server, made.client_id).secret_hashes == (digest(second.text),)
    assert audited(server, made.client_id) == ["client.created", "client.secret_added", "client.secret_retired"]


def test_the_last_secret_cannot_be_deleted(server: Server) -> None:
    _, made = add(server)
    with pytest.raises(NotDone, match="only secret"):
        registration.delete_secret(server, made.client_id, (made.client_secret or "")[-4:], by=Actor())
    assert len(hints(server, made.client_id)) == 1


def test_a_secret_deleted_twice_is_deleted_once(server: Server) -> None:
    _, made = add(server)
    first = (made.client_secret or "")[-4:]
    registration.add_secret(server, made.client_id, by=Actor())
    assert registration.delete_secret(server, made.client_id, first, by=Actor())
    with pytest.raises(NotDone, match="deleted already"):
        registration.delete_secret(server, made.client_id, first, by=Actor())
    assert len(hints(server, made.client_id)) == 1
    assert audited(server, made.client_id).count("client.secret_retired") == 1


def test_a_form_that_adds_a_secret_is_good_for_one(server: Server) -> None:
    _, made = add(server)
    seen = hints(server, made.client_id)
    registration.add_secret(server, made.client_id, by=Actor(), seen=seen)
    registration.delete_secret(server, made.client_id, seen[0], by=Actor())
    with pytest.raises(NotDone, match="changed since"):
        registration.add_secret(server, made.client_id, by=Actor(), seen=seen)


def test_two_at_once_neither_add_a_third_secret_nor_delete_the_last(server: Server) -> None:
    _, made = add(server)

    def at_once(*acts: Any) -> None:
        def perform(act: Any) -> None:
            try:
                act()
            except NotDone:
                refused.append(act)

        refused: list[Any] = []
        threads = [threading.Thread(target=perform, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == len(acts) - 1

    at_once(*[lambda: registration.add_secret(server, made.client_id, by=Actor()) for _ in range(4)])
    one, other = hints(server, made.client_id)
    at_once(
        lambda: registration.delete_secret(server, made.client_id, one, by=Actor()),
        lambda: registration.delete_secret(server, made.client_id, other, by=Actor()),
    )
    assert len(hints(server, made.client_id)) == 1


def test_approval_and_limit(server: Server) -> None:
    owner = make.user(server)
    made = registration.add_client(server, good(), owner.user_id, by=Actor(owner.user_id), approved=False)
    assert made is not None
    assert not client(server, made.client_id).approved
    for _ in range(2):
        assert review.approve(server, made.client_id, by=Actor())
        assert set_limits(server, made.client_id, 5, by=Actor())
    assert client(server, made.client_id).approved
    assert audited(server, made.client_id) == ["client.created", "client.approved", "client.limit_changed"]


def test_nothing_is_changed_of_an_app_that_is_not_there(server: Server) -> None:
    nobody = "cli_" + "0" * 32
    for act in (
        lambda: changes.change_client(server, nobody, good(), by=Actor()),
        lambda: registration.add_secret(server, nobody, by=Actor()),
        lambda: registration.delete_secret(server, nobody, "abcd", by=Actor()),
        lambda: review.approve(server, nobody, by=Actor()),
        lambda: set_limits(server, nobody, 5, by=Actor()),
    ):
        with pytest.raises(NotFound):
            act()


def test_each_api_has_its_own_address(server: Server) -> None:
    api = apis.ApiFields("First", "https://only-one.example", [])
    made = apis.add(server, api, by=Actor())
    assert isinstance(made, Credentials)
    found = server.clients.find(made.client_id)
    assert found is not None
    assert found.secret_hashes == (digest(made.client_secret or ""),)
    with pytest.raises(FieldsRefused, match="The API “First” has this address already"):
        apis.add(server, api, by=Actor())
