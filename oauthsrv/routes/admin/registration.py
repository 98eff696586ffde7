"""/admin/registration: apps that register themselves, by host; initial access tokens; listed redirect URIs."""

import re
from dataclasses import asdict

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import listed_uris, registration_tokens, removal
from oauthsrv.flows.clients.hosts import blockable
from oauthsrv.flows.clients.listed_uris import ListedUris
from oauthsrv.flows.clients.registration_tokens import NewToken
from oauthsrv.flows.fields import check, fill, read
from oauthsrv.flows.refusals import NotFound, fingerprint
from oauthsrv.pages import number, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.pager import paged
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

PATH = "/admin/registration"
TOKENS = 20
HOSTS = 100
DEFAULT_DAYS = "30"

pages.DONE.update(
    registration_ended="The token was revoked: no more apps can register with it. Those that did stay registered.",
    listed_uris_changed="The list was changed.",
    host_removed="All self-registered apps of the host were deleted, and their tokens were revoked.",
)


def show_registration(request: Request) -> HTTPResponse:
    text, before = request.query.text("q"), request.query.get("before")
    with reading(request.server.database) as db:
        hosts = sql.admin.hosts(db, text=text, rows=HOSTS)
        last = int(before) if is_number(before) else None
        found = sql.registration_tokens.every(db, before=last, rows=TOKENS + 1)
    tokens, more = paged(request, found, TOKENS, "token_id")
    return render(
        "admin/registration",
        request,
        mode=request.server.settings.registration,
        form=request.query,
        hosts=hosts,
        blockable=blockable,
        most=HOSTS,
        tokens=tokens,
        more=more,
        uris=sorted(listed_uris.all_of(request.server)),
    )


def is_number(text: str) -> bool:
    return re.fullmatch("[0-9]{1,18}", text) is not None


# Initial access tokens


def empty_form(request: Request) -> Form:
    return Form.of(days=DEFAULT_DAYS)


def token_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("admin/registration_token", request, http_status=status, form=form)


def add_token(request: Request) -> HTTPResponse:
    new = check(NewToken, read(NewToken, request.form))
    text = registration_tokens.add(request.server, new, by=request.actor)
    issuer = request.server.settings.issuer
    return render("admin/registration_token_made", request, no_referrer=True, token=new, text=text, issuer=issuer)


def revoke_token(request: Request) -> HTTPResponse:
    token_id = request.url["token_id"]
    if not is_number(token_id):
        raise NotFound(token_id)
    registration_tokens.revoke(request.server, int(token_id), by=request.actor)
    return redirect(PATH, done="registration_ended")


# Redirect URIs whose scheme has no dot


def current_uris(request: Request) -> Form:
    current = listed_uris.current(request.server)
    return Form.of(**fill(current)).showing(fingerprint(asdict(current)))


def uris_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("admin/listed_uris", request, http_status=status, form=form)


def adds_uris(request: Request) -> bool:
    typed = read(ListedUris, request.form)["uris"]
    return not set(filter(None, typed)) <= listed_uris.all_of(request.server)


def change_uris(request: Request) -> HTTPResponse:
    new = check(ListedUris, read(ListedUris, request.form))
    listed_uris.change(request.server, new, by=request.actor, seen=request.form.get("shown"))
    return redirect(PATH, done="listed_uris_changed")


# All apps of a host


def removing_host(request: Request) -> SureQuestion:
    host = request.form.get("host")
    with reading(request.server.database) as db:
        found = sql.admin.host(db, host=host)
    return SureQuestion(
        f"Delete all self-registered apps of {host}?",
        [
            f"Apps: {number(found.clients)}. Apps that users ever connected: {number(found.used)}. All their tokens "
            "are revoked immediately, and you can’t undo this. An app that also has other hosts is deleted too; apps "
            "of developers aren’t affected.",
            f"These apps can register again, and users can connect them again. {prevention(host)}",
        ],
        button="Delete them all",
        back=PATH,
    )


def prevention(host: str) -> str:
    if blockable(host):
        return "To prevent that, block the host first."
    return "This host can’t be blocked, because every app on people’s own devices returns there."


def remove_host(request: Request) -> HTTPResponse:
    in_force = removal.remove_host(request.server, request.form.get("host"), by=request.actor)
    return changed(PATH, "host_removed", in_force)
