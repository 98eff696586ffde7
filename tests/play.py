"""Flows that many tests begin with: signing in, consent, a code, tokens."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from webtest import TestResponse

import make
from browser import Browser
from oauthsrv.server import Server

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-and-no-secret"


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def sign_in(browser: Browser, user: make.User, password: str | None = None) -> TestResponse:
    form = form_with(browser.get("/login"), "email")
    form["email"], form["password"] = user.email, password or user.password
    return form.submit()


def request_of(app: make.App, **changes: str | None) -> dict[str, str]:
    """The parameters of a good authorization request; a change to None leaves one out."""
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scope": "read:profile read:data",
        "state": "s t/ä+te&1",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (parameters | changes).items() if value is not None}


def ask(browser: Browser, app: make.App, **changes: str | None) -> TestResponse:
    return go_on(browser.get("/oauth/authorize?" + urlencode(request_of(app, **changes))))


def go_on(page: TestResponse) -> TestResponse:
    """Past the warning about an app that hardly anybody knows, if there is one."""
    if 'value="continue"' not in page:
        return page
    return form_with(page, "decision").submit("decision", value="continue").follow()


def push(browser: Browser, app: make.App, **changes: str | None) -> TestResponse:
    """The same request, pushed by the client."""
    return post(browser, "/oauth/par", app, **request_of(app, **changes))


def pushed_address(app: make.App, answer: TestResponse, **more: str) -> str:
    """Where the client sends its user then."""
    query = {"client_id": app.client_id, "request_uri": answer.json["request_uri"]} | more
    return "/oauth/authorize?" + urlencode(query)


def form_with(page: TestResponse, field: str) -> Any:
    return next(form for form in page.forms.values() if field in form.fields)


def press(page: TestResponse, label: str) -> TestResponse:
    """Sends the form with the button of that label."""
    for number, form in enumerate(page.html.find_all("form")):
        if any(button.get_text() == label for button in form.find_all("button")):
            return page.forms[number].submit()
    raise AssertionError(f"no button {label}")


def press_twice(page: TestResponse, label: str) -> TestResponse:
    """Presses the button, and then the one of the page that asks whether one is sure."""
    return press(press(page, label), label)


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/account/profile").status_int == 200)


def allow(page: TestResponse) -> TestResponse:
    return form_with(page, "decision").submit("decision", value="allow")


def answered(response: TestResponse) -> dict[str, str]:
    """The parameters that the client gets back."""
    assert response.status_int == 303, response
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def code(browser: Browser, app: make.App, **changes: str | None) -> str:
    """A signed-in user allows; or has allowed before."""
    response = ask(browser, app, **changes)
    if response.status_int == 200:
        response = allow(response)
    return answered(response)["code"]


def post(browser: Browser, path: str, app: make.App, **form: str | None) -> TestResponse:
    """A request of a client: by Basic if it has a secret, by its client_id alone if not."""
    fields = {name: value for name, value in form.items() if value is not None}
    headers = {}
    if app.client_secret:
        pair = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        fields.setdefault("client_id", app.client_id)
    return browser.post(path, fields, headers=headers)


def exchange(browser: Browser, app: make.App, code: str, **changes: str | None) -> TestResponse:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.redirect_uri,
        "code_verifier": VERIFIER,
    }
    return post(browser, "/oauth/token", app, **form | changes)


def refresh(browser: Browser, app: make.App, token: str, **changes: str | None) -> TestResponse:
    return post(browser, "/oauth/token", app, grant_type="refresh_token", refresh_token=token, **changes)


def own_token(browser: Browser, app: make.App, **form: str | None) -> TestResponse:
    """A token that the app gets for itself, without a user."""
    return post(browser, "/oauth/token", app, grant_type="client_credentials", **form)


def introspect(browser: Browser, asking: make.App, token: str) -> dict[str, Any]:
    response = post(browser, "/oauth/introspect", asking, token=token)
    assert response.status_int == 200, response
    answer: dict[str, Any] = response.json
    return answer


def is_active(browser: Browser, asking: make.App, token: str) -> bool:
    return bool(introspect(browser, asking, token)["active"])


def refused(response: TestResponse, error: str = "invalid_grant") -> bool:
    return response.status_int in (400, 401) and response.json["error"] == error


@dataclass
class Connection:
    """A user who allowed an app, and the tokens it got."""

    browser: Browser
    user: make.User
    app: make.App
    access_token: str
    refresh_token: str

    def is_active(self) -> bool:
        return is_active(self.browser, self.app, self.access_token)


def tokens(server: Server, browser: Browser, app: make.App | None = None, user: make.User | None = None) -> Connection:
    """The whole flow, from sign-in to the first tokens."""
    app = app or make.app(server)
    user = user or make.user(server)
    sign_in(browser, user)
    answer = exchange(browser, app, code(browser, app))
    assert answer.status_int == 200, answer
    return Connection(browser, user, app, answer.json["access_token"], answer.json["refresh_token"])
