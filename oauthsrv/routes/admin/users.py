"""/admin/users: everybody who has an account; closing accounts, ending access, administrators."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators, password_reset, revocations
from oauthsrv.flows.refusals import LastAdministrator
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.routes.admin.lists import address
from oauthsrv.routes.admin.log import EventFilter, recent_events
from oauthsrv.routes.events import event_line
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import refusals_as_page
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

ROWS = 50
SIGN_INS = 10
STATUSES = {"admins": "Administrators", "disabled": "Disabled"}
LIST = "/admin/users"
FILTERS = ("q", "status")

pages.DONE.update(
    user_disabled="The user is disabled, and all their apps are disconnected.",
    user_enabled="The user is enabled. They have to sign in and connect apps again.",
    user_revoked="The user is signed out everywhere, and all their apps are disconnected.",
    user_is_no_admin="This user is no longer an administrator.",
)


def show_users(request: Request) -> HTTPResponse:
    query = request.query
    searched, before = query.text("q"), query.get("before") or None
    status = query.get("status") if query.get("status") in STATUSES else None
    with reading(request.server.database) as db:
        users = sql.admin.search_users(db, text=searched, status=status, before=before, rows=ROWS + 1)
    return render(
        "admin/users",
        request,
        form=query,
        users=users[:ROWS],
        statuses=[("", "All"), *STATUSES.items()],
        newer=address(LIST, query, FILTERS) if before else None,
        older=address(LIST, query, FILTERS, before=users[ROWS - 1].user_id) if len(users) > ROWS else None,
    )


def show_user(request: Request) -> HTTPResponse:
    user = request.person
    with reading(request.server.database) as db:
        grants = sql.admin.grants_of_user(db, user_id=request.person.user_id, rows=ROWS)
        apps = sql.admin.clients_of_user(db, user_id=request.person.user_id, rows=ROWS)
        sign_ins = sql.audit.sign_ins(db, user_id=request.person.user_id, rows=SIGN_INS)
        revocation = sql.revocations.of_user(db, user_id=request.person.user_id)
    return render(
        "admin/user",
        request,
        user=user,
        revocation=revocation,
        grants=grants,
        apps=apps,
        all_apps="/admin/apps?" + urlencode({"q": user.email}),
        sign_ins=list(map(event_line, sign_ins)),
        events=recent_events(request, EventFilter(user_id=request.person.user_id)),
        reviewed=request.server.settings.app_review,
    )


def disabling(request: Request) -> SureQuestion:
    user = request.person
    refuse_last_administrator(request.server, user, "disabled")
    return SureQuestion(
        f"Disable {user.name}?",
        [
            f"{user.email} is signed out everywhere and can’t sign in again. All apps they connected are disconnected.",
            "You can enable the account later; they then have to connect apps again. The apps they registered keep "
            "working for users who are connected.",
        ],
        button="Disable the user",
        back=page_of(user),
    )


def disable(request: Request) -> HTTPResponse:
    try:
        in_force = revocations.disable_user(request.server, request.person.user_id, by=request.actor)
    except LastAdministrator:
        raise last_administrator(request.person.user_id, "disabled") from None
    return changed(f"/admin/users/{request.person.user_id}", "user_disabled", in_force)


def enable(request: Request) -> HTTPResponse:
    in_force = revocations.enable_user(request.server, request.person.user_id, by=request.actor)
    return changed(f"/admin/users/{request.person.user_id}", "user_enabled", in_force)


def revoking(request: Request) -> SureQuestion:
    user = request.person
    return SureQuestion(
        f"Revoke all access of {user.name}?",
        [
            f"{user.email} is signed out everywhere, and all apps they connected are disconnected. You can’t undo "
            "this.",
            "They can sign in and connect apps again.",
        ],
        button="Revoke all access",
        back=page_of(user),
    )


def revoke(request: Request) -> HTTPResponse:
    in_force = revocations.revoke_user(request.server, request.person.user_id, by=request.actor)
    return changed(f"/admin/users/{request.person.user_id}", "user_revoked", in_force)


def make_admin(request: Request) -> HTTPResponse:
    """The page with the link is the answer: it is shown this once, and the right comes with using it."""
    user = request.person
    with refusals_as_page("No link was created", back(request)):
        address = administrators.invite(request.server, request.person.user_id, by=request.actor)
    return render("admin/admin_link", request, no_referrer=True, user=user, address=address)


def reset(request: Request) -> HTTPResponse:
    user = request.person
    with refusals_as_page("No link was created", back(request)):
        address = password_reset.make_link(request.server, request.person.user_id, by=request.actor)
    return render("admin/reset_link", request, no_referrer=True, user=user, address=address)


def page_of(user: Any) -> str:
    return f"/admin/users/{user.user_id}"


def back(request: Request) -> tuple[str, str]:
    return (page_of(request.person), "Back to the user")


def remove_admin(request: Request) -> HTTPResponse:
    try:
        administrators.remove_admin(request.server, request.person.user_id, by=request.actor)
    except LastAdministrator:
        raise last_administrator(request.person.user_id, "removed") from None
    return redirect(f"/admin/users/{request.person.user_id}", done="user_is_no_admin")


def refuse_last_administrator(server: Server, user: Any, what: str) -> None:
    if user.is_admin and administrators.is_last(server, user.user_id):
        raise last_administrator(user.user_id, what)


def last_administrator(user_id: str, what: str) -> PageError:
    return PageError(
        409,
        "The last administrator",
        f"This is the only administrator and can’t be {what}.",
        todo="Make another user an administrator first.",
        link=(f"/admin/users/{user_id}", "Back to the user"),
    )
