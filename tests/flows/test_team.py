"""Changes of a team, two at a time: each is held open in turn, and the rules hold in both orders."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from held import eventually, holding, meanwhile, somebody_waits_for_a_lock
from oauthsrv.app import wsgi
from oauthsrv.flows import accounts, administrators, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, registration, team
from oauthsrv.flows.clients.fields import ClientFields
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import FieldsRefused, NotAllowed, NotDone, NotFound
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import invite, member


class Team:
    """An app with its owner, a member, and somebody who is invited."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.owner = make.user(server, name="Olga Owner")
        self.app = make.app(server, self.owner)
        self.client_id = self.app.client_id
        self.member = member(server, self.owner, self.client_id)
        self.invited = make.user(server, name="Ivo Invited")
        self.link = invite(server, self.owner, self.client_id, self.invited)

    def join(self, person: make.User | None = None) -> None:
        team.join(self.server, self.link, by=Actor((person or self.invited).user_id))

    def decline(self) -> None:
        team.decline(self.server, self.link, by=Actor(self.invited.user_id))

    def withdraw(self) -> None:
        with reading(self.server.database) as db:
            [invitation] = sql.links.invitations(db, client_id=self.client_id)
        by = Actor(self.owner.user_id)
        team.withdraw(self.server, self.client_id, invitation.link_id, owner_id=self.owner.user_id, by=by)

    def leave(self) -> None:
        team.leave(self.server, self.client_id, by=Actor(self.member.user_id))

    def remove(self, person: make.User | None = None) -> None:
        person = person or self.member
        team.remove(
            self.server, self.client_id, person.user_id, owner_id=self.owner.user_id, by=Actor(self.owner.user_id)
        )

    def transfer(self, person: make.User | None = None) -> bool:
        person = person or self.member
        return team.transfer(
            self.server, self.client_id, person.user_id, owner_id=self.owner.user_id, by=Actor(self.owner.user_id)
        )

    def delete(self) -> bool:
        return revocations.delete_client(self.server, self.client_id, by=Actor(self.owner.user_id))

    @property
    def owner_id(self) -> str:
        [row] = rows.rows(
            self.server, "SELECT owner_id FROM client WHERE client_id = %(client_id)s", client_id=self.client_id
        )
        return str(row.owner_id)

    @property
    def members(self) -> set[str]:
        found = rows.rows(
            self.server,
            "SELECT user_id FROM client_member WHERE client_id = %(client_id)s",
            client_id=self.client_id,
        )
        return {row.user_id for row in found}

    def events(self, action: str, person: make.User) -> int:
        found = rows.events(self.server, f"client.{action}", self.client_id)
        return len([event for event in found if event.user_id == person.user_id])

    # What a member may do as the owner may.

    def add_secret(self, person: make.User | None = None) -> object:
        return registration.add_secret(self.server, self.client_id, by=Actor((person or self.member).user_id))

    def retire_secret(self) -> bool:
        with reading(self.server.database) as db:
            [first, *_] = sql.clients.secrets(db, client_id=self.client_id)
        return registration.delete_secret(self.server, self.client_id, first.hint, by=Actor(self.member.user_id))

    def change_app(self) -> bool:
        """As somebody would who wants the codes of its users."""
        with reading(self.server.database) as db:
            row = sql.clients.find(db, client_id=self.client_id)
        uris = ["https://elsewhere.example/cb"]
        app = ClientFields("Renamed", type=row.type, redirect_uris=uris, scopes=row.scopes, skips_pkce=row.skips_pkce)
        return changes.change_client(self.server, self.client_id, app, by=Actor(self.member.user_id))

    def add_redirect_uri(self) -> bool:
        by = Actor(self.member.user_id)
        return changes.add_redirect_uri(self.server, self.client_id, "https://elsewhere.example/cb", by=by)

    def end_tokens(self) -> bool:
        return revocations.revoke_client_tokens(self.server, self.client_id, by=Actor(self.owner.user_id))

    @property
    def kept(self) -> object:
        """All that a process keeps of the app, from PostgreSQL."""
        with reading(self.server.database) as db:
            return sql.clients.find(db, client_id=self.client_id)


@pytest.fixture
def shared(server: Server) -> Team:
    return Team(server)


def one_after_the_other(server: Server, first: Callable[[], Any], second: Callable[[], Any]) -> Exception | None:
    """`second` comes while `first` has written everything and not committed; what `second` raised in the end."""
    with holding(team, first) as (gate, work), meanwhile(second) as later:
        eventually(lambda: somebody_waits_for_a_lock(server))
        gate.open()
        work.result()
        error = later.exception()
    assert error is None or isinstance(error, Exception)
    return error


def test_an_invitation_that_is_accepted_twice_at_once_makes_one_member(server: Server, shared: Team) -> None:
    assert isinstance(one_after_the_other(server, shared.join, shared.join), LinkSpent)
    assert shared.invited.user_id in shared.members
    assert shared.events("member_joined", shared.invited) == 1


def test_an_invitation_is_either_accepted_or_declined(server: Server, shared: Team) -> None:
    assert isinstance(one_after_the_other(server, shared.join, shared.decline), LinkSpent)
    assert shared.invited.user_id in shared.members
    other = Team(server)
    assert isinstance(one_after_the_other(server, other.decline, other.join), LinkSpent)
    assert other.invited.user_id not in other.members


def test_an_invitation_that_is_withdrawn_while_it_is_accepted_leaves_no_member(server: Server, shared: Team) -> None:
    other = Team(server)
    assert isinstance(one_after_the_other(server, other.withdraw, other.join), LinkSpent)
    assert other.invited.user_id not in other.members


def test_a_transfer_wins_over_a_later_removal(server: Server, shared: Team) -> None:
    assert isinstance(one_after_the_other(server, shared.transfer, shared.remove), NotDone)
    assert shared.owner_id == shared.member.user_id
    assert shared.members == {shared.owner.user_id}


def test_a_removal_or_a_leaving_wins_over_a_later_transfer(server: Server) -> None:
    for goes in ("remove", "leave"):
        shared = Team(server)
        assert isinstance(one_after_the_other(server, getattr(shared, goes), shared.transfer), FieldsRefused)
        assert shared.owner_id == shared.owner.user_id
        assert shared.members == set()


def test_who_became_the_owner_meanwhile_does_not_leave(server: Server, shared: Team) -> None:
    error = one_after_the_other(server, shared.transfer, shared.leave)
    assert isinstance(error, NotDone)
    assert "transfer it first" in str(error)


def test_an_app_is_given_away_once(server: Server, shared: Team) -> None:
    other = member(server, shared.owner, shared.client_id)
    error = one_after_the_other(server, shared.transfer, lambda: shared.transfer(other))
    assert isinstance(error, NotDone)
    assert shared.owner_id == shared.member.user_id
    assert shared.members == {shared.owner.user_id, other.user_id}
    assert shared.events("transferred", shared.member) == 1


def test_an_invitation_that_waited_for_a_transfer_is_not_made(server: Server, shared: Team) -> None:
    error = one_after_the_other(
        server, shared.transfer, lambda: invite(server, shared.owner, shared.client_id, make.user(server))
    )
    assert isinstance(error, NotDone)


@pytest.mark.parametrize("change", ["join", "decline", "leave", "remove", "transfer"])
def test_nothing_happens_to_the_team_of_a_deleted_app(shared: Team, change: str) -> None:
    shared.delete()
    with pytest.raises((NotFound, LinkSpent)):
        getattr(shared, change)()


def test_an_app_that_is_deleted_while_somebody_joins_is_deleted_after_that(server: Server, shared: Team) -> None:
    assert one_after_the_other(server, shared.join, shared.delete) is None
    assert server.clients.find_client(shared.client_id) is None


def test_whoever_joins_while_the_app_is_deleted_finds_none(server: Server, shared: Team) -> None:
    with holding(revocations, shared.delete) as (gate, work), meanwhile(shared.join) as later:
        eventually(lambda: somebody_waits_for_a_lock(server))
        gate.open()
        assert work.result()
        assert isinstance(later.exception(), LinkSpent)


MEMBERS_CHANGES = ["add_secret", "retire_secret", "change_app", "add_redirect_uri"]


@pytest.mark.parametrize("change", MEMBERS_CHANGES)
def test_rule_6_who_is_removed_while_they_wait_changes_nothing(server: Server, shared: Team, change: str) -> None:
    """They passed the guard as a member; the row was locked by whoever removed them."""
    if change == "retire_secret":
        registration.add_secret(server, shared.client_id, by=Actor())
    before = shared.kept
    assert isinstance(one_after_the_other(server, shared.remove, getattr(shared, change)), NotFound)
    assert shared.kept == before


@pytest.mark.parametrize("change", MEMBERS_CHANGES)
def test_a_member_changes_what_members_may(server: Server, shared: Team, change: str) -> None:
    if change == "retire_secret":
        registration.add_secret(server, shared.client_id, by=Actor())
    before = shared.kept
    assert getattr(shared, change)()
    assert shared.kept != before


def test_rule_6_who_is_only_invited_or_was_disabled_is_no_member(server: Server, shared: Team) -> None:
    with pytest.raises(NotFound):
        shared.add_secret(shared.invited)
    revocations.disable_user(server, shared.owner.user_id, by=Actor())
    for change in (lambda: shared.add_secret(shared.owner), shared.delete, shared.end_tokens):
        with pytest.raises(NotFound):
            change()
    assert server.clients.find_client(shared.client_id) is not None


@pytest.mark.parametrize("ending", ["delete", "end_tokens"])
def test_rule_6_an_old_owner_who_waits_for_a_transfer_ends_nothing(server: Server, shared: Team, ending: str) -> None:
    connection = play.tokens(server, Browser(wsgi(server)), shared.app)
    error = one_after_the_other(server, shared.transfer, getattr(shared, ending))
    assert isinstance(error, NotAllowed)
    assert shared.owner_id == shared.member.user_id
    assert server.clients.find_client(shared.client_id) is not None
    assert rows.lives(server, connection.refresh_token)


@pytest.mark.parametrize("ending", ["delete", "end_tokens"])
def test_rule_6_who_owned_an_app_and_left_it_ends_nothing(server: Server, shared: Team, ending: str) -> None:
    connection = play.tokens(server, Browser(wsgi(server)), shared.app)
    shared.transfer()
    by = Actor(shared.member.user_id)
    team.remove(server, shared.client_id, shared.owner.user_id, owner_id=shared.member.user_id, by=by)
    with pytest.raises(NotFound):
        getattr(shared, ending)()
    assert server.clients.find_client(shared.client_id) is not None
    assert rows.lives(server, connection.refresh_token)


@pytest.mark.parametrize("change", ["remove", "transfer"])
def test_rule_6_who_is_no_longer_an_administrator_changes_no_team(server: Server, shared: Team, change: str) -> None:
    """The page showed the right owner, to somebody else."""
    by, owner_id = Actor(make.user(server).user_id), shared.owner.user_id
    with pytest.raises(NotFound):
        getattr(team, change)(server, shared.client_id, shared.member.user_id, owner_id=owner_id, by=by)
    assert shared.owner_id == owner_id
    assert shared.members == {shared.member.user_id}


def test_an_invitation_does_not_outlive_a_transfer(server: Server, shared: Team) -> None:
    shared.transfer()
    with pytest.raises(LinkSpent):
        shared.join()
    [event] = rows.events(server, "client.transferred", shared.client_id)
    assert event.details == {"member": "Mia Member", "invitations_withdrawn": 1}


def test_an_invitation_that_is_accepted_first_is_a_membership_after_a_transfer(server: Server, shared: Team) -> None:
    assert one_after_the_other(server, shared.join, shared.transfer) is None
    assert shared.members == {shared.owner.user_id, shared.invited.user_id}
    other = Team(server)
    assert isinstance(one_after_the_other(server, other.transfer, other.join), LinkSpent)
    assert other.members == {other.owner.user_id}


def test_a_new_owner_whose_account_is_closed_meanwhile_gets_nothing(server: Server, shared: Team) -> None:
    with (
        holding(revocations, lambda: revocations.disable_user(server, shared.member.user_id, by=Actor())) as (
            gate,
            work,
        ),
        meanwhile(shared.transfer) as later,
    ):
        eventually(lambda: somebody_waits_for_a_lock(server))
        gate.open()
        assert work.result()
        assert isinstance(later.exception(), FieldsRefused)
    assert shared.owner_id == shared.owner.user_id


def test_rule_6_consent_pages_name_the_new_owner_on_every_process(
    server: Server, another_server: Server, shared: Team
) -> None:
    """Also under the name that the new owner takes while the app comes to them."""
    for each in (server, another_server):
        client = each.clients.find_client(shared.client_id)
        assert client is not None
        assert client.owner_name == "Olga Owner"

    def change_name() -> bool:
        return accounts.change_name(server, shared.member.user_id, "Mia Renamed", by=Actor(shared.member.user_id))

    assert one_after_the_other(server, shared.transfer, change_name) is None
    for each in (server, another_server):
        client = each.clients.find_client(shared.client_id)
        assert client is not None
        assert (client.owner_id, client.owner_name) == (shared.member.user_id, "Mia Renamed")


def test_transfers_and_renamings_in_both_directions_do_not_block_each_other(server: Server, shared: Team) -> None:
    """An app goes to and fro while both owners change their names: no deadlock, and an owner is never a member too."""

    def go(owner: make.User, to: make.User) -> None:
        for _ in range(10):
            try:
                by = Actor(owner.user_id)
                team.transfer(server, shared.client_id, to.user_id, owner_id=owner.user_id, by=by)
            except (FieldsRefused, NotDone):
                continue

    def rename(person: make.User) -> None:
        for number in range(10):
            accounts.change_name(server, person.user_id, f"Name {number}", by=Actor(person.user_id))

    with ThreadPoolExecutor(4) as threads:
        shown = [
            threads.submit(go, shared.owner, shared.member),
            threads.submit(go, shared.member, shared.owner),
            threads.submit(rename, shared.owner),
            threads.submit(rename, shared.member),
        ]
        for one in shown:
            one.result()
    assert shared.owner_id not in shared.members
    assert {shared.owner_id} | shared.members == {shared.owner.user_id, shared.member.user_id}


def test_rule_13_an_invitation_is_for_who_holds_the_link_and_for_no_address(server: Server, shared: Team) -> None:
    """Somebody else registered the invited address first: it gives them nothing."""
    squatter = shared.invited
    with pytest.raises(LinkSpent):
        team.join(server, "lnk_" + "a" * 43, by=Actor(squatter.user_id))
    assert shared.members == {shared.member.user_id}
    right_one = make.user(server)
    shared.join(right_one)
    assert shared.members == {shared.member.user_id, right_one.user_id}
    with pytest.raises(LinkSpent):
        shared.join(squatter)


def test_rule_1_the_hash_of_an_invitation_alone_is_kept(server: Server, shared: Team) -> None:
    for table in ("one_time_link", "audit_event"):
        assert shared.link not in str(rows.rows(server, f"SELECT * FROM {table}"))


def test_rule_13_an_invitation_dies_with_the_rights_of_who_made_it(server: Server, shared: Team) -> None:
    revocations.disable_user(server, shared.owner.user_id, by=Actor())
    with pytest.raises(LinkSpent):
        shared.join()
    admin, _stays = make.user(server, admin=True), make.user(server, admin=True)
    other = Team(server)
    other.link = team.invite(
        server, other.client_id, "x@example.com", owner_id=other.owner.user_id, by=Actor(admin.user_id), counted="x"
    ).partition("=")[2]
    administrators.remove_admin(server, admin.user_id, by=Actor())
    with pytest.raises(LinkSpent):
        other.join()


def test_a_new_invitation_replaces_the_old_one_for_the_same_person(server: Server, shared: Team) -> None:
    old, shared.link = shared.link, invite(server, shared.owner, shared.client_id, shared.invited)
    with pytest.raises(LinkSpent):
        team.join(server, old, by=Actor(shared.invited.user_id))
    shared.join()


def test_an_owner_who_opens_their_own_invitation_does_not_spend_it(server: Server, shared: Team) -> None:
    with pytest.raises(NotDone):
        shared.join(shared.owner)
    shared.join()


def test_a_disabled_owner_is_no_member_after_a_transfer_by_an_administrator(server: Server, shared: Team) -> None:
    revocations.disable_user(server, shared.owner.user_id, by=Actor())
    by = Actor(make.user(server, admin=True).user_id)
    team.transfer(server, shared.client_id, shared.member.user_id, owner_id=shared.owner.user_id, by=by)
    assert shared.owner_id == shared.member.user_id
    assert shared.members == set()
    client = server.clients.find_client(shared.client_id)
    assert client is not None
    assert not client.owner_disabled
