"""/developer/apps/<client_id>/try: the console, where a developer walks through the whole protocol with an app.

For the protocol, the console is an app like any other: its redirect URI is registered, its requests pass all guards.
Its state travels with the browser, sealed under the secret in its cookie, and none of it is stored here (rule 1).
"""

import secrets
import time
from base64 import b64encode
from dataclasses import dataclass, field, replace
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
from oauthsrv.oauth.problems import EXPLANATIONS, PROBLEMS
from oauthsrv.oauth.redirect_uris import matches
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.pages import PageError, render
from oauthsrv.routes.developer.console_steps import BY_NAME, REPEATED, STEPS, Step
from oauthsrv.routes.developer.transcript import OURS, shown_request, shown_response, with_query, without_secrets
from oauthsrv.routes.forms import Form
from oauthsrv.routes.itself import OwnRequest, OwnResponse, send
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import team_app

LIFETIME = 3600  # seconds for each step
MOST_EXCHANGES = 10  # kept, as the form that carries them has a size limit
PURPOSE = b"oauthsrv console"
UNFORESEEN = "This step expected another response. The app’s activity page may say more."

pages.DONE.update(
    app_try_ready="The console’s redirect URI was added. Remove it when your app goes live.",
)


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
    is_public: bool
    redirect_uri: str
    scope: str
    prompt: str
    code_verifier: str
    state: str = ""
    code: str = ""
    client_secret: str = ""
    access_token: str = ""
    refresh_token: str = ""
    sealed_at: int = 0
    done: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def sealed(self, browser: str, bound_to: str = "") -> str:
        payload = orjson.dumps(replace(self, sealed_at=int(time.time())))
        return base64url.encode(seal(browser, bound_to, payload, PURPOSE))

    def request_of(self, step: Step, basic: str = "") -> OwnRequest:
        """The request of a step; `basic` is shown in the header instead of the client ID and secret."""
        pair = b64encode(f"{self.client_id}:{quote(self.client_secret, safe='')}".encode()).decode()
        derived = {
            "basic": "" if self.is_public else f"Basic {basic or pair}",
            "public_client_id": self.client_id if self.is_public else "",
            "code_challenge": challenge_of(self.code_verifier),
        }
        return step.filled(vars(self) | derived)

    def shown(self, step: Step, issuer: str) -> str:
        # A mistyped client secret may be a password, so not even its end is shown.
        secret = self.client_secret if OURS.fullmatch(self.client_secret) else "…"
        return self.masked(shown_request(self.request_of(step, f"base64({self.client_id}:{secret})"), issuer))

    def masked(self, text: str) -> str:
        return without_secrets(text, self.state, self.code_verifier)

    def add(self, step: Step, response: OwnResponse, issuer: str, advice: str = "") -> None:
        answered = self.masked(shown_response(response))
        exchange = Exchange(step.name, self.shown(step, issuer), response.status, answered, advice)
        self.exchanges = [*self.exchanges, exchange][-MOST_EXCHANGES:]
        if not advice:
            self.done = [*self.done, step.name]

    def next_step(self) -> Step | None:
        """The next step; None if all is done, or there is nothing left to continue with."""
        is_open = self.code or self.access_token
        return next((step for step in STEPS if is_open and step.name not in self.done), None)

    def lacks_secret(self) -> bool:
        return not (self.is_public or self.client_secret)


def opened(text: str, browser: str, bound_to: str = "") -> Walk:
    """Unseal a walk. Raises PageError if it belongs to another browser or app, or is too old."""
    data = base64url.decode(text, len(text) * 3 // 4)
    payload = unseal(browser, bound_to, data, PURPOSE) if data else None
    if payload is None:
        text = "You started in another browser or with another app, or you have signed in or out since."
        raise start_over(403, "This can’t be continued here", text, bound_to)
    try:
        known = orjson.loads(payload)
        walk = Walk(**known | {"exchanges": [Exchange(**one) for one in known["exchanges"]]})
    except (KeyError, TypeError):  # sealed before the server was updated
        walk = None
    if walk is None or walk.sealed_at + LIFETIME < time.time():
        text = "The console keeps your test tokens for an hour between steps, or until the server is updated."
        raise start_over(409, "This has expired", text, bound_to)
    return walk


def start_over(status: int, title: str, text: str, client_id: str) -> PageError:
    path = f"/developer/apps/{client_id}/try" if client_id else "/developer/apps"
    return PageError(status, title, text, todo="Start over: it takes a minute.", link=(path, "Start over"))


def redirect_uri(request: Request) -> str:
    return request.server.settings.issuer + CONSOLE_CALLBACK


# The start: choosing scopes, and the request with them


def show_start(request: Request) -> HTTPResponse:
    app, settings, chosen = request.app, request.server.settings, request.query
    # A request without scope asks for all that the app may ask for, so nothing ticked means everything.
    scopes = [scope for scope in app.scopes if scope in chosen.all("scope")] or list(app.scopes)
    prompt = "consent" if chosen.get("prompt") == "consent" else ""
    is_public, uri = app.type == "public", redirect_uri(request)
    walk = Walk(app.client_id, is_public, uri, " ".join(scopes), prompt, code_verifier=secrets.token_urlsafe(32))
    walk.state = walk.sealed(request.browser)
    sent = walk.request_of(STEPS[0])
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
        sent=walk.shown(STEPS[0], settings.issuer),
        address=f"{sent.path}?{encode(sent.fields)}",
        step=STEPS[0],
        reviewed=settings.app_review,
    )


def add_redirect_uri(request: Request) -> HTTPResponse:
    client_id = request.app.client_id
    in_force = changes.add_redirect_uri(request.server, client_id, redirect_uri(request), by=request.actor)
    return changed(f"/developer/apps/{client_id}/try", "app_try_ready", in_force)


# The response that the browser brings back


def show_answer(request: Request) -> HTTPResponse:
    """Show the response; a button exchanges the code, so this page may be loaded again."""
    came, issuer = request.query, request.server.settings.issuer
    walk = opened(came.get("state"), request.browser)
    request.app = team_app(request, walk.client_id)
    code, error = came.get("code"), came.get("error")
    if came.get("iss") != issuer or not (error or is_code(code)):
        text = (
            "A response has a code or an error, and its iss is the address of this server. Your app must check that "
            "too, or another server could send it codes."
        )
        raise start_over(400, "This response isn’t from this server", text, walk.client_id)
    walk.state, walk.code = came.get("state"), "" if error else code
    response = OwnResponse("303 See Other", (("Location", with_query(walk.redirect_uri, came.pairs)),))
    advice = EXPLANATIONS[error].text if error in EXPLANATIONS else UNFORESEEN
    walk.add(STEPS[0], response, issuer, advice if error else "")
    return show_walk(request, walk, Form())


# The steps after that


def take_step(request: Request) -> HTTPResponse:
    form, client_id = request.form, request.app.client_id
    walk = opened(form.get("walk"), request.browser, client_id)
    step = next((step for step in STEPS[1:] if step.name == form.get("step")), None)
    if step is None or not (walk.code if step.name == "token" else walk.access_token):
        raise start_over(400, "This step isn’t available yet", "It needs the result of an earlier step.", client_id)
    if walk.lacks_secret():
        walk.client_secret = form.text("client_secret")
        if step.authenticates and walk.lacks_secret():
            form.refuse("client_secret", "Enter the client secret: a confidential app authenticates with it.")
            return show_walk(request, walk, form, 422)
    take(walk, step, request)
    if step.authenticates and walk.lacks_secret():
        form.refuse("client_secret", f"This secret was refused. {PROBLEMS['secret_wrong'].fix}")
    return show_walk(request, walk, form)


def take(walk: Walk, step: Step, request: Request) -> None:
    """Send the request, and keep what the next steps need of the response."""
    response, issuer = send(walk.request_of(step), request), request.server.settings.issuer
    try:
        answered = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        answered = {}
    is_expected = response.status.startswith(str(step.expected))
    walk.add(step, response, issuer, "" if is_expected else answered.get("error_description", UNFORESEEN))
    if is_expected:
        walk.access_token = answered.get("access_token", walk.access_token)
        walk.refresh_token = answered.get("refresh_token", walk.refresh_token)
    elif answered.get("error") == "invalid_client":
        walk.client_secret = ""
    elif answered.get("error") == "invalid_grant" and step.name == "token":
        walk.code = ""


def show_walk(request: Request, walk: Walk, form: Form, status: int = 200) -> HTTPResponse:
    following = walk.next_step()
    return render(
        "developer/console_step",
        request,
        http_status=status,
        no_referrer=True,
        app=request.app,
        form=form,
        steps=BY_NAME,
        walk=walk,
        latest=walk.exchanges[-1],
        following=following,
        repeatable=[BY_NAME[name] for name in REPEATED if walk.access_token and BY_NAME[name] != following],
        sealed=walk.sealed(request.browser, request.app.client_id),
        redirect_uri=walk.redirect_uri,
    )
