"""What people and apps of the example do, where it takes more than one call of a flow."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oauthsrv.demo.apps import APPS, fields_of
from oauthsrv.demo.people import ADMINISTRATOR, PEOPLE
from oauthsrv.flows import accounts, consent, issuing, revocations, rotation
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import changes, registration, team, transfers
from oauthsrv.flows.invalidation import families_revoked
from oauthsrv.flows.response_types import Approval, issue_code
from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.authorization_response import Redirect
from oauthsrv.oauth.consent import allowed
from oauthsrv.oauth.credentials import digest, parse_access_token
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.sessions import Session


@dataclass
class Connected:
    """An app's connection on one device of a person."""

    app: str
    person: str
    code: dict[str, str] = field(default_factory=dict)  # as it is sent, with the redirect URI
    grant_id: str = ""
    family_id: str = ""
    refresh_tokens: list[str] = field(default_factory=list)  # the latest last


class Example:
    """The example while it is made. People go by their first names, apps by their names."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now = datetime.min  # when the current act began, by PostgreSQL's clock
        self.ids: dict[str, str] = {}
        self.secrets: dict[str, str] = {}  # the newest of each confidential app
        self.invitations: dict[tuple[str, str], str] = {}

    def call(self, flow: Callable[..., Any], by: str, *of: Any, **more: Any) -> Any:
        """Call a flow: `of` are people, apps, and the flow's own arguments."""
        known = [self.ids.get(one, one) if isinstance(one, str) else one for one in of]
        return flow(self.server, *known, by=self.actor(by), **more)

    def actor(self, person: str) -> Actor:
        return Actor(self.ids[person], PEOPLE[person].address)

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

    def register(self, app: str) -> None:
        """Register the app as it was before its first change."""
        fields, owner = fields_of(APPS[app]), APPS[app].owner
        first = replace(fields, description="", redirect_uris=[*fields.redirect_uris, fields.redirect_uris[0] + "/v1"])
        made = self.call(registration.add_client, owner, first, owner, approved=False)
        self.ids[app] = made.client_id
        if made.client_secret:
            self.secrets[app] = made.client_secret

    def change(self, app: str, more_uris: Sequence[str] = (), more_scopes: Sequence[str] = ()) -> None:
        fields = fields_of(APPS[app])
        uris, scopes = [*fields.redirect_uris, *more_uris], [*fields.scopes, *more_scopes]
        self.call(changes.change_client, APPS[app].owner, app, replace(fields, redirect_uris=uris, scopes=scopes))

    def add_secret(self, app: str) -> None:
        self.secrets[app] = self.call(registration.add_secret, APPS[app].owner, app).text

    def invite(self, app: str, person: str) -> None:
        owner, email = APPS[app].owner, PEOPLE[person].email
        address = self.call(team.invite, owner, app, email, owner_id=self.ids[owner], counted=PEOPLE[owner].address)
        self.invitations[app, person] = address.partition("link=")[2]

    def join(self, app: str, person: str) -> None:
        self.call(team.join, person, self.invitations[app, person])

    def offer(self, app: str, person: str) -> None:
        owner = APPS[app].owner
        self.call(transfers.offer, owner, app, person, owner_id=self.ids[owner])

    def connect(self, of: Connected, ticked: Collection[str], browser: str) -> None:
        """Connect a device; the person is asked unless they allowed this before."""
        client, user_id = self.client(of.app), self.ids[of.person]
        redirect = Redirect(client.redirect_uris[0], None, self.server.settings.issuer)
        request = AuthorizationRequest(client, redirect, client.scopes, (), None, frozenset(), None, None)
        session = Session(user_id, self.now, self.now, self.now)
        grant_id, known = consent.earlier_consent(self.server, request, user_id)
        scopes = known.allowed
        if grant_id is None or not known.is_enough:
            scopes = allowed(request, ticked)
            grant_id = consent.record_consent(self.server, request, scopes, session, by=self.actor(of.person))
        with reading(self.server.database) as db:
            subject = sql.users.find(db, user_id=user_id).subject
        code = issue_code(Approval(self.server, request, scopes, grant_id, subject, browser, session))
        of.grant_id, of.code = grant_id, {"code": code, "redirect_uri": client.redirect_uris[0]}
        self.exchange(of)

    def exchange(self, of: Connected) -> None:
        self.take_tokens(issuing.exchange_code, of, of.code)

    def use(self, of: Connected, token: int = -1) -> None:
        self.take_tokens(rotation.refresh, of, {"refresh_token": of.refresh_tokens[token]})

    def take_tokens(self, flow: Callable[..., dict[str, Any]], of: Connected, sent: dict[str, str]) -> None:
        """Get tokens, and call an API with them. Nothing happens if the connection has ended, or ends with this."""
        address = self.address(of)
        if of.app in self.secrets:
            self.server.marks.secret_used(digest(self.secrets[of.app]), address)
        with contextlib.suppress(InvalidGrant):
            parameters, by = Parameters(tuple(sent.items())), Actor(None, address)
            tokens = flow(issuing.TokenRequest(self.server, self.client(of.app), parameters, by))
            reference = parse_access_token(tokens["access_token"])
            of.refresh_tokens.append(tokens["refresh_token"])
            of.family_id = str(reference and reference.family_id)
            self.server.marks.grant_used(of.grant_id, address)

    def disconnect(self, of: Connected) -> None:
        self.call(revocations.revoke_grant, of.person, of.grant_id, of.person, "user")

    def revoke(self, of: Connected, reason: str) -> None:
        user_id, client_id = self.ids[of.person], self.ids[of.app]
        by = self.actor(of.person) if reason == "user" else Actor(None, self.address(of))
        revocations.revoke_family(self.server, of.family_id, reason, by=by, user_id=user_id, client_id=client_id)

    def expire(self, of: Connected, reason: str) -> None:
        """End the connection as the server does, which the audit log does not show."""
        with transaction(self.server.database) as db:
            sql.families.end(db, family_id=of.family_id, reason=reason)
        families_revoked(self.server, [of.family_id])

    def client(self, app: str) -> Client:
        client = self.server.clients.find_client(self.ids[app])
        assert client is not None
        return client

    def address(self, of: Connected) -> str:
        """The address of the app's own server, or of the device on which a public app runs."""
        return APPS[of.app].address if of.app in self.secrets else PEOPLE[of.person].address
