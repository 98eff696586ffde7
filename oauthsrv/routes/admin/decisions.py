"""/admin/apps/<client_id>/…: approving, verifying, suspending, limiting an app, ending its tokens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import revocations
from oauthsrv.flows.clients import changes, review
from oauthsrv.flows.clients.limits import Limits, are_raised, check_limits, limits_of, set_limits
from oauthsrv.flows.refusals import FieldsRefused, fingerprint
from oauthsrv.pages import PageError, number, render
from oauthsrv.routes.admin.review import find_change
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import find_app, refusals_as_page
from oauthsrv.store.database import reading

pages.DONE.update(
    client_suspended="The app is suspended until you reactivate it.",
    client_reactivated="The app is reactivated and works again.",
    client_approved="The app is approved: anyone can connect it.",
    client_declined="The app is rejected: it is suspended, and its developers see your reason.",
    client_verified="The app is verified. Users see this when it requests access.",
    client_unverified="The app is no longer verified.",
    client_limited="The limits were changed.",
    change_approved="The changes are approved and in force.",
    change_rejected="The changes were rejected. The developers see your reason.",
    client_tokens_ended="All tokens of the app were revoked.",
)

REVIEW_LINK = ("/admin/review", "Back to the review queue")
REVIEW = "review"  # the page that led here


# Approving and verifying


def approve(request: Request) -> HTTPResponse:
    typed, app = request.form, request.app
    return change(
        request, app, partial(review.approve, seen=typed.get("seen")), "client_approved",
        after="/admin/review" if is_from_review(typed) else None,
    )  # fmt: skip


def verifying(request: Request) -> SureQuestion:
    app = request.app
    return SureQuestion(
        f"Verify {app.name}?",
        [
            "When this app requests access, users see that you have verified its developer.",
            f"Check that the name, the logo, the home page ({app.home_page or 'none'}) and the redirect URIs "
            f"({', '.join(app.redirect_uris)}) belong to {app.owner_name} ({app.owner_email}).",
            "A new name, home page, logo, redirect host, scope or owner removes the verification, and so does turning "
            "PKCE off.",
        ],
        button="Verify the app",
        back=page_of(app),
        kind="primary",
    )


def verify(request: Request) -> HTTPResponse:
    seen = request.form.get("seen")
    return change(request, request.app, partial(review.verify, seen=seen), "client_verified")


def take_back_verification(request: Request) -> HTTPResponse:
    return change(request, request.app, review.remove_verification, "client_unverified")


# What developers added to an approved app


def approve_change(request: Request) -> HTTPResponse:
    perform = partial(changes.approve_change, seen=request.form.get("seen"))
    return change(request, request.app, perform, "change_approved", after="/admin/review")


def ask_reject_change(request: Request) -> HTTPResponse:
    return reject_page(request, Form())


def reject_page(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        waiting = find_change(db, request.app.client_id)
    if waiting is None:
        raise PageError(409, "Nothing to decide", "These changes were decided or withdrawn.", link=REVIEW_LINK)
    return render(
        "admin/reject_change",
        request,
        http_status=http_status,
        app=waiting.app,
        changes=waiting.changes,
        form=typed,
        seen=typed.get("seen") or waiting.seen,
    )


def reject_change(request: Request) -> HTTPResponse:
    typed, app = request.form, request.app
    reason = review.check_reason(typed.get("reason"), is_needed=True)
    perform = partial(changes.reject_change, seen=typed.get("seen"), reason=reason)
    return change(request, app, perform, "change_rejected", after="/admin/review")


# Suspending, which is also how an app that waits is declined


def ask_suspend(request: Request) -> HTTPResponse:
    return show_suspend(request, request.query)


def show_suspend(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "admin/suspend", request, http_status=http_status, app=request.app, form=typed, declines=is_from_review(typed)
    )


def suspend(request: Request) -> HTTPResponse:
    typed, app = request.form, request.app
    declines = is_from_review(typed)
    reason = review.check_reason(typed.get("reason"), is_needed=declines)
    return change(
        request, app, partial(review.suspend_client, reason=reason),
        "client_declined" if declines else "client_suspended",
        after="/admin/review" if declines else None,
    )  # fmt: skip


def reactivate(request: Request) -> HTTPResponse:
    return change(request, request.app, review.reactivate_client, "client_reactivated")


def revoking_tokens(request: Request) -> SureQuestion:
    app = request.app
    return SureQuestion(
        f"Revoke all tokens of {app.name}?",
        [
            f"Every code and token of this app is revoked immediately, for every user ({number(app.users)} connected "
            "now). You can’t undo this: each user has to connect the app again.",
            "To stop the app for a while, suspend it instead: its tokens then work again later.",
        ],
        button="Revoke all tokens",
        back=page_of(app),
    )


def end_tokens(request: Request) -> HTTPResponse:
    return change(request, request.app, revocations.revoke_client_tokens, "client_tokens_ended")


# Limits


def show_limits(request: Request) -> HTTPResponse:
    app = request.app
    return limits_page(request, filled(app))


def limits_page(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render("admin/limits", request, http_status=http_status, app=request.app, form=typed)


def current_form(request: Request) -> Form:
    request.app = find_app(request)
    return filled(request.app)


def filled(app: Any) -> Form:
    limits = Form.of(
        limit=str(app.calls_per_hour),
        share=str(app.grant_share_percent or ""),
        token_limit=str(app.token_requests_per_minute),
    )
    return limits.showing(fingerprint(limits_of(app)._asdict()))


def typed_limits(typed: Form, app: Any) -> Limits:
    return check_limits(
        typed.text("limit"), typed.text("share"), typed.get("token_limit", str(app.token_requests_per_minute)).strip()
    )


def raises_a_limit(request: Request) -> bool:
    app = request.app
    try:
        return are_raised(limits_of(app), typed_limits(request.form, app))
    except FieldsRefused:
        return False  # the form is shown again


def limit(request: Request) -> HTTPResponse:
    typed, app = request.form, request.app
    perform = partial(set_limits, limits=typed_limits(typed, app), seen=typed.get("shown"))
    return change(request, app, perform, "client_limited")


def is_from_review(typed: Form) -> bool:
    return typed.get("from") == REVIEW


def change(
    request: Request, app: Any, perform: Callable[..., bool], done: str, *, after: str | None = None
) -> HTTPResponse:
    with refusals_as_page("Not decided", (page_of(app), "Back to the app")):
        in_force = perform(request.server, app.client_id, by=request.actor)
    return changed(after or page_of(app), done, in_force)


def page_of(app: Any) -> str:
    return f"/admin/apps/{app.client_id}"
