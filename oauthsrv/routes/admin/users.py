"""/admin/users: everyone with an account; disabling users, revoking access, adding administrators."""

from typing import Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators, password_reset, revocations
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import render
from oauthsrv.pages.events import event_line
from oauthsrv.routes import csv_file
from oauthsrv.routes.admin import lists
from oauthsrv.routes.admin.deciding import decides
from oauthsrv.routes.admin.log import recent_events
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.pager import address, paged
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 50
SIGN_INS = 5
COLUMNS = csv_file.columns(
    "user_id email name administrator=is_admin disabled connected_apps=connected own_apps=owned since=created_at"
)
STATUSES = {"admins": "Administrators", "disabled": "Disabled"}

pages.DONE.update(
    user_disabled="The user is disabled, and all their apps are disconnected.",
    user_enabled="The user is enabled. They have to sign in and connect apps again.",
    user_revoked="The user is signed out everywhere, and all their apps are disconnected.",
    grant_ended="The app is disconnected from this user’s account.",
    user_is_no_admin="This user is no longer an administrator.",
)


def find_users(request: Request, before: str | None, rows: int) -> list[Any]:
    """The users who match the filter."""
    query = request.query
    status = query.get("status") if query.get("status") in STATUSES else None
    with reading(request.server.database) as db:
        if text := query.text("q"):
            return list(sql.admin.search_users(db, text=text, status=status, before=before, rows=rows))
        return list(sql.admin.users(db, status=status, before=before, rows=rows))


def show_users(request: Request) -> HTTPResponse:
    users, more = paged(request, find_users(request, request.query.get("before") or None, ROWS + 1), ROWS, "user_id")
    return render(
        "admin/users",
        request,
        form=request.query,
        users=users,
        more=more,
        statuses=[("", "All"), *STATUSES.items()],
        file=address(request, "/admin/users.csv", without="before"),
    )


def download(request: Request) -> HTTPResponse:
    return lists.download(request, "users", COLUMNS, lists.parts(lambda *at: find_users(request, *at), "user_id"))


def show_user(request: Request) -> HTTPResponse:
    user = request.person
    with reading(request.server.database) as db:
        grants = sql.admin.grants_of_user(db, user_id=user.user_id, rows=ROWS)
        apps = sql.admin.clients_of_user(db, user_id=user.user_id, rows=ROWS)
        sign_ins = sql.audit.sign_ins(db, user_id=user.user_id, rows=SIGN_INS)
        revocation = sql.revocations.of_user(db, user_id=user.user_id)
    return render(
        "admin/user",
        request,
        user=user,
        revocation=revocation,
        grants=grants,
        apps=apps,
        all_apps="/admin/apps?" + urlencode({"q": user.email}),
        sign_ins=list(map(event_line, sign_ins)),
        events=recent_events(request, user_id=user.user_id),
    )


disable = decides(revocations.disable_user, "user_disabled")
enable = decides(revocations.enable_user, "user_enabled")
revoke = decides(revocations.revoke_user, "user_revoked")
remove_admin = decides(administrators.remove_admin, "user_is_no_admin")


def disabling(request: Request) -> SureQuestion:
    user = request.person
    administrators.check_not_last(request.server, user)
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


def end_grant(request: Request) -> HTTPResponse:
    """Disconnect one app from this user, and return to the app's page if the button was there."""
    user, grant_id, app = request.person, request.url["grant_id"], request.form.get("app")
    by, needs = request.actor, Role.ADMINISTRATOR
    in_force = revocations.revoke_grant(request.server, grant_id, user.user_id, "administrator", by=by, needs=needs)
    back = f"/admin/apps/{app}/users" if is_client_id(app) else page_of(user)
    return changed(back, "grant_ended", in_force)


def make_admin(request: Request) -> HTTPResponse:
    """Show the page with the link, this once; the user becomes an administrator by using it."""
    address = administrators.invite(request.server, request.person.user_id, by=request.actor)
    return render(
        "admin/link", request, no_referrer=True, user=request.person, address=address, purpose="administrator"
    )


def reset(request: Request) -> HTTPResponse:
    address = password_reset.make_link(request.server, request.person.user_id, by=request.actor)
    return render("admin/link", request, no_referrer=True, user=request.person, address=address, purpose="password")


def page_of(user: Any) -> str:
    return f"/admin/users/{user.user_id}"
