"""oauthsrv registration: creates, lists and revokes the initial access tokens with which apps register themselves."""

import argparse
import json

from oauthsrv.commands import Refused, opened, print_all
from oauthsrv.config import Settings


def add(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.audit import Actor
    from oauthsrv.flows.clients import registration_tokens
    from oauthsrv.flows.clients.registration_tokens import NewToken
    from oauthsrv.flows.fields import check

    with opened(settings) as server:
        new = check(NewToken, {"name": args.name, "days": args.days, "approves": args.approves})
        text = registration_tokens.add(server, new, by=Actor())
    if args.json:
        print(json.dumps({"token": text, "name": new.name, "days": new.days, "approves": new.approves}))
        return
    print(f"Initial access token for “{new.name}”, valid for {new.days} {'day' if new.days == 1 else 'days'}:")
    print(text)
    print("It won't be shown again.")
    if settings.registration == "off":
        print("No app can register with it yet: registration is off. Set OAUTHSRV_REGISTRATION=token.")


def show(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.store.database import sql

    print_all(
        settings,
        sql.registration_tokens.every,
        "token_id",
        lambda one: (one.token_id, f"…{one.hint}", f"{one.clients} apps", f"until {one.expires_at:%Y-%m-%d}", one.name),
        "There are no initial access tokens. Create one with: registration add NAME",
    )


def revoke(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows.audit import Actor
    from oauthsrv.flows.clients import registration_tokens

    with opened(settings) as server:
        if not registration_tokens.revoke(server, args.id, by=Actor()):
            raise Refused(f"there is no initial access token {args.id}: registration list shows them all")
    print("Revoked: no more apps can register with it. Those that did stay registered.")
