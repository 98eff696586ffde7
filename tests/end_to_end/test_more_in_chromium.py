"""In Chromium, on a phone: an app pushes its request, and asks for more than it was allowed before."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import requests

from end_to_end.chromium import Open
from end_to_end.running import App, Listener, Person, Service

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture
def app(service: Service, developer: Person, listener: Listener) -> App:
    """On a server of its own, so what was allowed is remembered; here it listens on this machine."""
    return service.app(developer, f"{listener.origin}/callback", name="Figures at a Glance")


def request_of(app: App, scope: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scope": scope,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


def pushed(service: Service, app: App, scope: str) -> str:
    """The address that the app sends its user to."""
    auth = (app.client_id, app.client_secret or "")
    answer = requests.post(service.metadata["pushed_authorization_request_endpoint"], request_of(app, scope), auth=auth)
    assert answer.status_code == 201, answer.text
    query = {"client_id": app.client_id, "request_uri": answer.json()["request_uri"]}
    return f"{service.origin}/oauth/authorize?{urlencode(query)}"


def test_a_pushed_request_asks_for_what_is_new_and_survives_a_reload_in_its_own_browser(
    service: Service, app: App, listener: Listener, new_window: Open
) -> None:
    person, window = service.person().sign_up(), new_window(viewport=PHONE)
    person.answer(f"{service.origin}/oauth/authorize?{urlencode(request_of(app, 'read:profile'))}")
    window.open(pushed(service, app, "read:profile read:data"))
    window.sign_in(person)
    window.shows("Figures at a Glance wants more access to your oauthsrv account")
    address = window.page.url
    assert "scope" not in address
    window.page.reload()
    text = window.page.locator("main").inner_text()
    assert text.index("will also be able to:") < text.index("See your data") < text.index("can already:")
    assert text.index("can already:") < text.index("See your profile")
    needed, there = window.width()
    assert needed <= there
    another = new_window(viewport=PHONE)
    another.open(address)
    another.shows("Start again")
    window.click("button", "Allow")
    window.is_at(app.redirect_uri)
    assert listener.requests[-1].query["code"].startswith("oac_")
    window.page.go_back()
    window.page.reload()
    window.shows("Start again")
