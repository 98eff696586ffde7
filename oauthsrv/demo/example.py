"""What people and apps of the example do, where it takes more than one call of a flow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from oauthsrv.demo.apps import APPS, REDIRECT_URIS, fields_of
from oauthsrv.demo.people import ADMINISTRATOR, PEOPLE
from oauthsrv.flows import accounts, consent, grant_types, revocations, rotation
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import changes, registration, team, transfers
from oauthsrv.flows.grant_types import TokenRequest
from oauthsrv.flows.response_types import Approval, issue_code
from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.authorization_response import Redirect
from oauthsrv.oauth.credentials import digest, parse_refresh_token
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.sessions import Session

BY_THE_SERVER = ("expired", "too_many_families")


@dataclass
class Connected:
    """An app's connection on one device of a person."""

    app: str
    person: str
    code: str = ""
    refresh_token: str = ""
    superseded: str = ""  # the refresh token before


class Example:
    """The example while it is made. People go by their first names, apps by their names."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now = datetime.min  # when the current act began, by PostgreSQL's clock
        self.ids: dict[str, str] = {}
        self.secrets: dict[str, list[str]] = {}
        self.invitations: dict[tuple[str, str], str] = {}
        self.grant_ids: dict[tuple[str, str], str] = {}

    def call(self, flow: Callable[..., Any], on: Any, by: str, *more: Any) -> None:
        """Call a flow: `on` is a person, an app, or the flow's own argument."""
        flow(self.server, self.ids.get(on, on) if isinstance(on, str) else on, *more, by=self.actor(by))

    def actor(self, person: str) -> Actor:
        return Actor(self.ids[person], PEOPLE[person].address)

    # People

    def sign_up(self, name: str) -> None:
        person = PEOPLE[name]
        account, is_admin = Account(person.email, person.name, ""), person is ADMINISTRATOR
        with transaction(self.server.database) as db:
            self.ids[name] = accounts.add(db, account, None, by=Actor(None, person.address), is_admin=is_admin)

    def note(self, action: str, person: str) -> None:
        """Add only the audit log's line, where doing it would take a password and a slow hash."""
        by = self.actor(person)
        with transaction(self.server.database) as db:
            audit(db, action, by if action != "user.sign_in_failed" else Actor(None, by.address), user_id=by.actor_id)

    # Apps

    def register(self, app: str) -> None:
        """Register the app as it was before its first change."""
        fields, owner = fields_of(APPS[app]), APPS[app].owner
        first = replace(fields, description="", redirect_uris=[*fields.redirect_uris, fields.redirect_uris[0] + "/v1"])
        made = registration.add_client(self.server, first, self.ids[owner], by=self.actor(owner), approved=False)
        assert made is not None
        self.ids[app], self.secrets[app] = made.client_id, [made.client_secret] if made.client_secret else []

    def change(self, app: str, more_uris: Sequence[str] = (), more_scopes: Sequence[str] = ()) -> None:
        fields = fields_of(APPS[app])
        uris, scopes = [*fields.redirect_uris, *more_uris], [*fields.scopes, *more_scopes]
        self.call(changes.change_client, app, APPS[app].owner, replace(fields, redirect_uris=uris, scopes=scopes))

    def add_secret(self, app: str) -> None:
        made = registration.add_secret(self.server, self.ids[app], by=self.actor(APPS[app].owner))
        self.secrets[app].append(made.text)

    def invite(self, app: str, person: str) -> None:
        owner = self.actor(APPS[app].owner)
        of = {"owner_id": str(owner.actor_id), "counted": str(owner.address)}
        address = team.invite(self.server, self.ids[app], PEOPLE[person].email, by=owner, **of)
        self.invitations[app, person] = address.partition("link=")[2]

    def offer(self, app: str, person: str) -> None:
        owner = self.actor(APPS[app].owner)
        transfers.offer(self.server, self.ids[app], self.ids[person], owner_id=str(owner.actor_id), by=owner)

    def join(self, app: str, person: str) -> None:
        team.join(self.server, self.invitations[app, person], by=self.actor(person))

    # Connections

    def allow(self, app: str, person: str, declined: list[str]) -> None:
        request, session = self.request(app), self.session(person)
        scopes = [scope for scope in request.scopes if scope not in declined]
        grant_id = consent.record_consent(self.server, request, scopes, session, by=self.actor(person))
        self.grant_ids[app, person] = grant_id

    def connect(self, of: Connected, browser: str) -> None:
        request, session = self.request(of.app), self.session(of.person)
        with reading(self.server.database) as db:
            subject = sql.users.find(db, user_id=session.user_id).subject
            grant = sql.grants.find_active(db, user_id=session.user_id, client_id=self.ids[of.app])
        approval = Approval(self.server, request, tuple(grant.scopes), grant.grant_id, subject, browser, session)
        of.code = issue_code(approval)
        self.exchange(of)

    def exchange(self, of: Connected) -> None:
        self.take_tokens(grant_types.exchange_code, of, code=of.code, redirect_uri=REDIRECT_URIS[of.app][0])

    def use(self, of: Connected) -> None:
        """Refresh the tokens, and call an API with them."""
        of.superseded = of.refresh_token
        self.take_tokens(rotation.refresh, of, refresh_token=of.refresh_token)
        self.server.marks.grant_used(self.grant_ids[of.app, of.person], str(self.caller(of).address))

    def take_tokens(self, flow: Callable[..., dict[str, Any]], of: Connected, **sent: str) -> None:
        by = self.caller(of)
        if self.secrets[of.app]:
            self.server.marks.secret_used(digest(self.secrets[of.app][-1]), str(by.address))
        request = TokenRequest(self.server, self.client(of.app), Parameters(tuple(sent.items())), by)
        of.refresh_token = flow(request)["refresh_token"]

    def disconnect(self, app: str, person: str) -> None:
        grant = self.grant_ids[app, person], self.ids[person]
        revocations.revoke_grant(self.server, *grant, "user", by=self.actor(person))

    def end(self, of: Connected, reason: str) -> None:
        """A misuse ends it, or the server (which the audit log does not show), or the user or the app."""
        with contextlib.suppress(InvalidGrant):
            if reason == "code_replayed":
                self.exchange(of)
            elif reason == "reused":
                self.take_tokens(rotation.refresh, of, refresh_token=of.superseded)
        token = parse_refresh_token(of.refresh_token)
        assert token is not None
        with reading(self.server.database) as db:
            family_id = sql.families.find(db, handle_hash=token.handle_hash).family_id
            if reason in BY_THE_SERVER:
                sql.families.end(db, family_id=family_id, reason=reason)
        by = self.actor(of.person) if reason == "user" else self.caller(of)
        user_id, client_id = self.ids[of.person], self.ids[of.app]
        # Does nothing if it has ended.
        revocations.revoke_family(self.server, family_id, reason, by=by, user_id=user_id, client_id=client_id)

    def client(self, app: str) -> Client:
        client = self.server.clients.find_client(self.ids[app])
        assert client is not None
        return client

    def request(self, app: str) -> AuthorizationRequest:
        client, redirect = self.client(app), Redirect(REDIRECT_URIS[app][0], None, self.server.settings.issuer)
        return AuthorizationRequest(client, redirect, client.scopes, (), None, frozenset(), None, None)

    def session(self, person: str) -> Session:
        return Session(self.ids[person], self.now, self.now, self.now)

    def caller(self, of: Connected) -> Actor:
        """The app's own server, or the device on which a public app runs."""
        return Actor(None, APPS[of.app].address if self.secrets[of.app] else PEOPLE[of.person].address)
