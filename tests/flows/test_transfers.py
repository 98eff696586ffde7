"""Invitations and transfers: who owns an app afterwards, and who was only invited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import make
import rows
from flows.teamwork import Team, one_after_the_other
from held import a_lock_is_awaited, done, eventually, holding, in_parallel
from oauthsrv.flows import accounts, administrators, housekeeping, managed_accounts, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import team, transfers
from oauthsrv.flows.clients.transfers import OfferGone
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import FieldsRefused, NotDone
from oauthsrv.server import Server
from portal import invite


def test_an_invitation_does_not_outlive_a_transfer(server: Server, shared: Team) -> None:
    shared.transfer()
    with pytest.raises(LinkSpent):
        shared.join()
    [event] = rows.events(server, "client.transferred", shared.client_id)
    assert event.details == {"member": "Mia Member", "invitations_withdrawn": 1}


def test_an_invitation_that_is_accepted_first_is_a_membership_after_a_transfer(server: Server, shared: Team) -> None:
    shared.offer()
    assert one_after_the_other(server, shared.join, shared.accept) is None
    assert shared.members == {shared.owner.user_id, shared.invited.user_id}
    other = Team(server)
    other.offer()
    assert isinstance(one_after_the_other(server, other.accept, other.join), LinkSpent)
    assert other.members == {other.owner.user_id}


def test_a_new_owner_whose_account_was_just_closed_gets_nothing(server: Server, shared: Team) -> None:
    shared.offer()
    with (
        holding(revocations, lambda: revocations.disable_user(server, shared.member.user_id, by=Actor())) as (
            gate,
            work,
        ),
        in_parallel(shared.accept) as later,
    ):
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        assert work.result()
        assert isinstance(later.exception(), OfferGone)
    assert shared.owner_id == shared.owner.user_id


def test_an_administrator_can_give_the_app_of_a_deleted_owner_to_someone_else(server: Server, shared: Team) -> None:
    shared.offer()
    managed_accounts.delete(server, shared.owner.user_id, by=Actor())
    with pytest.raises(OfferGone):  # its maker can no longer make one
        shared.accept()
    admin, owner_id = make.user(server, admin=True), shared.owner.user_id
    transfers.offer(server, shared.client_id, shared.member.user_id, owner_id=owner_id, by=Actor(admin.user_id))
    assert shared.accept()
    assert (shared.owner_id, shared.members) == (shared.member.user_id, set())


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

    shared.offer()
    assert one_after_the_other(server, shared.accept, change_name) is None
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
                transfers.offer(server, shared.client_id, to.user_id, owner_id=owner.user_id, by=by)
                transfers.accept(server, shared.client_id, by=Actor(to.user_id))
            except (FieldsRefused, NotDone, OfferGone):
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
    """Another person registered the invited address first: it gives them nothing."""
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
    transfers.offer(server, shared.client_id, shared.member.user_id, owner_id=shared.owner.user_id, by=by)
    shared.accept()
    assert shared.owner_id == shared.member.user_id
    assert shared.members == set()
    client = server.clients.find_client(shared.client_id)
    assert client is not None
    assert not client.owner_disabled


# The other person's yes


def test_nothing_changes_until_the_other_person_accepts(server: Server, shared: Team) -> None:
    shared.offer()
    assert shared.owner_id == shared.owner.user_id
    shared.join()  # its invitations still work
    assert shared.accept()
    assert shared.owner_id == shared.member.user_id
    with pytest.raises(OfferGone):
        shared.accept()
    assert shared.events("transfer_offered", shared.member) == shared.events("transferred", shared.member) == 1


def test_rule_10_an_offer_is_for_one_person_alone(server: Server, shared: Team) -> None:
    shared.offer()
    shared.join()
    for person in (shared.invited, shared.owner, make.user(server, admin=True)):
        with pytest.raises(OfferGone):
            shared.accept(person)
    assert shared.owner_id == shared.owner.user_id


@pytest.mark.parametrize("end", ["decline_offer", "withdraw_offer", "leave", "remove", "expire"])
def test_an_offer_that_ended_gives_nothing(server: Server, shared: Team, end: str) -> None:
    shared.offer()
    if end == "expire":
        rows.rows(
            server,
            "UPDATE client_transfer SET expires_at = now() WHERE client_id = %(client_id)s",
            client_id=shared.client_id,
        )
    else:
        getattr(shared, end)()
    with pytest.raises(OfferGone):
        transfers.find(server, shared.client_id, shared.member.user_id)
    with pytest.raises(OfferGone):
        shared.accept()
    assert shared.owner_id == shared.owner.user_id


def test_rule_6_an_offer_is_accepted_declined_or_withdrawn_and_never_two_of_them(server: Server) -> None:
    for first, second in (("decline_offer", "accept"), ("withdraw_offer", "accept"), ("accept", "decline_offer")):
        shared = Team(server)
        shared.offer()
        error = one_after_the_other(server, getattr(shared, first), getattr(shared, second))
        assert isinstance(error, OfferGone)
        assert (shared.owner_id == shared.member.user_id) == (first == "accept")


def test_a_second_offer_replaces_the_first(server: Server, shared: Team) -> None:
    shared.offer()
    shared.join()
    shared.offer(shared.invited)
    with pytest.raises(OfferGone):
        shared.accept()
    assert shared.accept(shared.invited)


def test_rule_13_an_offer_ends_with_the_rights_of_who_made_it(server: Server, shared: Team) -> None:
    shared.offer()
    revocations.disable_user(server, shared.owner.user_id, by=Actor())
    with pytest.raises(OfferGone):
        shared.accept()
    admin, _stays = make.user(server, admin=True), make.user(server, admin=True)
    other = Team(server)
    by = Actor(admin.user_id)
    transfers.offer(server, other.client_id, other.member.user_id, owner_id=other.owner.user_id, by=by)
    administrators.remove_admin(server, admin.user_id, by=Actor())
    with pytest.raises(OfferGone):
        other.accept()


def test_an_administrator_offers_an_app_to_anyone_and_an_owner_to_members_alone(server: Server, shared: Team) -> None:
    anyone = make.user(server)
    with pytest.raises(FieldsRefused):
        shared.offer(anyone)
    by = Actor(make.user(server, admin=True).user_id)
    revocations.disable_user(server, shared.owner.user_id, by=Actor())
    transfers.offer(server, shared.client_id, anyone.user_id, owner_id=shared.owner.user_id, by=by)
    assert shared.accept(anyone)
    assert shared.owner_id == anyone.user_id
    assert shared.members == {shared.member.user_id}


def test_rule_16_expired_offers_and_links_are_deleted(server: Server, shared: Team) -> None:
    shared.offer()
    for table in ("client_transfer", "one_time_link"):
        text = f"UPDATE {table} SET expires_at = now() - interval '1 minute' WHERE client_id = %(client_id)s"
        rows.rows(server, text, client_id=shared.client_id)
    done(housekeeping.purge(server))
    for table in ("client_transfer", "one_time_link"):
        assert rows.rows(server, f"SELECT client_id FROM {table} WHERE client_id = '{shared.client_id}'") == []
