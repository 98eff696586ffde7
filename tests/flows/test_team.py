"""The team of an app: two things at once, and rights that end while a request waits (rules 6 and 13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import make
import play
import rows
from browser import Browser, wsgi
from flows.teamwork import Team, one_after_the_other
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration, team, transfers
from oauthsrv.flows.clients.transfers import OfferGone
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import FieldsRefused, NotAllowed, NotDone, NotFound
from oauthsrv.server import Server
from portal import invite, member


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
    shared.offer()
    assert isinstance(one_after_the_other(server, shared.accept, shared.remove), NotDone)
    assert shared.owner_id == shared.member.user_id
    assert shared.members == {shared.owner.user_id}


def test_a_removal_or_a_leaving_wins_over_a_later_transfer(server: Server) -> None:
    for goes in ("remove", "leave"):
        shared = Team(server)
        shared.offer()
        assert isinstance(one_after_the_other(server, getattr(shared, goes), shared.accept), OfferGone)
        with pytest.raises(FieldsRefused):
            shared.offer()
        assert shared.owner_id == shared.owner.user_id
        assert shared.members == set()


def test_who_just_became_the_owner_does_not_leave(server: Server, shared: Team) -> None:
    shared.offer()
    error = one_after_the_other(server, shared.accept, shared.leave)
    assert isinstance(error, NotDone)
    assert "transfer it first" in str(error)


def test_an_app_is_given_away_once(server: Server, shared: Team) -> None:
    other = member(server, shared.owner, shared.client_id)
    shared.offer()
    error = one_after_the_other(server, shared.accept, lambda: shared.offer(other))
    assert isinstance(error, NotDone)
    assert shared.owner_id == shared.member.user_id
    assert shared.members == {shared.owner.user_id, other.user_id}
    assert shared.events("transferred", shared.member) == 1


def test_an_invitation_that_waited_for_a_transfer_is_not_made(server: Server, shared: Team) -> None:
    shared.offer()
    error = one_after_the_other(
        server, shared.accept, lambda: invite(server, shared.owner, shared.client_id, make.user(server))
    )
    assert isinstance(error, NotDone)


@pytest.mark.parametrize("change", ["join", "decline", "leave", "remove", "offer", "accept"])
def test_nothing_happens_to_the_team_of_a_deleted_app(shared: Team, change: str) -> None:
    shared.offer()
    shared.delete()
    with pytest.raises((NotFound, LinkSpent, OfferGone)):
        getattr(shared, change)()


def test_an_app_that_is_deleted_while_a_member_joins_is_deleted_after_that(server: Server, shared: Team) -> None:
    assert one_after_the_other(server, shared.join, shared.delete) is None
    assert server.clients.find_client(shared.client_id) is None


def test_whoever_joins_while_the_app_is_deleted_finds_none(server: Server, shared: Team) -> None:
    with holding(revocations, shared.delete) as (gate, work), in_parallel(shared.join) as later:
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        assert work.result()
        assert isinstance(later.exception(), LinkSpent)


MEMBERS_CHANGES = ["add_secret", "delete_secret", "change_app", "add_redirect_uri"]


@pytest.mark.parametrize("change", MEMBERS_CHANGES)
def test_rule_6_who_is_removed_while_they_wait_changes_nothing(server: Server, shared: Team, change: str) -> None:
    """They passed the guard as a member; the row was locked by whoever removed them."""
    if change == "delete_secret":
        registration.add_secret(server, shared.client_id, by=Actor())
    before = shared.kept
    assert isinstance(one_after_the_other(server, shared.remove, getattr(shared, change)), NotFound)
    assert shared.kept == before


@pytest.mark.parametrize("change", MEMBERS_CHANGES)
def test_a_member_changes_what_members_may(server: Server, shared: Team, change: str) -> None:
    if change == "delete_secret":
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
    shared.offer()
    error = one_after_the_other(server, shared.accept, getattr(shared, ending))
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


@pytest.mark.parametrize("change", [team.remove, transfers.offer])
def test_rule_6_a_former_administrator_changes_no_team(
    server: Server, shared: Team, change: Callable[..., None]
) -> None:
    """The page showed the right owner, to another person."""
    by, owner_id = Actor(make.user(server).user_id), shared.owner.user_id
    with pytest.raises(NotFound):
        change(server, shared.client_id, shared.member.user_id, owner_id=owner_id, by=by)
    assert shared.owner_id == owner_id
    assert shared.members == {shared.member.user_id}
