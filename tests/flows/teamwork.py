"""An app with an owner, a member and an invitation, and what each may do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import make
import rows
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, registration, team, transfers
from oauthsrv.flows.clients.fields import ClientFields
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import invite, member


class Team:
    """An app with its owner, a member, and a person who is invited."""

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

    def offer(self, person: make.User | None = None) -> None:
        person = person or self.member
        transfers.offer(
            self.server, self.client_id, person.user_id, owner_id=self.owner.user_id, by=Actor(self.owner.user_id)
        )

    def accept(self, person: make.User | None = None) -> bool:
        return transfers.accept(self.server, self.client_id, by=Actor((person or self.member).user_id))

    def decline_offer(self) -> None:
        transfers.decline(self.server, self.client_id, by=Actor(self.member.user_id))

    def withdraw_offer(self) -> None:
        transfers.withdraw(self.server, self.client_id, owner_id=self.owner.user_id, by=Actor(self.owner.user_id))

    def transfer(self, person: make.User | None = None) -> bool:
        self.offer(person)
        return self.accept(person)

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

    def delete_secret(self) -> bool:
        with reading(self.server.database) as db:
            [first, *_] = sql.clients.secrets(db, client_id=self.client_id)
        return registration.delete_secret(self.server, self.client_id, first.hint, by=Actor(self.member.user_id))

    def change_app(self) -> bool:
        """As an attacker would who wants the codes of its users."""
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


def one_after_the_other(server: Server, first: Callable[[], Any], second: Callable[[], Any]) -> Exception | None:
    """`second` comes while `first` has written everything and not committed; what `second` raised in the end."""
    module = transfers if first.__name__ in ("offer", "accept", "decline_offer", "withdraw_offer") else team
    with holding(module, first) as (gate, work), in_parallel(second) as later:
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        work.result()
        error = later.exception()
    assert error is None or isinstance(error, Exception)
    return error
