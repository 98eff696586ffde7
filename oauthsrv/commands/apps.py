"""oauthsrv apps: registers, lists, suspends, reactivates and limits apps, and revokes their tokens."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oauthsrv.commands import RECORDED_ONLY, Refused, find_user, opened, print_all, print_registered
from oauthsrv.config import Settings

if TYPE_CHECKING:
    from oauthsrv.flows.clients.authentication import Authentication
    from oauthsrv.server import Server


def add(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import catalog
    from oauthsrv.flows.audit import Actor
    from oauthsrv.flows.clients import fields, listed_uris, registration
    from oauthsrv.oauth import grant_types

    uris = [uri.strip() for uri in args.redirect_uri]
    typed = {"name": args.name, "type": args.type, "redirect_uris": uris, "scopes": args.scope}
    if args.grant:
        typed["grant_types"] = [grant_types.registered_name(option) for option in args.grant]
    with opened(settings) as server:
        scopes = [row.scope for row in catalog.offered(server)]
        listed = listed_uris.all_of(server)
        app = fields.check_client(typed, scopes, settings.issuer, listed_uris=listed, each_uri="--redirect-uri")
        owner_id = find_owner(server, args.owner)
        keys = keys_of(args, settings)
        made = registration.add_client(server, app, owner_id, by=Actor(), approved=True, keys=keys)
    assert made is not None  # the id is new and random
    registered = {
        "client_id": made.client_id,
        **({"client_secret": made.client_secret} if made.client_secret else {}),
        "name": app.name,
        "type": app.type,
        "grant_types": app.grant_types,
        "redirect_uris": app.redirect_uris,
        "scopes": app.scopes,
    }
    advice = "Keep it where only your app can read it."
    print_registered(f"Registered “{app.name}”.", registered, as_json=args.json, advice=advice)


def keys_of(args: argparse.Namespace, settings: Settings) -> "Authentication | None":
    from oauthsrv.flows.clients import authentication

    if args.jwks is None and args.jwks_uri is None:
        return None
    if args.type == "public":
        raise Refused("a public app cannot have keys: leave out --jwks and --jwks-uri, or use --type confidential")
    try:
        jwks = Path(args.jwks).read_text(encoding="utf-8") if args.jwks else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"--jwks cannot be read: {error}") from None
    typed = {"authentication_methods": ["private_key_jwt"], "jwks": jwks, "jwks_uri": args.jwks_uri or ""}
    return authentication.check(typed, settings.issuer).chosen


def find_owner(server: "Server", email: str) -> str:
    user = find_user(server, email)
    if user is None:
        raise Refused(f"there is no user {email!r}: make the account first, with: users add EMAIL")
    if user.disabled_at is not None:
        raise Refused(f"the account {user.email} is disabled: enable it first, or name another owner")
    return str(user.user_id)


def show(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.store.database import sql

    print_all(
        settings,
        sql.clients.every,
        "client_id",
        lambda app: (
            app.client_id,
            app.type,
            status(app),
            f"{app.calls_per_hour}/h",
            options(app.grant_types),
            app.owner_email or f"registered itself ({app.host})",
            app.name,
        ),
        "There are no apps yet. Register one with: apps add NAME --owner EMAIL …",
    )


def options(grants: Sequence[str]) -> str:
    """The grants by the names that `apps add --grant` takes."""
    from oauthsrv.oauth.grant_types import GRANTS

    return ",".join(GRANTS[name].option if name in GRANTS else name for name in grants)


def status(app: Any) -> str:
    if app.suspended:
        return "suspended"
    return "active" if app.approved else "not approved"


def suspend(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import review

    change(args, settings, review.suspend_client, "Suspended {}: it can do nothing until it is reactivated.")


def reactivate(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import review

    change(args, settings, review.reactivate_client, "Reactivated {}: its tokens work again.")


def end_tokens(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import revocations

    change(
        args,
        settings,
        revocations.revoke_client_tokens,
        "Revoked every token of {}. This is in force.",
        afterwards=watch_revocation,
    )


def watch_revocation(server: "Server", client_id: str) -> None:
    """Show at a terminal how rows are marked; the new epoch already refuses every token."""
    from oauthsrv.commands.progress import watch
    from oauthsrv.store.database import reading, sql

    with reading(server.database) as db:
        revocation_id = sql.revocations.of_client(db, client_id=client_id)
    if revocation_id is not None and sys.stderr.isatty():
        watch(server, revocation_id, "The running server, or the next one to start, marks the rest as revoked.")


def own_access(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import own_access

    def perform(server: "Server", client_id: str, **by: Any) -> bool:
        new = own_access.check_access(args.scope, args.resource, own_access.everything(server))
        return own_access.open_access(server, client_id, new, **by)

    can = f"can use {', '.join(args.scope)} without a user" if args.scope else "has no access without a user"
    change(args, settings, perform, f"{{}} {can}.")


def limit(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.clients import limits

    change(args, settings, partial(limits.set_limits, limits=args.calls), f"{{}} may make {args.calls} calls per hour.")


def change(
    args: argparse.Namespace,
    settings: Settings,
    perform: Callable[..., bool],
    done: str,
    afterwards: Callable[["Server", str], None] | None = None,
) -> None:
    """Apply one change to the app that args.id names; `done` is printed once it is in force."""
    from oauthsrv.flows.audit import Actor
    from oauthsrv.oauth.credentials import is_client_id
    from oauthsrv.store.database import reading, sql

    with opened(settings) as server:
        app = None
        if is_client_id(args.id):
            with reading(server.database) as db:
                app = sql.clients.overview(db, client_id=args.id)
        if app is None:
            raise Refused(f"there is no app {args.id!r}: apps list shows them all")
        if not perform(server, app.client_id, by=Actor()):
            raise Refused(RECORDED_ONLY)
        print(done.format(f"“{app.name}”"), flush=True)
        if afterwards:
            afterwards(server, app.client_id)
