"""/admin/users: everybody who has an account; closing accounts, ending access, administrators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators, endings
from oauthsrv.flows.endings import LastAdministrator
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.events import told_to_admin
from oauthsrv.routes.forms import query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50
EVENTS = 20
USER_ID = re.compile(r"usr_[0-9a-f]{32}")

pages.DONE.update(
    user_disabled="The account is disabled, and everything it had was ended.",
    user_enabled="The account is enabled. What was ended stays ended: the person signs in and connects apps again.",
    user_revoked="Every session, grant and token of this person was ended.",
    user_is_admin="This person is an administrator now.",
    user_is_no_admin="This person is no administrator any more.",
)


def show_users(server: Server, visitor: Visitor) -> HTTPResponse:
    words, before = query().text("q"), query().get("before") or None
    with reading(server.database) as db:
        users = sql.admin.search_users(db, words=words, before=before, rows=ROWS + 1)
    return render(
        "admin/users",
        visitor,
        users=users[:ROWS],
        words=words,
        newer=address(words) if before else None,
        older=address(words, before=users[ROWS - 1].user_id) if len(users) > ROWS else None,
    )


def address(words: str, **more: str) -> str:
    return "/admin/users?" + urlencode({"q": words, **more})


def find(server: Server, user_id: str) -> Any:
    user = None
    if USER_ID.fullmatch(user_id):
        with reading(server.database) as db:
            user = sql.users.find(db, user_id=user_id)
    if user is None:
        raise not_found("user", ("/admin/users", "All users"))
    return user


def show_user(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    user = find(server, user_id)
    with reading(server.database) as db:
        grants = sql.admin.grants_of_user(db, user_id=user_id, rows=ROWS)
        apps = sql.apps.of_owner(db, owner_id=user_id, before=None, rows=ROWS)
        events = sql.audit_log.events(db, user_id=user_id, client_ids=None, action=None, before=None, rows=EVENTS)
    return render(
        "admin/user",
        visitor,
        user=user,
        grants=grants,
        apps=apps,
        all_apps="/admin/apps?" + urlencode({"q": user.email}),
        events=told_to_admin(events),
        reviewed=server.settings.app_review,
    )


def ask_disable(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    user = find(server, user_id)
    refuse_last_administrator(server, user, "disabled")
    return render("admin/disable", visitor, user=user)


def disable(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    try:
        in_force = endings.disable_user(server, user_id, by=actor(visitor))
    except LastAdministrator:
        raise last_administrator(user_id, "disabled") from None
    return changed(f"/admin/users/{user_id}", "user_disabled", in_force)


def enable(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    in_force = endings.enable_user(server, user_id, by=actor(visitor))
    return changed(f"/admin/users/{user_id}", "user_enabled", in_force)


def ask_revoke(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    return render("admin/revoke", visitor, user=find(server, user_id))


def revoke(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    in_force = endings.revoke_user(server, user_id, by=actor(visitor))
    return changed(f"/admin/users/{user_id}", "user_revoked", in_force)


def make_admin(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    if find(server, user_id).disabled_at is not None:
        raise PageError(
            409,
            "This account is disabled",
            "A disabled account cannot become an administrator.",
            todo="Enable it first.",
            link=(f"/admin/users/{user_id}", "Back to the user"),
        )
    administrators.make_admin(server, user_id, by=actor(visitor))
    return redirect(f"/admin/users/{user_id}", done="user_is_admin")


def remove_admin(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    try:
        administrators.remove_admin(server, user_id, by=actor(visitor))
    except LastAdministrator:
        raise last_administrator(user_id, "removed") from None
    return redirect(f"/admin/users/{user_id}", done="user_is_no_admin")


def refuse_last_administrator(server: Server, user: Any, what: str) -> None:
    if user.is_admin and administrators.is_last(server, user.user_id):
        raise last_administrator(user.user_id, what)


def last_administrator(user_id: str, what: str) -> PageError:
    return PageError(
        409,
        "The last administrator",
        f"This is the only administrator, who cannot be {what}: nobody could administer this server any more.",
        todo="Make another user an administrator first.",
        link=(f"/admin/users/{user_id}", "Back to the user"),
    )
