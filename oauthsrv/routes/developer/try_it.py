"""/developer/apps/<client_id>/try: the console, where a developer walks through the whole protocol with an app.

To the protocol the console is an app like any other: its redirect URI is registered, its requests pass all guards.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

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
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer import steps
from oauthsrv.routes.developer.own import own_app, telling
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
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.itself import Answer, Asking, ask_itself
from oauthsrv.routes.visitor import Visitor

if TYPE_CHECKING:
    from oauthsrv.server import Server

AUTHORIZE = "/oauth/authorize"

pages.DONE.update(
    app_try_ready="The console’s redirect URI was added. Remove it again when the app goes live.",
)


def redirect_uri(server: Server) -> str:
    return server.settings.issuer + CONSOLE_CALLBACK


# The start: which scopes, and the request that they make


def show_start(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    chosen = query()
    # A request without scope asks for all that the app may ask for, so nothing ticked means everything.
    scopes = [scope for scope in app.scopes if scope in chosen.all("scope")] or list(app.scopes)
    prompt = "consent" if chosen.get("prompt") == "consent" else ""
    beginning = Beginning(client_id, secrets.token_urlsafe(16), scopes, prompt)
    state = sealed_beginning(beginning, visitor.browser)
    request = authorization(server, visitor, beginning, state)
    uri = redirect_uri(server)
    return render(
        "developer/try",
        visitor,
        app=app,
        form=Form.of(scope=scopes, prompt=prompt),
        scopes=catalog.held(server, app.scopes),
        redirect_uri=uri,
        is_open=is_open(server, visitor, app),
        registered=matches(app.redirect_uris, uri),
        request=shown_request(request, server.settings.issuer),
        address=f"{AUTHORIZE}?{encode(request.query)}",
        step=STEPS[0],
        reviewed=server.settings.app_review,
    )


def is_open(server: Server, visitor: Visitor, app: Any) -> bool:
    """Whether the authorization endpoint would ask this person; if not, the page says so instead of that one."""
    waits = server.settings.app_review and not app.approved and app.owner_id != visitor.user.user_id
    return not (app.suspended or waits)


def authorization(server: Server, visitor: Visitor, beginning: Beginning, state: str) -> Asking:
    proof = verifier(visitor.browser, beginning.client_id, beginning.nonce)
    pairs = [
        ("response_type", "code"),
        ("client_id", beginning.client_id),
        ("redirect_uri", redirect_uri(server)),
        ("scope", " ".join(beginning.scopes)),
        ("state", state),
        ("code_challenge", challenge_of(proof)),
        ("code_challenge_method", "S256"),
        ("prompt", beginning.prompt),
    ]
    return Asking("GET", AUTHORIZE, query=tuple(pair for pair in pairs if pair[1]))


def add_redirect_uri(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    own_app(server, visitor, client_id)
    with telling("The address was not added", client_id):
        in_force = changes.add_redirect_uri(server, client_id, redirect_uri(server), by=actor(visitor))
    return changed(f"/developer/apps/{client_id}/try", "app_try_ready", in_force)


# The answer that the browser brings back


def show_answer(server: Server, visitor: Visitor) -> HTTPResponse:
    """The code is only shown here, so this page may be loaded again; a button exchanges it."""
    came = query()
    beginning = opened_beginning(came.get("state"), visitor.browser)
    client_id = beginning.client_id
    app = own_app(server, visitor, client_id)
    code, error = came.get("code"), came.get("error")
    if came.get("iss") != server.settings.issuer or not (error or is_code(code)):
        raise PageError(
            400,
            "This is not an answer of this server",
            "An answer holds a code or an error, and its iss is the address of this server. Your app must check that "
            "too, or another server could hand it codes.",
            todo="Start over.",
            link=(f"/developer/apps/{client_id}/try", "Start over"),
        )
    asking = authorization(server, visitor, beginning, came.get("state"))
    step = STEPS[0]
    advice = steps.ADVICE.get(error, steps.UNFORESEEN) if error else ""
    walk = Walk(beginning.nonce, code="" if error else code, done=[] if error else [step.name])
    walk.add(exchange(step.name, asking, redirected(server, came), server.settings.issuer, advice))
    return show_walk(server, visitor, app, walk, Form())


def redirected(server: Server, came: Form) -> Answer:
    """The redirect that the browser followed to get here, its parameters as they came."""
    return Answer("303 See Other", (("Location", f"{redirect_uri(server)}?{encode(came.pairs)}"),))


# The steps after that


def take_step(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    walk = opened_walk(typed.get("walk"), visitor.browser, client_id)
    step = BY_NAME.get(typed.get("step"))
    if step is None or step.asking is None or not (walk.access_token if step.name != "token" else walk.code):
        raise out_of_turn(client_id)
    if lacks_secret(app, walk):
        walk.client_secret = typed.text("client_secret")
        if step.proves_client and not walk.client_secret:
            typed.refuse("client_secret", "Type the client secret: a confidential app proves with it who it is.")
            return show_walk(server, visitor, app, walk, typed, 422)
    ask(server, visitor, app, walk, step)
    if step.proves_client and lacks_secret(app, walk):
        typed.refuse("client_secret", "The server did not take this one.")
    return show_walk(server, visitor, app, walk, typed)


def ask(server: Server, visitor: Visitor, app: Any, walk: Walk, step: Step) -> None:
    assert step.asking is not None
    proof = verifier(visitor.browser, app.client_id, walk.nonce)
    asking = step.asking(Caller(app.client_id, app.type == "public", redirect_uri(server), proof), walk)
    answer = ask_itself(asking)
    walk.add(exchange(step.name, asking, answer, server.settings.issuer, steps.advice(step, answer)))
    steps.learn(walk, step, answer)


def lacks_secret(app: Any, walk: Walk) -> bool:
    return app.type == "confidential" and not walk.client_secret


def out_of_turn(client_id: str) -> PageError:
    return PageError(
        400,
        "This step cannot be taken yet",
        "It needs what a step before it gives.",
        todo="Start over, and take the steps in their order.",
        link=(f"/developer/apps/{client_id}/try", "Start over"),
    )


def show_walk(
    server: Server, visitor: Visitor, app: Any, walk: Walk, typed: Form, http_status: int = 200
) -> HTTPResponse:
    return render(
        "developer/try_step",
        visitor,
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
        asks_secret=lacks_secret(app, walk),
        sealed=sealed_walk(walk, visitor.browser, app.client_id),
        redirect_uri=redirect_uri(server),
    )
