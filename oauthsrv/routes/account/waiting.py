"""/account/waiting: what waits for a person, and what to do about it: one row per kind (sql/queries/waiting.sql)."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.pages import redirect, render
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

pages.DONE.update(reuse_seen="Marked as seen. You can still find it in the events of each app.")


class WaitingKind(NamedTuple):
    """Texts for one kind; {name} and {client_id} are the app's, {number} says how many there are."""

    icon: str
    title: str
    text: str
    label: str = ""  # of the link to `path`
    path: str = ""


KINDS = {
    "transfer": WaitingKind(
        "key",
        "{name} is offered to you",
        "Its owner wants to transfer it to you. Nothing changes until you accept.",
        "Accept or decline",
        "/developer/transfers/{client_id}",
    ),
    "suspended": WaitingKind(
        "warning",
        "{name} is suspended",
        "Nobody can connect it, and its tokens are refused. Read why, fix the problem, and ask an administrator to "
        "reactivate it.",
        "Read why",
        "/developer/apps/{client_id}",
    ),
    "rejected": WaitingKind(
        "cross",
        "Changes to {name} were rejected",
        "The administrator gave a reason. Propose something else, or dismiss the changes.",
        "Read the reason",
        "/developer/apps/{client_id}/edit",
    ),
    "reused": WaitingKind(
        "sync",
        "{name}: tokens were reused",
        "Connections revoked for that in the last week: {number}. Someone may have a copy of its tokens, or the app "
        "sends old ones.",
        "See what happened",
        "/developer/apps/{client_id}/activity",
    ),
    "invitation": WaitingKind(
        "mail",
        "You’re invited to join a team",
        "Open the link you were sent. We can’t show more here, because nobody has checked that this email address "
        "is yours.",
    ),
    "administrator": WaitingKind(
        "shield",
        "You’re invited to become an administrator",
        "Open the link that an administrator gave you.",
    ),
    "review": WaitingKind(
        "eye", "Apps to review: {number}", "Only their developers can use them until then.", "Review", "/admin/review"
    ),
    "changes": WaitingKind(
        "pencil",
        "Changes to review: {number}",
        "These apps work as before until then.",
        "Review",
        "/admin/review#changes",
    ),
    "reports": WaitingKind(
        "warning",
        "Reports about apps: {number}",
        "People, or the server itself, reported these apps.",
        "View reports",
        "/admin/reports",
    ),
}


class WaitingItem(NamedTuple):
    kind: WaitingKind
    at: datetime


def show_waiting(request: Request) -> HTTPResponse:
    found = request.waiting
    reused = [row.at for row in found if row.kind == "reused"]
    return render(
        "account/waiting",
        request,
        items=[item(row) for row in found],
        reuse_until=max(reused).isoformat() if reused else "",
    )


def item(row: Any) -> WaitingItem:
    values = {"name": row.name, "client_id": row.client_id, "number": row.number}
    return WaitingItem(WaitingKind(*(text.format(**values) for text in KINDS[row.kind])), row.at)


def mark_reuse_seen(request: Request) -> HTTPResponse:
    """Mark as seen what the page showed; later reuse stays on the page."""
    try:
        seen_at = datetime.fromisoformat(request.form.get("until")).astimezone(UTC)
    except (ValueError, OverflowError):
        return redirect("/account/waiting")
    with reading(request.server.database) as db:
        sql.users.mark_reuse_seen(db, user_id=request.user.user_id, seen_at=seen_at)
    return redirect("/account/waiting", done="reuse_seen")
