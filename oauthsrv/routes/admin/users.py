"""/admin/users: everybody who has an account; closing accounts, ending access, administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators, password_reset, revocations
from oauthsrv.flows.refusals import LastAdministrator, NotDone
from oauthsrv.oauth.credentials import is_user_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.admin.lists import address
from oauthsrv.routes.admin.log import Filter
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.events import administrator_line, event_line
from oauthsrv.routes.forms import query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50
EVENTS = 20
SIGN_INS = 10
STATUSES = {"admins": "Administrators", "disabled": "Disabled"}
LIST = "/admin/users"
FILTERS = ("q", "status")

pages.DONE.update(
    user_disabled="The account is disabled, and everything it had was ended.",
    user_enabled="The account is enabled. What was ended stays ended: the person signs in and connects apps again.",
    user_revoked="Every session, grant and token of this person was ended.",
    user_is_no_admin="This person is no administrator any more.",
)


def show_users(server: Server, visitor: Visitor) -> HTTPResponse:
    asked = query()
    searched, before = asked.text("q"), asked.get("before") or None
    status = asked.get("status") if asked.get("status") in STATUSES else None
    with reading(server.database) as db:
        users = sql.admin.search_users(db, words=searched, status=status, before=before, rows=ROWS + 1)
    return render(
        "admin/users",
        visitor,
        form=asked,
        users=users[:ROWS],
        statuses=[("", "All"), *STATUSES.items()],
        newer=address(LIST, asked, FILTERS) if before else None,
        older=address(LIST, asked, FILTERS, before=users[ROWS - 1].user_id) if len(users) > ROWS else None,
    )


def find(server: Server, user_id: str) -> Any:
    user = None
    if is_user_id(user_id):
        with reading(server.database) as db:
            user = sql.users.find(db, user_id=user_id)
    if user is None:
        raise not_found("user", (LIST, "All users"))
    return user


def show_user(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    user = find(server, user_id)
    with reading(server.database) as db:
        grants = sql.admin.grants_of_user(db, user_id=user_id, rows=ROWS)
        apps = sql.admin.apps_of_user(db, user_id=user_id, rows=ROWS)
        sign_ins = sql.admin.sign_ins(db, user_id=user_id, rows=SIGN_INS)
        revocation = sql.revocations.of_user(db, user_id=user_id)
    return render(
        "admin/user",
        visitor,
        user=user,
        revocation=revocation,
        grants=grants,
        apps=apps,
        all_apps="/admin/apps?" + urlencode({"q": user.email}),
        sign_ins=list(map(event_line, sign_ins)),
        events=list(map(administrator_line, Filter(user_id=user_id).events(server, rows=EVENTS))),
        reviewed=server.settings.app_review,
    )


def ask_disable(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    user = find(server, user_id)
    refuse_last_administrator(server, user, "disabled")
    return render("admin/disable", visitor, user=user)


def disable(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    try:
        in_force = revocations.disable_user(server, user_id, by=actor(visitor))
    except LastAdministrator:
        raise last_administrator(user_id, "disabled") from None
    return changed(f"/admin/users/{user_id}", "user_disabled", in_force)


def enable(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    in_force = revocations.enable_user(server, user_id, by=actor(visitor))
    return changed(f"/admin/users/{user_id}", "user_enabled", in_force)


def ask_revoke(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    return render("admin/revoke", visitor, user=find(server, user_id))


def revoke(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    find(server, user_id)
    in_force = revocations.revoke_user(server, user_id, by=actor(visitor))
    return changed(f"/admin/users/{user_id}", "user_revoked", in_force)


def make_admin(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    """The page with the link is the answer: it is shown this once, and the right comes with using it."""
    user = find(server, user_id)
    try:
        address = administrators.invite(server, user_id, by=actor(visitor))
    except NotDone as reason:
        link = (f"/admin/users/{user_id}", "Back to the user")
        raise PageError(409, "No link was made", str(reason), link=link) from None
    return render("admin/admin_link", visitor, no_referrer=True, user=user, address=address)


def reset(server: Server, visitor: Visitor, user_id: str) -> HTTPResponse:
    user = find(server, user_id)
    try:
        address = password_reset.make_link(server, user_id, by=actor(visitor))
    except NotDone as reason:
        link = (f"/admin/users/{user_id}", "Back to the user")
        raise PageError(409, "No link was made", str(reason), link=link) from None
    return render("admin/reset_link", visitor, no_referrer=True, user=user, address=address)


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
