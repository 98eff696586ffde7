"""oauthsrv apps: registers apps, lists, suspends, reactivates and limits them, ends their tokens."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oauthsrv.commands import Refused, every, opened
from oauthsrv.commands.columns import in_columns
from oauthsrv.config import Settings

if TYPE_CHECKING:
    from oauthsrv.server import Server

RECORDED_ONLY = (
    "recorded, not yet in force: Redis cannot be reached. The running server brings it into force once it can; "
    "or repeat the command then"
)


def add(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import catalog
    from oauthsrv.flows.audit import Actor
    from oauthsrv.flows.clients import fields, registration
    from oauthsrv.flows.names import Problems

    typed = fields.TypedApp(
        name=args.name, type=args.type, redirect_uris=[uri.strip() for uri in args.redirect_uri], scopes=args.scope
    )
    with opened(settings) as server:
        scopes = [row.scope for row in catalog.offered(server)]
        app = fields.check_client(typed, scopes, settings.issuer, each_uri="--redirect-uri")
        if isinstance(app, Problems):
            raise Refused(in_one_line(app))
        owner_id = owner(server, args.owner)
        made = registration.add_client(server, app, owner_id, by=Actor(None, None), approved=True)
    assert made is not None  # its id was drawn just now
    if args.json:
        print(json.dumps(as_object(made, app)))
        return
    print(f"Registered “{app.name}”.")
    print(f"client_id:     {made.client_id}")
    if made.client_secret:
        print(f"client_secret: {made.client_secret}")
        print("The secret won't be shown again. Keep it where only your app can read it.")


def as_object(made: Any, app: Any) -> dict[str, Any]:
    secret = {"client_secret": made.client_secret} if made.client_secret else {}
    return {
        "client_id": made.client_id,
        **secret,
        "name": app.name,
        "type": app.type,
        "redirect_uris": app.redirect_uris,
        "scopes": app.scopes,
    }


def owner(server: "Server", email: str) -> str:
    from oauthsrv.store.database import reading, sql

    with reading(server.database) as db:
        user = sql.users.find_by_email(db, email=email) if email.isprintable() else None
    if user is None:
        raise Refused(f"there is no user {email!r}: make the account first, with: users add EMAIL")
    if user.disabled_at is not None:
        raise Refused(f"the account {user.email} is disabled: enable it first, or name another owner")
    return str(user.user_id)


def in_one_line(problems: dict[str, list[str]]) -> str:
    """All that is wrong, each with its field, for a person who sees no form."""
    return " ".join(
        f"{field.replace('_', ' ')}: {message}" for field, messages in problems.items() for message in messages
    )


def show(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.store.database import sql

    with opened(settings) as server:
        rows = [
            (app.client_id, app.type, status(app), f"{app.rate_limit_per_hour}/h", app.owner_email, app.name)
            for app in every(server, sql.apps.every, "client_id")
        ]
    if not rows:
        print("There are no apps yet. Register one with: apps add NAME --owner EMAIL …")
    for line in in_columns(rows):
        print(line)


def status(app: Any) -> str:
    if app.suspended:
        return "suspended"
    return "active" if app.approved else "not approved"


def suspend(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import review

    change(args, settings, review.suspend_client, "Suspended {}: nothing of it works until it is reactivated.")


def reactivate(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import review

    change(args, settings, review.reactivate_client, "Reactivated {}: all of it works again.")


def end_tokens(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import revocations

    change(
        args, settings, revocations.revoke_client_tokens, "Revoked every token of {}. This is in force.",
        afterwards=carry_out_of_client,
    )  # fmt: skip


def carry_out_of_client(server: "Server", client_id: str) -> None:
    """What the epoch refuses already is written into every row: for whoever likes to watch, and may leave."""
    from oauthsrv.commands.carrying_out import watch
    from oauthsrv.store.database import reading, sql

    with reading(server.database) as db:
        revocation_id = sql.revocations.of_client(db, client_id=client_id)
    if revocation_id is not None and sys.stderr.isatty():
        watch(server, revocation_id, "The running server, or the next one to start, marks the rest as ended.")


def limit(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import limits

    def set_limit(server: "Server", client_id: str, *, by: Any) -> bool:
        return limits.set_limit(server, client_id, args.calls, by=by)

    change(args, settings, set_limit, f"{{}} may make {args.calls} calls per hour.")


def nothing_more(_server: "Server", _client_id: str) -> None:
    pass


def change(
    args: argparse.Namespace,
    settings: Settings,
    perform: Callable[..., bool],
    told: str,
    afterwards: Callable[["Server", str], None] = nothing_more,
) -> None:
    """One change of the app that args.id names; what was done is printed once it is in force."""
    from oauthsrv.flows.audit import Actor
    from oauthsrv.oauth.credentials import is_client_id
    from oauthsrv.store.database import reading, sql

    with opened(settings) as server:
        app = None
        if is_client_id(args.id):
            with reading(server.database) as db:
                app = sql.apps.find(db, client_id=args.id)
        if app is None:
            raise Refused(f"there is no app {args.id!r}: apps list shows them all")
        if not perform(server, app.client_id, by=Actor(None, None)):
            raise Refused(RECORDED_ONLY)
        print(told.format(f"“{app.name}”"), flush=True)
        afterwards(server, app.client_id)
