"""/admin/apps/<client_id>: everything about one app, and an administrator's decisions about it."""

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog, revocations
from oauthsrv.flows.clients import changes, reports, review
from oauthsrv.flows.clients.limits import (
    Limits,
    are_raised,
    check_limits,
    lifetimes_text,
    limits_of,
    set_limits,
    share_text,
)
from oauthsrv.flows.refusals import fingerprint, version
from oauthsrv.pages import PageError, number, render
from oauthsrv.routes.admin.deciding import decide, decides
from oauthsrv.routes.admin.log import recent_events
from oauthsrv.routes.admin.review import QUEUE, find_change, next_in_queue
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import load
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow

USERS = 10  # on an app's page
REPORTS = 20
LIMIT_FIELDS = ("limit", "share", "token_limit", "access_ttl", "refresh_ttl")  # of the form, in the order of Limits

pages.DONE.update(
    client_suspended="The app is suspended until you reactivate it.",
    client_reactivated="The app is no longer suspended.",
    client_approved="The app is approved: anyone can connect it.",
    client_declined="The app is rejected: it is suspended, and its developers see your reason.",
    client_verified="The app is verified. Users see this when it requests access.",
    client_unverified="The app is no longer verified.",
    client_limited="The limits were changed.",
    change_approved="The changes are approved and in force.",
    change_rejected="The changes were rejected. The developers see your reason.",
    client_tokens_ended="All tokens of the app were revoked.",
)


def show_app(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        usage = sql.usage.of_last_day(db, client_id=app.client_id)
        members = sql.team.members(db, client_id=app.client_id)
        itself = sql.admin.self_registered(db, client_id=app.client_id)
        grants = sql.admin.users_of_client(db, client_id=app.client_id, before=None, rows=USERS)
        reported = sql.reports.of_client(db, client_id=app.client_id, rows=REPORTS)
    return render(
        "admin/app",
        request,
        app=app,
        share=share_text(app),
        lifetimes=lifetimes_text(app),
        seen=version(app),
        usage=usage,
        members=members,
        itself=itself,
        grants=grants,
        reported=reported,
        reasons=reports.REASONS,
        events=recent_events(request, client_ids=[app.client_id]),
        scopes=catalog.with_details(request.server, app.scopes),
    )


# Decisions


approve_change = decides(changes.approve_change, "change_approved", after=QUEUE, sees=True)
verify = decides(review.verify, "client_verified", sees=True)
remove_verification = decides(review.remove_verification, "client_unverified")
reactivate = decides(review.reactivate_client, "client_reactivated")
end_tokens = decides(revocations.revoke_client_tokens, "client_tokens_ended")


def page_of(app: AppRow) -> str:
    return f"/admin/apps/{app.client_id}"


def approve(request: Request) -> HTTPResponse:
    form = request.form
    after = QUEUE if is_from_review(form) else ""
    if form.get("from") == "next":
        after = next_in_queue(request, request.app.client_id)
    return decide(request, review.approve, "client_approved", after=after, seen=form.get("seen"))


def verifying(request: Request) -> SureQuestion:
    app = request.app
    return SureQuestion(
        f"Verify {app.name}?",
        [
            "When this app requests access, users see that you have verified its developer.",
            f"Check that the name, the logo, the home page ({app.home_page or 'none'}) and the redirect URIs "
            f"({', '.join(app.redirect_uris)}) belong to {maker_of(app)}.",
            "A new name, home page, logo, redirect host, scope, way to get tokens or owner removes the verification, "
            "and so does turning PKCE off.",
        ],
        button="Verify the app",
        back=page_of(app),
        kind="primary",
    )


def maker_of(app: AppRow) -> str:
    if app.owner_id is None:
        return f"whoever runs {app.registered_from}, from where it registered itself"
    return f"{app.owner_name} ({app.owner_email})"


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


# Additions to an approved app


def reject_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        waiting = find_change(db, request.app.client_id)
    if waiting is None:
        link = (QUEUE, "Back to the review queue")
        raise PageError(409, "Nothing to decide", "These changes were decided or withdrawn.", link=link)
    seen = form.get("seen") or waiting.seen
    return render("admin/reject_change", request, http_status=status, waiting=waiting, form=form, seen=seen)


def reject_change(request: Request) -> HTTPResponse:
    form = request.form
    reason = review.check_reason(form.get("reason"), is_needed=True)
    return decide(request, changes.reject_change, "change_rejected", after=QUEUE, seen=form.get("seen"), reason=reason)


# Suspending, which is also how an app that waits for approval is rejected


def suspend_form(request: Request) -> Form:
    return Form.of(**{"from": request.query.get("from")})


def suspend_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    rejects = is_from_review(form)
    return render("admin/suspend", request, http_status=status, app=request.app, form=form, rejects=rejects)


def suspend(request: Request) -> HTTPResponse:
    rejects = is_from_review(request.form)
    reason = review.check_reason(request.form.get("reason"), is_needed=rejects)
    done, after = ("client_declined", QUEUE) if rejects else ("client_suspended", "")
    return decide(request, review.suspend_client, done, after=after, reason=reason)


def is_from_review(form: Form) -> bool:
    return form.get("from") == "review"


# Limits


def limits_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    settings = request.server.settings
    return render("admin/limits", request, http_status=status, app=request.app, form=form, settings=settings)


def current_limits(request: Request) -> Form:
    return filled(load(request))


def filled(app: AppRow) -> Form:
    limits = limits_of(app)
    values = dict(zip(LIMIT_FIELDS, limits, strict=True))
    form = Form.of(**{name: "" if value is None else str(value) for name, value in values.items()})
    return form.showing(fingerprint(limits._asdict()))


def typed_limits(request: Request) -> Limits:
    """The limits in the form; those not sent stay as they are."""
    form, saved = request.form, filled(request.app)
    typed = (form.get(name, saved.get(name)).strip() for name in LIMIT_FIELDS)
    return check_limits(request.server, *typed)


def raises_a_limit(request: Request) -> bool:
    return are_raised(limits_of(request.app), typed_limits(request))


def limit(request: Request) -> HTTPResponse:
    limits, shown = typed_limits(request), request.form.get("shown")
    return decide(request, set_limits, "client_limited", limits=limits, seen=shown)
