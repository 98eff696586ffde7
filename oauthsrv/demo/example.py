"""What the example's people and apps do that takes more than one call of a flow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from oauthsrv.demo.apps import APPS, REDIRECT_URIS, fields_of
from oauthsrv.demo.people import ADMINISTRATOR, PEOPLE
from oauthsrv.flows import accounts, consent, grant_types, revocations
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import changes, registration, team
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


class Example:
    """The example while it is made. People go by their first names, apps by their names, connections by numbers."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now = datetime.min  # when the current act began, by PostgreSQL's clock
        self.ids: dict[str, str] = {}
        self.secrets: dict[str, list[str]] = {}
        self.invitations: dict[tuple[str, str], str] = {}
        self.grant_ids: dict[tuple[str, str], str] = {}
        self.codes: dict[int, str] = {}
        self.refresh_tokens: dict[int, str] = {}
        self.superseded: dict[int, str] = {}

    def call(self, flow: Callable[..., Any], on: Any, by: str, *more: Any) -> None:
        """`on` is a person, an app, or what the flow takes itself."""
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
        """As it was before its first change."""
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

    def join(self, app: str, person: str) -> None:
        team.join(self.server, self.invitations[app, person], by=self.actor(person))

    # Connections

    def allow(self, app: str, person: str, declined: list[str]) -> None:
        request, session = self.request(app), self.session(person)
        scopes = [scope for scope in request.scopes if scope not in declined]
        grant_id = consent.record_consent(self.server, request, scopes, session, by=self.actor(person))
        self.grant_ids[app, person] = grant_id

    def connect(self, app: str, person: str, number: int, browser: str) -> None:
        request, session, grant_id = self.request(app), self.session(person), self.grant_ids[app, person]
        with reading(self.server.database) as db:
            subject = sql.users.find(db, user_id=session.user_id).subject
            scopes = sql.grants.find_living(db, user_id=session.user_id, client_id=self.ids[app]).scopes
        self.codes[number] = consent.issue_code(self.server, request, scopes, grant_id, subject, browser, session)
        self.exchange(app, person, number)

    def exchange(self, app: str, person: str, number: int) -> None:
        uri = REDIRECT_URIS[app][0]
        self.take_tokens(grant_types.exchange_code, app, person, number, code=self.codes[number], redirect_uri=uri)

    def use(self, app: str, person: str, number: int) -> None:
        """Refresh the tokens, and call an API with them."""
        self.superseded[number] = self.refresh_tokens[number]
        self.refresh(app, person, number, self.refresh_tokens[number])
        self.server.marks.grant_used(self.grant_ids[app, person], str(self.caller(app, person).address))

    def refresh(self, app: str, person: str, number: int, token: str) -> None:
        self.take_tokens(grant_types.refresh, app, person, number, refresh_token=token)

    def take_tokens(self, flow: Callable[..., Any], app: str, person: str, number: int, **sent: str) -> None:
        by = self.caller(app, person)
        if self.secrets[app]:
            self.server.marks.secret_used(digest(self.secrets[app][-1]), str(by.address))
        response = flow(self.server, self.client(app), Parameters(tuple(sent.items())), by=by)
        self.refresh_tokens[number] = response["refresh_token"]

    def disconnect(self, app: str, person: str) -> None:
        of = self.grant_ids[app, person], self.ids[person], "user"
        revocations.revoke_grant(self.server, *of, by=self.actor(person))

    def end(self, app: str, person: str, number: int, reason: str) -> None:
        """By the user or the app; by the server on its own, which is not in the audit log; or after a misuse."""
        token = parse_refresh_token(self.refresh_tokens[number])
        assert token is not None
        with reading(self.server.database) as db:
            family_id = sql.families.find(db, handle_hash=token.handle_hash).family_id
            if reason in BY_THE_SERVER:
                sql.families.end(db, family_id=family_id, reason=reason)
        with contextlib.suppress(InvalidGrant):
            if reason == "code_replayed":
                self.exchange(app, person, number)
            elif reason == "reused":
                self.refresh(app, person, number, self.superseded[number])
        by = self.actor(person) if reason == "user" else self.caller(app, person)
        of = {"user_id": self.ids[person], "client_id": self.ids[app]}
        revocations.revoke_family(self.server, family_id, reason, by=by, **of)  # unless it has ended by now

    def client(self, app: str) -> Client:
        client = self.server.clients.find_client(self.ids[app])
        assert client is not None
        return client

    def request(self, app: str) -> AuthorizationRequest:
        client, redirect = self.client(app), Redirect(REDIRECT_URIS[app][0], None, self.server.settings.issuer)
        return AuthorizationRequest(client, redirect, client.scopes, (), None, frozenset(), None, None)

    def session(self, person: str) -> Session:
        return Session(self.ids[person], self.now, self.now, self.now)

    def caller(self, app: str, person: str) -> Actor:
        """The app's own server, or the device on which a public app runs."""
        return Actor(None, APPS[app].address if self.secrets[app] else PEOPLE[person].address)
