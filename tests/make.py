"""Records for tests, made the way the product makes them."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from dataclasses import dataclass
from typing import Any

from oauthsrv.flows import apis, catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, fields, listed_uris, own_access, registration
from oauthsrv.oauth.credentials import new_user_id
from oauthsrv.oauth.grant_types import DEFAULT
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

PASSWORD = "correct horse battery"
KEY = "7c1f0e83d65a4b29" * 4  # OAUTHSRV_KEY of all servers on one database
REDIRECT_URI = "https://app.example/callback"
SCOPES = ("read:profile", "write:profile", "read:data")

numbers = itertools.count(1)


@dataclass(frozen=True)
class User:
    user_id: str
    email: str
    password: str = PASSWORD


@dataclass(frozen=True)
class App:
    client_id: str
    client_secret: str | None
    redirect_uri: str

    @property
    def basic(self) -> tuple[str, str]:
        assert self.client_secret
        return self.client_id, self.client_secret


def user(server: Server, *, admin: bool = False, name: str = "Ada Example", email: str | None = None) -> User:
    email = email or f"user{next(numbers)}.{secrets.token_hex(4)}@example.com"
    user_id = new_user_id()
    hashed = server.passwords.hash(PASSWORD, "192.0.2.1")
    with transaction(server.database) as db:
        sql.users.add(
            db, user_id=user_id, subject=user_id, email=email, name=name, password_hash=hashed, is_admin=admin
        )
    return User(user_id, email)


def app(
    server: Server,
    owner: User | None = None,
    *,
    type: str = "confidential",
    redirect_uris: tuple[str, ...] = (REDIRECT_URI,),
    scopes: tuple[str, ...] = SCOPES,
    grant_types: tuple[str, ...] = DEFAULT,
    optional_scopes: tuple[str, ...] = (),
    skips_pkce: bool = False,
    name: str = "Example App",
    approved: bool = True,
) -> App:
    owner = owner or user(server, name="Dora Developer")
    checked = fields.check_client(
        {
            "name": name,
            "type": type,
            "grant_types": grant_types,
            "redirect_uris": redirect_uris,
            "scopes": scopes,
            "optional_scopes": optional_scopes,
            "skips_pkce": skips_pkce,
        },
        [row.scope for row in catalog.all_scopes(server)],
        server.settings.issuer,
        listed_uris=listed_uris.all_of(server),
    )
    made = registration.add_client(server, checked, owner.user_id, by=Actor(), approved=approved)
    assert made is not None
    return App(made.client_id, made.client_secret, redirect_uris[0] if redirect_uris else "")


def machine(server: Server, *scopes: str, resources: tuple[str, ...] = (), **more: Any) -> App:
    """An app that acts for itself: an administrator opened it these scopes and APIs."""
    made = app(server, grant_types=("client_credentials",), redirect_uris=(), **more)
    opened = own_access.Access(scopes or SCOPES[:2], resources)
    own_access.open_access(server, made.client_id, opened, by=Actor())
    return made


def change(server: Server, app: App, **values: Any) -> None:
    """What its owner changes of an app: fields of ClientFields."""
    with reading(server.database) as db:
        row = sql.clients.overview(db, client_id=app.client_id)
    changed = dataclasses.replace(fields.current(row), **values)
    changes.change_client(server, app.client_id, changed, by=Actor())


def set_grant_types(server: Server, app: App, *names: str) -> None:
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute("UPDATE client SET grant_types = %s WHERE client_id = %s", [list(names), app.client_id])
    server.clients.changed(app.client_id)


def api(server: Server, *, scopes: tuple[str, ...] = SCOPES, resource: str | None = None) -> App:
    resource = resource or f"https://api{next(numbers)}-{secrets.token_hex(4)}.example"
    checked = apis.check_api(
        {"name": "Example API", "resource": resource, "scopes": scopes},
        [row.scope for row in catalog.all_scopes(server)],
    )
    made: Any = apis.add(server, checked, by=Actor())
    return App(made.client_id, made.client_secret, resource)
