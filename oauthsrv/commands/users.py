"""oauthsrv users: makes, lists, disables and enables accounts, and revokes all sessions and tokens of one."""

import argparse
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oauthsrv.commands import RECORDED_ONLY, Refused, find_user, one_line, opened, print_all
from oauthsrv.config import Settings

if TYPE_CHECKING:
    from oauthsrv.server import Server

PASSWORD_BYTES = 15  # 20 characters
LINE_BYTES = 4096  # more than any password may have, so that a longer one is refused and not cut


def add(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import accounts
    from oauthsrv.flows.audit import Actor
    from oauthsrv.flows.refusals import FieldsRefused

    password = typed_password() if args.password_stdin else secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        account = accounts.check_account(args.email, args.name or "", password, product=settings.brand.name)
    except FieldsRefused as refused:
        raise Refused(one_line(refused.problems)) from None
    with opened(settings) as server:
        try:
            accounts.sign_up(server, account, by=Actor(), is_admin=args.admin)
        except accounts.EmailTaken:
            raise Refused(f"there is already an account {account.email}") from None
    print(f"Added {account.email}{', an administrator' if args.admin else ''}.")
    if not args.password_stdin:
        print(f"password: {password}")
        print("It won't be shown again.")


def typed_password() -> str:
    """The first line of standard input, stripped only of its line break, as a space may belong to a password."""
    line = sys.stdin.buffer.readline(LINE_BYTES)
    try:
        return line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Refused("the password on standard input is not UTF-8") from None


def show(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.store.database import sql

    print_all(
        settings,
        sql.users.every,
        "user_id",
        lambda user: (
            user.email,
            "admin" if user.is_admin else "user",
            "disabled" if user.disabled else "active",
            f"{user.created_at:%Y-%m-%d}",
            user.name,
        ),
        "There are no users yet. Add one with: users add EMAIL",
    )


def disable(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import revocations

    change(
        args,
        settings,
        until_done(revocations.disable_user),
        "Disabled {}, and revoked every session, code, grant and token of the account.",
    )


def enable(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import revocations

    change(args, settings, revocations.enable_user, "Enabled {}. What was revoked stays revoked.")


def revoke(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import revocations

    change(args, settings, until_done(revocations.revoke_user), "Revoked every session, code, grant and token of {}.")


def delete(args: argparse.Namespace, settings: Settings) -> None:
    from functools import partial

    from oauthsrv.flows import managed_accounts

    perform = partial(managed_accounts.delete, with_apps=args.with_apps)
    change(args, settings, until_done(perform), "Deleted {}, and revoked every session, code, grant and token.")


def until_done(perform: Callable[..., bool]) -> Callable[..., bool]:
    """Make a command return only when everything is revoked, however much it is."""

    def performed(server: "Server", user_id: str, *, by: Any) -> bool:
        from oauthsrv.commands.progress import watch
        from oauthsrv.store.database import reading, sql

        if perform(server, user_id, by=by):
            return True
        with reading(server.database) as db:
            row = sql.revocations.of_user(db, user_id=user_id)
        return row is not None and watch(server, row.revocation_id, "Recorded; the running server finishes it.")

    return performed


def reset(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import password_reset
    from oauthsrv.flows.audit import Actor

    with opened(settings) as server:
        user = find(server, args.email)
        address = password_reset.make_link(server, user.user_id, by=Actor())
    print(f"{user.email} can choose a new password here. The link works once, for an hour, and won't be shown again:")
    print(address)


def find(server: "Server", email: str) -> Any:
    user = find_user(server, email)
    if user is None:
        raise Refused(f"there is no user {email!r}: users list shows them all")
    return user


def change(args: argparse.Namespace, settings: Settings, perform: Callable[..., bool], done: str) -> None:
    """Apply one change to the user that args.email names; `done` is printed once it is in force."""
    from oauthsrv.flows.audit import Actor

    with opened(settings) as server:
        user = find(server, args.email)
        in_force = perform(server, user.user_id, by=Actor())
    if not in_force:
        raise Refused(RECORDED_ONLY)
    print(done.format(user.email))
