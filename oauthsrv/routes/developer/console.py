"""/developer/apps/<client_id>/try: the console, where a developer walks through the whole protocol with an app.

For the protocol, the console is an app like any other: its redirect URI is registered, its requests pass all guards.
Its state travels with the browser, sealed under the secret in its cookie, and none of it is stored here (rule 1).
"""

import re
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson
from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import changes
from oauthsrv.flows.clients.fields import CONSOLE_CALLBACK
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import is_code
from oauthsrv.oauth.parameters import encode
from oauthsrv.oauth.pkce import challenge_of
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.oauth.redirect_uris import matches
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.pages import PageError, render
from oauthsrv.routes.developer.console_steps import REPEATED, STEPS
from oauthsrv.routes.forms import FORM_TYPE, Form
from oauthsrv.routes.itself import OwnRequest, send
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import team_app

LIFETIME = 3600  # seconds for each step
MOST_EXCHANGES = 10  # kept, as the form that carries them has a size limit
UNFORESEEN = "This step expected another response. The app’s activity page may say more."

# Tokens of one app differ at the end: they begin alike, and a refresh token begins with its handle.
OURS = re.compile(r"\b((?:oat|ort|oac|sec)_)[A-Za-z0-9._~-]*([A-Za-z0-9._~-]{4})")
# All other headers are the same in every response.
HEADERS = re.compile(
    r"content-type|cache-control|location|www-authenticate|retry-after|ratelimit(-policy)?|x-oauth-.+", re.IGNORECASE
)

pages.DONE.update(app_try_ready="The console’s redirect URI was added. Remove it when your app goes live.")


@dataclass(frozen=True)
class Exchange:
    """A request and its response as pages show them, without any secret in full."""

    step: str
    request: str
    status: str
    response: str
    advice: str  # what an unexpected response means


@dataclass(repr=False)
class Walk:
    """A developer's progress. Its initial state, sealed, is the `state` of the authorization request.

    Its text fields fill the placeholders of the steps.
    """

    client_id: str
    public_client_id: str  # empty if the app is confidential: then it authenticates with its secret
    redirect_uri: str
    scope: str
    prompt: str
    code_verifier: str
    state: str = ""
    code: str = ""
    client_secret: str = ""
    access_token: str = ""
    refresh_token: str = ""
    done: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def sealed(self, browser: str, bound_to: str = "") -> str:
        payload = orjson.dumps([int(time.time()), self])
        return base64url.encode(seal(browser, bound_to, payload, PURPOSE))

    def basic(self) -> str:
        return b64encode(f"{self.client_id}:{quote(self.client_secret, safe='')}".encode()).decode()

    def request_of(self, step: str) -> OwnRequest:
        texts = vars(self) | {"code_challenge": challenge_of(self.code_verifier)}
        known = {name: quote(value, safe="") for name, value in texts.items() if isinstance(value, str)}
        return STEPS[step].filled(known | {"basic": "" if self.public_client_id else f"Basic {self.basic()}"})

    def shown(self, text: str) -> str:
        """Shorten every secret, ours as in `oat_…1a2b`."""
        # A mistyped client secret may be a password, so not even its end is shown.
        secret = self.client_secret if OURS.fullmatch(self.client_secret) else "…"
        text = text.replace(self.basic(), f"base64({self.client_id}:{secret})")
        for other in filter(None, (self.state, self.code_verifier)):
            text = text.replace(other, f"…{other[-4:]}")
        return OURS.sub(r"\1…\2", text)

    def add(self, step: str, sent: str, response: HTTPResponse, content: Mapping[str, str], is_good: bool) -> None:
        """Keep what pages show, and what the next steps need of the response."""
        advice = "" if is_good else content.get("error_description", UNFORESEEN)
        shown = self.shown(sent), response.status_line, self.shown(shown_response(response, content))
        self.exchanges = [*self.exchanges, Exchange(step, *shown, advice)][-MOST_EXCHANGES:]
        if is_good:
            self.done.append(step)
            kept = content.keys() & {"code", "access_token", "refresh_token"}
            vars(self).update((name, content[name]) for name in kept)
        elif content.get("error") == "invalid_client":
            self.client_secret = ""
        elif content.get("error") == "invalid_grant" and step == "token":
            self.code = ""

    def next_step(self) -> str:
        """The next step; empty if all is done, or there is nothing left to continue with."""
        is_open = self.code or self.access_token
        return next((step for step in STEPS if is_open and step not in self.done), "")

    def lacks_secret(self) -> bool:
        return not (self.public_client_id or self.client_secret)


# With the names of the fields, so that what another version of the server sealed is not read.
PURPOSE = " ".join(("oauthsrv console:", *Walk.__annotations__, *Exchange.__annotations__)).encode()


def opened(text: str, browser: str, bound_to: str = "") -> Walk:
    """Unseal a walk. Raises PageError if it belongs to another browser, app or version, or is too old."""
    payload = unseal(browser, bound_to, base64url.decode(text, len(text) * 3 // 4) or b"", PURPOSE)
    if payload is None:
        text = "You started in another browser or with another app, or you have signed in or out since."
        raise start_over(403, "This can’t be continued here", text + " Or the server was updated.", bound_to)
    sealed_at, known = orjson.loads(payload)
    if sealed_at + LIFETIME < time.time():
        text = "The console keeps your test tokens for an hour between steps."
        raise start_over(409, "This has expired", text, bound_to)
    return Walk(**known | {"exchanges": [Exchange(**one) for one in known["exchanges"]]})


def start_over(status: int, title: str, text: str, client_id: str) -> PageError:
    path = f"/developer/apps/{client_id}/try" if client_id else "/developer/apps"
    return PageError(status, title, text, todo="Start over: it takes a minute.", link=(path, "Start over"))


def redirect_uri(request: Request) -> str:
    return request.server.settings.issuer + CONSOLE_CALLBACK


def shown_request(sent: OwnRequest, issuer: str) -> str:
    """A request, line by line as it is sent."""
    address = sent.path if sent.is_form else wrapped(sent.address)
    lines = [f"{sent.method} {address} HTTP/1.1", f"Host: {issuer.partition('://')[2]}"]
    lines += [f"Authorization: {sent.authorization}"] if sent.authorization else []
    lines += [f"Content-Type: {FORM_TYPE}", "", sent.fields.replace("&", "\n&")] if sent.is_form else []
    return "\n".join(lines)


def wrapped(address: str) -> str:
    return address.replace("?", "\n  ?", 1).replace("&", "\n  &")


def shown_response(response: HTTPResponse, content: Mapping[str, str]) -> str:
    headers = [(name, value) for name, value in response.headerlist if HEADERS.fullmatch(name)]
    lines = [f"{name}: {wrapped(value) if name == 'Location' else value}" for name, value in headers]
    body = orjson.dumps(content, option=orjson.OPT_INDENT_2) if content and response.body else response.body
    return "\n".join((f"HTTP/1.1 {response.status_line}", *lines, "", body.decode("utf-8", "replace"))).rstrip()


def show_start(request: Request) -> HTTPResponse:
    app, settings, chosen = request.app, request.server.settings, request.query
    # A request without scope asks for all that the app may ask for, so nothing ticked means everything.
    scopes = [scope for scope in app.scopes if scope in chosen.all("scope")] or list(app.scopes)
    prompt, uri = "consent" if chosen.get("prompt") == "consent" else "", redirect_uri(request)
    named = app.client_id if app.type == "public" else ""
    walk = Walk(app.client_id, named, uri, " ".join(scopes), prompt, code_verifier=secrets.token_urlsafe(32))
    walk.state = walk.sealed(request.browser)
    sent = walk.request_of("authorize")
    waits = settings.app_review and not app.approved and app.owner_id != request.user.user_id
    return render(
        "developer/console",
        request,
        app=app,
        form=Form.of(scope=scopes, prompt=prompt),
        scopes=catalog.with_details(request.server, app.scopes),
        redirect_uri=uri,
        is_open=not (app.suspended or waits),
        registered=matches(app.redirect_uris, uri),
        sent=walk.shown(shown_request(sent, settings.issuer)),
        address=sent.address,
        step=STEPS["authorize"],
        reviewed=settings.app_review,
    )


def add_redirect_uri(request: Request) -> HTTPResponse:
    client_id = request.app.client_id
    in_force = changes.add_redirect_uri(request.server, client_id, redirect_uri(request), by=request.actor)
    return changed(f"/developer/apps/{client_id}/try", "app_try_ready", in_force)


def show_answer(request: Request) -> HTTPResponse:
    """Show the response; a button exchanges the code, so this page may be loaded again."""
    came, issuer = request.query, request.server.settings.issuer
    walk = opened(came.get("state"), request.browser)
    request.app = team_app(request, walk.client_id)
    if came.get("iss") != issuer or not (came.get("error") or is_code(came.get("code"))):
        text = (
            "A response has a code or an error, and its iss is the address of this server. Your app must check that "
            "too, or another server could send it codes."
        )
        raise start_over(400, "This response isn’t from this server", text, walk.client_id)
    walk.state = came.get("state")
    response = HTTPResponse(b"", 303, Location=f"{walk.redirect_uri}?{encode(came.pairs)}")
    sent = shown_request(walk.request_of("authorize"), issuer)
    walk.add("authorize", sent, response, dict(came.pairs), is_good=not came.get("error"))
    return show_walk(request, walk, Form())


def take_step(request: Request) -> HTTPResponse:
    form, client_id, step = request.form, request.app.client_id, request.form.get("step")
    walk = opened(form.get("walk"), request.browser, client_id)
    if step not in list(STEPS)[1:] or not (walk.code if step == "token" else walk.access_token):
        raise start_over(400, "This step isn’t available yet", "It needs the result of an earlier step.", client_id)
    if walk.lacks_secret():
        walk.client_secret = form.text("client_secret")
    sent = walk.request_of(step)
    if sent.authorization.startswith("Basic") and walk.lacks_secret():
        form.refuse("client_secret", "Enter the client secret: a confidential app authenticates with it.")
        return show_walk(request, walk, form, 422)
    response = send(sent, request)
    content = orjson.loads(response.body) if response.body.startswith(b"{") else {}
    is_good = response.status_code == STEPS[step].expected
    walk.add(step, shown_request(sent, request.server.settings.issuer), response, content, is_good)
    if sent.authorization.startswith("Basic") and walk.lacks_secret():
        form.refuse("client_secret", f"This secret was refused. {PROBLEMS['secret_wrong'].fix}")
    return show_walk(request, walk, form)


def show_walk(request: Request, walk: Walk, form: Form, status: int = 200) -> HTTPResponse:
    following = walk.next_step()
    return render(
        "developer/console_step",
        request,
        http_status=status,
        no_referrer=True,
        app=request.app,
        form=form,
        steps=STEPS,
        walk=walk,
        latest=walk.exchanges[-1],
        following=following,
        repeatable=[step for step in REPEATED if walk.access_token and step != following],
        sealed=walk.sealed(request.browser, request.app.client_id),
    )
