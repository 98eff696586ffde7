"""/developer/apps/<client_id>/try: the console, where a developer walks through the whole protocol with an app.

To the protocol the console is an app like any other: its redirect URI is registered, its requests pass all guards.
"""

from __future__ import annotations

import secrets
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import changes
from oauthsrv.flows.clients.fields import CONSOLE_CALLBACK
from oauthsrv.oauth.credentials import is_code
from oauthsrv.oauth.parameters import encode
from oauthsrv.oauth.pkce import challenge_of
from oauthsrv.oauth.redirect_uris import matches
from oauthsrv.pages import PageError, render
from oauthsrv.routes.developer import steps
from oauthsrv.routes.developer.steps import BY_NAME, STEPS, Caller, Step
from oauthsrv.routes.developer.transcript import exchange, shown_request
from oauthsrv.routes.developer.walk import (
    Beginning,
    Walk,
    opened_beginning,
    opened_walk,
    sealed_beginning,
    sealed_walk,
    verifier,
)
from oauthsrv.routes.forms import Form
from oauthsrv.routes.itself import Answer, Asking, ask_itself
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import back, refusals_as_page, team_app
from oauthsrv.server import Server

AUTHORIZE = "/oauth/authorize"

pages.DONE.update(
    app_try_ready="The console’s redirect URI was added. Remove it when your app goes live.",
)


def redirect_uri(server: Server) -> str:
    return server.settings.issuer + CONSOLE_CALLBACK


# The start: which scopes, and the request that they make


def show_start(request: Request) -> HTTPResponse:
    app = request.app
    chosen = request.query
    # A request without scope asks for all that the app may ask for, so nothing ticked means everything.
    scopes = [scope for scope in app.scopes if scope in chosen.all("scope")] or list(app.scopes)
    prompt = "consent" if chosen.get("prompt") == "consent" else ""
    beginning = Beginning(request.app.client_id, secrets.token_urlsafe(16), scopes, prompt)
    state = sealed_beginning(beginning, request.browser)
    sent = authorization(request, beginning, state)
    uri = redirect_uri(request.server)
    return render(
        "developer/try",
        request,
        app=app,
        form=Form.of(scope=scopes, prompt=prompt),
        scopes=catalog.held(request.server, app.scopes),
        redirect_uri=uri,
        is_open=is_open(request, app),
        registered=matches(app.redirect_uris, uri),
        sent=shown_request(sent, request.server.settings.issuer),
        address=f"{AUTHORIZE}?{encode(sent.query)}",
        step=STEPS[0],
        reviewed=request.server.settings.app_review,
    )


def is_open(request: Request, app: Any) -> bool:
    """Whether the authorization endpoint would ask this person; if not, the page says so instead of that one."""
    waits = request.server.settings.app_review and not app.approved and app.owner_id != request.user.user_id
    return not (app.suspended or waits)


def authorization(request: Request, beginning: Beginning, state: str) -> Asking:
    proof = verifier(request.browser, beginning.client_id, beginning.nonce)
    pairs = [
        ("response_type", "code"),
        ("client_id", beginning.client_id),
        ("redirect_uri", redirect_uri(request.server)),
        ("scope", " ".join(beginning.scopes)),
        ("state", state),
        ("code_challenge", challenge_of(proof)),
        ("code_challenge_method", "S256"),
        ("prompt", beginning.prompt),
    ]
    return Asking("GET", AUTHORIZE, query=tuple(pair for pair in pairs if pair[1]))


def add_redirect_uri(request: Request) -> HTTPResponse:
    with refusals_as_page("The address was not added", back(request)):
        in_force = changes.add_redirect_uri(
            request.server, request.app.client_id, redirect_uri(request.server), by=request.actor
        )
    return changed(f"/developer/apps/{request.app.client_id}/try", "app_try_ready", in_force)


# The answer that the browser brings back


def show_answer(request: Request) -> HTTPResponse:
    """The code is only shown here, so this page may be loaded again; a button exchanges it."""
    came = request.query
    beginning = opened_beginning(came.get("state"), request.browser)
    client_id = beginning.client_id
    app = request.app = team_app(request, client_id)
    code, error = came.get("code"), came.get("error")
    if came.get("iss") != request.server.settings.issuer or not (error or is_code(code)):
        raise PageError(
            400,
            "This response isn’t from this server",
            "A response has a code or an error, and its iss is the address of this server. Your app must check that "
            "too, or another server could send it codes.",
            todo="Start over.",
            link=(f"/developer/apps/{client_id}/try", "Start over"),
        )
    asking = authorization(request, beginning, came.get("state"))
    step = STEPS[0]
    advice = steps.ADVICE.get(error, steps.UNFORESEEN) if error else ""
    walk = Walk(beginning.nonce, code="" if error else code, done=[] if error else [step.name])
    walk.add(exchange(step.name, asking, redirected(request.server, came), request.server.settings.issuer, advice))
    return show_walk(request, app, walk, Form())


def redirected(server: Server, came: Form) -> Answer:
    """The redirect that the browser followed to get here, its parameters as they came."""
    return Answer("303 See Other", (("Location", f"{redirect_uri(server)}?{encode(came.pairs)}"),))


# The steps after that


def take_step(request: Request) -> HTTPResponse:
    app = request.app
    typed = request.form
    walk = opened_walk(typed.get("walk"), request.browser, request.app.client_id)
    step = BY_NAME.get(typed.get("step"))
    if step is None or step.asking is None or not (walk.access_token if step.name != "token" else walk.code):
        raise out_of_turn(request.app.client_id)
    if lacks_secret(app, walk):
        walk.client_secret = typed.text("client_secret")
        if step.proves_client and not walk.client_secret:
            typed.refuse("client_secret", "Enter the client secret: a confidential app authenticates with it.")
            return show_walk(request, app, walk, typed, 422)
    ask(request, app, walk, step)
    if step.proves_client and lacks_secret(app, walk):
        typed.refuse("client_secret", "This secret was refused.")
    return show_walk(request, app, walk, typed)


def ask(request: Request, app: Any, walk: Walk, step: Step) -> None:
    assert step.asking is not None
    proof = verifier(request.browser, app.client_id, walk.nonce)
    asking = step.asking(Caller(app.client_id, app.type == "public", redirect_uri(request.server), proof), walk)
    answer = ask_itself(asking)
    walk.add(exchange(step.name, asking, answer, request.server.settings.issuer, steps.advice(step, answer)))
    steps.learn(walk, step, answer)


def lacks_secret(app: Any, walk: Walk) -> bool:
    return app.type == "confidential" and not walk.client_secret


def out_of_turn(client_id: str) -> PageError:
    return PageError(
        400,
        "This step isn’t available yet",
        "It needs the result of an earlier step.",
        todo="Start over and take the steps in order.",
        link=(f"/developer/apps/{client_id}/try", "Start over"),
    )


def show_walk(request: Request, app: Any, walk: Walk, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "developer/try_step",
        request,
        http_status=http_status,
        no_referrer=True,
        app=app,
        form=typed,
        steps=STEPS,
        walk=walk,
        latest=walk.exchanges[-1],
        step=BY_NAME[walk.exchanges[-1].step],
        following=steps.next_step(walk),
        repeatable=steps.repeatable(walk),
        titles={step.name: step.title for step in STEPS},
        needs_secret=lacks_secret(app, walk),
        sealed=sealed_walk(walk, request.browser, app.client_id),
        redirect_uri=redirect_uri(request.server),
    )
