"""/developer/apps: all apps that the user develops, one of them at a glance, its users, and its deletion."""

from datetime import UTC, datetime
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog, names, revocations
from oauthsrv.flows.clients import fields
from oauthsrv.flows.clients.limits import lifetimes_text, share_text
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.oauth.grant_types import has_users
from oauthsrv.pages import number, redirect, render
from oauthsrv.pages.charts import Sparkline, sparkline
from oauthsrv.pages.events import EventLine, developer_line, end_reason
from oauthsrv.routes.developer.app_types import APP_TYPES
from oauthsrv.routes.developer.usage import DAY, beginnings, counts
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.pager import paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import may_manage
from oauthsrv.store.database import reading, sql

ROWS = 50
EVENTS = 5

pages.DONE.update(
    app_tokens_ended="All tokens of the app were revoked. Each user has to connect it again.",
    app_deleted="The app was deleted, and all its tokens were revoked.",
)


def start(request: Request) -> HTTPResponse:
    return redirect("/developer/apps")


def show_apps(request: Request) -> HTTPResponse:
    now = datetime.now(UTC)
    with reading(request.server.database) as db:
        before = request.query.get("before") or None
        found = sql.developer.clients(db, user_id=request.user.user_id, before=before, rows=ROWS + 1)
        apps, more = paged(request, found, ROWS, "client_id")
        hours = sql.usage.by_hour(db, client_ids=[app.client_id for app in apps], since=beginnings(DAY, now)[0])
    return render(
        "developer/apps",
        request,
        apps=apps,
        calls={app.client_id: day_of([row for row in hours if row.client_id == app.client_id], now) for app in apps},
        types=APP_TYPES,
        more=more,
    )


def day_of(hours: list[Any], now: datetime) -> tuple[int, Sparkline]:
    """Calls of the last day, and a sparkline of them."""
    calls = [count.good for count in counts(hours, DAY, now)]
    return sum(calls), sparkline(f"Calls in each of the last 24 hours, at most {max(calls):,} in one", calls, width=48)


def show_app(request: Request) -> HTTPResponse:
    app, user_id = request.app, request.user.user_id
    with reading(request.server.database) as db:
        usage = sql.usage.of_last_day(db, client_id=app.client_id)
        events = event_lines(request, db, sql.audit.of_client(db, client_id=app.client_id, before=None, rows=EVENTS))
        is_new = not sql.developer.was_ever_allowed(db, client_id=app.client_id)
    return render(
        "developer/app",
        request,
        app=app,
        has_users=has_users(app.grant_types),
        share=share_text(app),
        lifetimes=lifetimes_text(app),
        usage=usage,
        is_new=is_new,
        is_foreign=may_manage(request) and app.owner_id != user_id,
        events=events,
        scopes=catalog.with_details(request.server, app.scopes),
        issuer=request.server.settings.issuer,
    )


def show_events(request: Request) -> HTTPResponse:
    """Show everything that happened to the app; the overview shows the latest."""
    app = request.app
    with reading(request.server.database) as db:
        before = row_number(request)
        found = sql.audit.of_client(db, client_id=app.client_id, before=before, rows=ROWS + 1)
        events, more = paged(request, found, ROWS, "event_id")
        lines = event_lines(request, db, events)
    return render("developer/events", request, app=app, events=lines, more=more)


def event_lines(request: Request, db: Any, events: list[Any]) -> list[EventLine]:
    app = request.app
    member_ids = {member.user_id for member in sql.team.members(db, client_id=app.client_id)}
    return [developer_line(event, request.user.user_id, app, member_ids) for event in events]


def show_users(request: Request) -> HTTPResponse:
    """Show how many use the app, and why connections ended; no user is named."""
    app = request.app
    with reading(request.server.database) as db:
        users = sql.developer.users(db, client_id=app.client_id)
        ended = sql.developer.ended_connections(db, client_id=app.client_id)
    return render(
        "developer/users",
        request,
        app=app,
        has_users=has_users(app.grant_types),
        users=users,
        ended=[(end_reason(row.end_reason), row.number) for row in ended],
        may_end=may_manage(request),
    )


# The danger zone


def show_danger(request: Request) -> HTTPResponse:
    return render("developer/danger", request, app=request.app, may_end=may_manage(request))


def revoking(request: Request) -> SureQuestion:
    app = request.app
    users = "the connected user has" if app.users == 1 else f"all {number(app.users)} connected users have"
    again = f", and {users} to connect again" if app.users else ""
    return SureQuestion(
        f"Revoke all tokens of {app.name}?",
        [
            f"Every code and token of this app is revoked immediately{again}. You can’t undo this. "
            "The client ID and the secrets keep working."
        ],
        button="Revoke all tokens",
        back=f"/developer/apps/{app.client_id}/users",
    )


def end_tokens(request: Request) -> HTTPResponse:
    client_id = request.app.client_id
    in_force = revocations.revoke_client_tokens(request.server, client_id, by=request.actor)
    return changed(f"/developer/apps/{client_id}/users", "app_tokens_ended", in_force)


def delete_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("developer/delete", request, http_status=status, app=request.app, form=form)


def delete(request: Request) -> HTTPResponse:
    app = request.app
    if names.one_line(request.form.get("name"), fields.NAME_MAX) != app.name:
        raise FieldsRefused({"name": [f"Type the name of the app exactly: {app.name}"]})
    in_force = revocations.delete_client(request.server, app.client_id, by=request.actor)
    is_own = app.owner_id == request.user.user_id
    return changed("/developer/apps" if is_own else "/admin/apps", "app_deleted", in_force)
