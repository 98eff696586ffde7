"""Whatever a client sends gets the RFC's answer, and never a 500 (rule 11, rule 12)."""

from __future__ import annotations

import base64
import re
import unicodedata
from unittest.mock import Mock
from urllib.parse import quote_plus
from wsgiref.util import setup_testing_defaults

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
import play
from browser import KNOWN_COOKIE, Browser, wsgi
from oauthsrv.routes import MAP
from oauthsrv.server import Server

ERRORS = {
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "invalid_target", "unsupported_response_type", "access_denied", "login_required",
    "consent_required", "request_not_supported", "request_uri_not_supported",
}  # fmt: skip

NAMES = [
    "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "client_secret", "scope",
    "resource", "token", "token_type_hint", "response_type", "state", "code_challenge", "code_challenge_method",
    "prompt", "max_age", "login_hint", "response_mode", "request", "request_uri", "decision", "csrf",
]  # fmt: skip

shapes = st.sampled_from(
    [
        *("authorization_code", "refresh_token", "code", "S256", "none", "login", "read:profile", "allow", "0", "-1"),
        *("oat_" + "A" * 86, "ort_" + "A" * 70, "oac_" + "A" * 43, "cli_" + "0" * 32),
        *("https://app.example/callback", "http://127.0.0.1:99999/", "com.example.app:/"),
        *("\0", "\r\nSet-Cookie: a=b", "%", "1" * 5000),
    ]
)
values = shapes | st.text(max_size=40)
fields = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(min_size=1, max_size=10), values), max_size=12)
headers = (
    st.none()
    | st.binary(max_size=60).map(lambda raw: "Basic " + base64.b64encode(raw).decode())
    | st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
)

often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server)


def encoded(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


PROTOCOL = ("/oauth/token", "/oauth/device_authorization", "/oauth/revoke", "/oauth/introspect")


@pytest.mark.parametrize("path", PROTOCOL)
@often
@given(pairs=fields, authorization=headers, proves=st.booleans())
def test_a_protocol_endpoint_answers_any_form(
    path: str, browser: Browser, app: make.App, pairs: list[tuple[str, str]], authorization: str | None, proves: bool
) -> None:
    if proves:
        authorization = "Basic " + base64.b64encode(":".join(app.basic).encode()).decode()
    sent = {} if authorization is None else {"Authorization": authorization.strip()}
    answer = browser.post(path, encoded(pairs), headers=sent)
    assert answer.status_int in (200, 400, 401)
    if answer.status_int == 200:
        assert path != "/oauth/token"
    else:
        assert answer.json["error"] in ERRORS
        assert answer.json["error_description"].isascii()


@pytest.mark.parametrize("path", [*PROTOCOL, "/oauth/authorize", "/device", "/login"])
@often
@given(body=st.binary(max_size=200), content_type=st.sampled_from(
    ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "text/plain", ""]
))  # fmt: skip
def test_an_endpoint_answers_any_bytes(path: str, browser: Browser, body: bytes, content_type: str) -> None:
    answer = browser.request(path, method="POST", body=body, headers={"Content-Type": content_type})
    assert answer.status_int < 500


@often
@given(pairs=fields, good=st.booleans(), signs_in=st.booleans())
def test_the_authorization_endpoint_answers_any_query(
    server: Server, app: make.App, pairs: list[tuple[str, str]], good: bool, signs_in: bool
) -> None:
    browser = browsers(server)[signs_in]
    known = [(name, value) for name, value in play.request_of(app).items() if name not in dict(pairs)] if good else []
    answer = browser.get("/oauth/authorize?" + encoded(known + pairs))
    assert answer.status_int in (200, 303, 400, 414)
    if answer.status_int == 303 and not answer.location.startswith("/"):
        assert answer.location.startswith(app.redirect_uri + "?")
        assert {"code"} & set(play.answered(answer)) or play.answered(answer)["error"] in ERRORS


@often
@given(
    raw=st.binary(max_size=40),
    folder=st.sampled_from(["", "developer/apps/", "admin/users/", "account/apps/", "static/"]),
)
def test_any_path_has_an_answer(server: Server, raw: bytes, folder: str) -> None:
    """Straight through WSGI, as WebTest itself fails on paths that are not UTF-8."""
    for browser in browsers(server).values():
        environ: dict[str, object] = {"REMOTE_ADDR": "192.0.2.1", "PATH_INFO": f"/{folder}" + raw.decode("latin-1")}
        environ["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        setup_testing_defaults(environ)
        answered = Mock()
        b"".join(wsgi(server)(environ, answered))
        assert int(answered.call_args.args[0][:3]) < 500


@pytest.mark.parametrize("named", ["%00", "x", "a" * 5000])
@pytest.mark.parametrize("person", ["an owner", "an administrator"])
def test_rule_12_no_address_of_the_map_fails_whatever_it_names(server: Server, person: str, named: str) -> None:
    """The browser of the suite fails on a 500."""
    user = make.user(server, admin=person == "an administrator")
    app = make.app(server, user)
    browser = Browser(wsgi(server))
    play.sign_in(browser, user)
    csrf = {"csrf": play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value}
    for method, pattern in [(method, pattern) for method, pattern, _, _ in MAP if "<" in pattern]:
        for path in (pattern, pattern.replace("<client_id>", app.client_id)):
            address = re.sub("<[a-z_]+>", named, path)
            if method == "POST":
                browser.post(address, csrf)
            elif method == "GET":
                browser.get(address)
    assert browser.get("/developer/apps").status_int == 200, "nothing on the way signed them out"


# Two bytes each, and all of them on one letter: as many as a form may hold.
FAR_TOO_LONG = "a" + "\u0316\u0300" * 30_000


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *(("/login", field) for field in ("email", "password")),
        *(("/signup", field) for field in ("email", "name", "password")),
        ("/account/profile", "name"),
        *(("/account/password", field) for field in ("password", "new_password")),
        *(("/developer/apps", field) for field in ("name", "description", "home_page", "redirect_uris")),
        ("/developer/apps/{app}/edit", "name"),
        ("/developer/apps/{app}/delete", "name"),
        *(("/admin/apis", field) for field in ("name", "resource")),
        ("/admin/apps/{app}/limit", "limit"),
        ("/admin/apps/{app}/suspend", "reason"),
        *(("/admin/scopes", field) for field in ("scope", "description", "position")),
    ],
)
def test_rule_12_no_page_normalizes_what_is_far_too_long(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch, path: str, field: str
) -> None:
    """It takes the square of the length: ten seconds, in which nobody else is answered."""
    lengths = [0]
    monkeypatch.setattr(unicodedata, "normalize", lambda _form, text: lengths.append(len(text)) or text)
    user = make.user(server, admin=True)
    person = Browser(wsgi(server))
    if path not in {"/login", "/signup"}:
        play.sign_in(person, user)
    page = person.get("/developer/apps/new" if person.cookies.get(KNOWN_COOKIE) else "/login")
    fields = {"email": user.email, "password": user.password, "new_password": user.password, "name": "Ada"}
    typed = fields | {field: FAR_TOO_LONG, "csrf": play.form_with(page, "csrf")["csrf"].value}
    body = "&".join(f"{name}={value}" for name, value in typed.items()).encode()
    answer = person.post(path.format(app=app.client_id), body)
    assert answer.status_int == 422
    assert (FAR_TOO_LONG in answer.text) == (field not in {"password", "new_password"})
    assert max(lengths) <= 1024


people: dict[int, dict[bool, Browser]] = {}


def browsers(server: Server) -> dict[bool, Browser]:
    """One signed in (True) and one not, the same for all examples."""
    if id(server) not in people:
        outsider, person = Browser(wsgi(server)), Browser(wsgi(server))
        play.sign_in(person, make.user(server, admin=True))
        people[id(server)] = {False: outsider, True: person}
    return people[id(server)]
