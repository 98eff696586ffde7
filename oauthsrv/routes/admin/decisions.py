"""/admin/apps/<client_id>/…: approving, verifying, suspending, limiting an app, ending its tokens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import revocations
from oauthsrv.flows.clients import changes, review
from oauthsrv.flows.clients.limits import Limits, are_raised, check_limits, limits_of, set_limits
from oauthsrv.flows.names import Problems
from oauthsrv.flows.refusals import Changed, NotAllowed, NotDone, NotFound, fingerprint, version
from oauthsrv.pages import PageError, render
from oauthsrv.routes.admin.apps import find, no_such_app
from oauthsrv.routes.admin.review import find_change
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.conflicts import overtaken
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    client_suspended="The app is suspended: nothing of it works until you reactivate it.",
    client_reactivated="The app is reactivated: all of it works again.",
    client_approved="The app is approved: everybody can connect it.",
    client_declined="The app is declined: it is suspended, and its developers read your reason.",
    client_verified="The app is verified: users are told so when it asks them.",
    client_unverified="The app is not verified any more.",
    client_limited="The limits were changed.",
    change_approved="The changes are approved and in force.",
    change_rejected="The changes were rejected. The developers see your reason.",
    client_tokens_ended="Every token of the app was ended.",
)

REVIEW_LINK = ("/admin/review", "Back to the review queue")
REVIEW = "review"  # where the page came from that asked


# Approving and verifying


def approve(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, app = form(), find(server, client_id)
    return change(
        server, visitor, app, partial(review.approve, seen=typed.get("seen")), "client_approved",
        after="/admin/review" if is_from_review(typed) else None,
    )  # fmt: skip


def ask_verify(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = find(server, client_id)
    return render("admin/verify", visitor, app=app, seen=version(app))


def verify(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    seen = form().get("seen")
    return change(server, visitor, find(server, client_id), partial(review.verify, seen=seen), "client_verified")


def take_back_verification(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, find(server, client_id), review.remove_verification, "client_unverified")


# What developers added to an approved app


def approve_change(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    perform = partial(changes.approve_change, seen=form().get("seen"))
    return change(server, visitor, find(server, client_id), perform, "change_approved", after="/admin/review")


def ask_reject_change(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return reject_page(server, visitor, find(server, client_id).client_id, Form())


def reject_page(server: Server, visitor: Visitor, client_id: str, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        waiting = find_change(db, client_id)
    if waiting is None:
        raise PageError(409, "Nothing to decide", "These changes were decided or withdrawn.", link=REVIEW_LINK)
    return render(
        "admin/reject_change",
        visitor,
        http_status=http_status,
        app=waiting.app,
        changes=waiting.changes,
        form=typed,
        seen=typed.get("seen") or waiting.seen,
    )


def reject_change(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, app = form(), find(server, client_id)
    reason = review.check_reason(typed.get("reason"), is_needed=True)
    if isinstance(reason, Problems):
        typed.refuse_all(reason)
        return reject_page(server, visitor, client_id, typed, 422)
    perform = partial(changes.reject_change, seen=typed.get("seen"), reason=reason)
    return change(server, visitor, app, perform, "change_rejected", after="/admin/review")


# Suspending, which is also how an app that waits is declined


def ask_suspend(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return show_suspend(visitor, find(server, client_id), query())


def show_suspend(visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "admin/suspend", visitor, http_status=http_status, app=app, form=typed, declines=is_from_review(typed)
    )


def suspend(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, app = form(), find(server, client_id)
    declines = is_from_review(typed)
    reason = review.check_reason(typed.get("reason"), is_needed=declines)
    if isinstance(reason, Problems):
        typed.refuse_all(reason)
        return show_suspend(visitor, app, typed, 422)
    return change(
        server, visitor, app, partial(review.suspend_client, reason=reason),
        "client_declined" if declines else "client_suspended",
        after="/admin/review" if declines else None,
    )  # fmt: skip


def reactivate(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, find(server, client_id), review.reactivate_client, "client_reactivated")


def ask_end_tokens(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("admin/end_tokens", visitor, app=find(server, client_id))


def end_tokens(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, find(server, client_id), revocations.revoke_client_tokens, "client_tokens_ended")


# Limits


def show_limits(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = find(server, client_id)
    return limits_page(visitor, app, filled(app))


def limits_page(visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render("admin/limits", visitor, http_status=http_status, app=app, form=typed)


def filled(app: Any) -> Form:
    limits = Form.of(
        limit=str(app.rate_limit_per_hour),
        share=str(app.grant_share_percent or ""),
        token_limit=str(app.token_limit_per_minute),
    )
    return limits.showing(fingerprint(limits_of(app)._asdict()))


def typed_limits(typed: Form, app: Any) -> Limits | Problems:
    return check_limits(
        typed.text("limit"), typed.text("share"), typed.get("token_limit", str(app.token_limit_per_minute)).strip()
    )


def raises_a_limit(server: Server, visitor: Visitor, typed: Form, client_id: str) -> bool:
    app = find(server, client_id)
    limits = typed_limits(typed, app)
    return isinstance(limits, Limits) and are_raised(limits_of(app), limits)


def limit(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, app = form(), find(server, client_id)
    limits = typed_limits(typed, app)
    if isinstance(limits, Problems):
        typed.refuse_all(limits)
        return limits_page(visitor, app, typed, 422)
    try:
        perform = partial(set_limits, limits=limits, seen=typed.get("shown"))
        return change(server, visitor, app, perform, "client_limited")
    except Changed:
        app = find(server, client_id)
        return limits_page(visitor, app, overtaken(typed, filled(app)), 409)


def is_from_review(typed: Form) -> bool:
    return typed.get("from") == REVIEW


def change(
    server: Server,
    visitor: Visitor,
    app: Any,
    perform: Callable[..., bool],
    done: str,
    *,
    after: str | None = None,
) -> HTTPResponse:
    page = f"/admin/apps/{app.client_id}"
    try:
        in_force = perform(server, app.client_id, by=actor(visitor))
    except (NotFound, NotAllowed):
        raise no_such_app() from None
    except NotDone as reason:
        raise PageError(409, "Not decided", str(reason), link=(page, "Back to the app")) from None
    return changed(after or page, done, in_force)
