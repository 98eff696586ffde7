"""Well-known clients: what they send when they connect, whether they could connect, and where that is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from hosts import Host, host
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import hosts, known
from oauthsrv.flows.clients.known import KNOWN, AppSettings, Setup, Way
from oauthsrv.oauth.client_assertions import TYPE
from oauthsrv.oauth.grant_types import DEFAULT, GRANTS
from oauthsrv.server import Server
from recorded import SEQUENCES, Recorded
from signing import Signer

# Recorded sequences


class Playing:
    """A client at work: each of its requests is what was recorded."""

    def __init__(self, recorded: Recorded, browser: Browser, server: Server) -> None:
        self.recorded, self.browser = recorded, browser
        self.api = make.api(server)
        self.signer = Signer(server.settings.issuer, "RS256")
        self.client_id = ""

    def publish(self, there: Host) -> None:
        there.serve(urlsplit(self.recorded.document_at).path, self.recorded.document)
        there.serve("/oauth/jwks.json", {"keys": [self.signer.jwk]})

    def send(self, method: str, path: str, body: Any = b"", **headers: str) -> TestResponse:
        """By a script of another origin: after the browser's own question whether it may."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.recorded.origin:
            self.check_permitted(method, path, given)
            given["Origin"] = self.recorded.origin
        answer = self.browser.request(path, method=method, body=body, headers=given)
        if self.recorded.origin:
            assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        return answer

    def check_permitted(self, method: str, path: str, headers: dict[str, str]) -> None:
        names = ",".join(sorted(name.lower() for name in headers))
        asked = {"Origin": self.recorded.origin, "Access-Control-Request-Method": method}
        answer = self.browser.options(path, headers=asked | {"Access-Control-Request-Headers": names})
        assert answer.status_int in (200, 204), path
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert method in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert allowed == names or set(names.split(",")) <= set(allowed.replace(" ", "").split(","))

    def discover(self) -> dict[str, Any]:
        """The first document that it finds."""
        found: list[dict[str, Any]] = []
        for path, status in self.recorded.well_known:
            answer = self.send("GET", path, Accept="application/json", **self.recorded.headers)
            assert answer.status_int == status, path
            found += [answer.json] if status == 200 else []
        assert "S256" in found[0]["code_challenge_methods_supported"]
        return found[0]

    def identify(self, metadata: dict[str, Any]) -> None:
        if self.recorded.document_at:
            assert metadata["client_id_metadata_document_supported"] is True
            assert "none" in metadata["token_endpoint_auth_methods_supported"]
            self.client_id = self.recorded.document_at
            return
        path = urlsplit(metadata["registration_endpoint"]).path
        body = json.dumps(self.recorded.registration).encode()
        answer = self.send("POST", path, body, Content_Type="application/json", **self.recorded.headers)
        assert answer.status_int == 201, answer
        assert answer.json["redirect_uris"] == self.recorded.registration["redirect_uris"]
        self.client_id = answer.json["client_id"]

    def authorize(self) -> str:
        """The code for which its user allows it."""
        app = make.App(self.client_id, None, self.recorded.redirect_uri)
        request = {"scope": None, "resource": self.api.redirect_uri} | self.recorded.authorization
        page = play.ask(self.browser, app, **request)
        assert page.status_int == 200, page
        answer = play.allow(page)
        assert answer.location.startswith(self.recorded.redirect_uri + "?")
        return play.answered(answer)["code"]

    def token(self, **form: str) -> TestResponse:
        fields = {"client_id": self.client_id} | form
        if self.recorded.names_resource:
            fields["resource"] = self.api.redirect_uri
        if self.recorded.signs:
            assertion = self.signer.assertion(self.client_id)
            fields |= {"client_assertion_type": TYPE, "client_assertion": assertion}
        return self.send(
            "POST", "/oauth/token", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded"
        )

    def exchange(self, code: str) -> TestResponse:
        uri = self.recorded.redirect_uri
        grant = {"grant_type": "authorization_code", "code": code, "code_verifier": play.VERIFIER, "redirect_uri": uri}
        return self.token(**grant)

    def refresh(self, refresh_token: str) -> TestResponse:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def is_accepted(self, token: str) -> bool:
        query = urlencode({"resource": self.api.redirect_uri})
        answer = self.browser.get(f"/oauth/verify?{query}", headers={"Authorization": f"Bearer {token}"})
        return bool(answer.status_int == 200)


@pytest.fixture
def internet(server: Server) -> Iterator[Any]:
    with ExitStack() as opened:

        def open_one(name: str) -> Host:
            made = opened.enter_context(host(name))
            made.connect(server.fetcher)
            return made

        yield open_one


@pytest.mark.usefixtures("registration")
@pytest.mark.parametrize("recorded", SEQUENCES, ids=lambda recorded: recorded.name)
def test_a_recorded_client_connects_and_stays_connected(
    server: Server, signed_in: Browser, internet: Any, recorded: Recorded
) -> None:
    client = Playing(recorded, signed_in, server)
    if recorded.document_at:
        client.publish(internet(urlsplit(recorded.document_at).hostname))
    client.identify(client.discover())
    first = client.exchange(client.authorize())
    assert first.status_int == 200, first
    assert client.is_accepted(first.json["access_token"])
    second = client.refresh(first.json["refresh_token"])
    assert second.status_int == 200, second
    assert client.is_accepted(second.json["access_token"])
    if recorded.resends_first:
        again = client.refresh(first.json["refresh_token"])
        assert again.status_int == 200, again
        assert again.json["refresh_token"] == second.json["refresh_token"]


def test_every_known_mcp_client_has_a_recorded_sequence() -> None:
    titles = {client.title for client in KNOWN if client.is_mcp}
    assert {title for title in titles if any(one.name.startswith(title) for one in SEQUENCES)} == titles


def test_what_is_recorded_of_a_client_is_what_the_guide_says() -> None:
    documents = {client.document: client for client in KNOWN if client.document}
    for recorded in SEQUENCES:
        assert any(recorded.name.startswith(client.title) for client in KNOWN)
        if recorded.document_at in documents:
            described = set(recorded.document["redirect_uris"])
            assert described <= set(documents[recorded.document_at].redirect_uris)


# Whether they could connect

GOOD = Setup(
    issuer="https://login.example.com",
    documents="listed",
    registration="open",
    reviewed=False,
    listed_hosts={"claude.ai", "chatgpt.com", "vscode.dev"},
    blocked_hosts=(),
    listed_uris={"cursor://anysphere.cursor-mcp/oauth/callback"},
    has_open_scopes=True,
    has_apis=True,
)


def outlook(name: str, **changes: Any) -> known.Outlook:
    [client] = [client for client in KNOWN if client.name == name]
    return known.outlook(client, GOOD._replace(**changes))


def test_every_client_could_connect_where_all_is_open() -> None:
    assert [(one.client.name, one.missing) for one in known.outlooks(GOOD) if one.missing] == []
    assert {one.label for one in known.outlooks(GOOD)} == {"Could connect"}


@pytest.mark.parametrize(
    ("name", "changes", "way", "verdict", "text"),
    [
        ("claude", {"listed_hosts": ()}, Way.DOCUMENT, "warn", "Documents at claude.ai aren’t allowed"),
        ("claude", {"listed_hosts": (), "documents": "open"}, Way.DOCUMENT, "good", ""),
        ("claude", {"documents": "off"}, Way.REGISTRATION, "good", ""),
        ("claude", {"documents": "off", "registration": "off"}, Way.FORM, "warn", "OAUTHSRV_REGISTRATION=open"),
        ("claude", {"issuer": "http://127.0.0.1:8000"}, Way.DOCUMENT, "bad", "can’t reach http://127.0.0.1:8000"),
        ("claude", {"issuer": "https://localhost"}, Way.DOCUMENT, "bad", "can’t reach"),
        ("claude-code", {"issuer": "http://127.0.0.1:8000"}, Way.DOCUMENT, "good", ""),
        ("claude", {"blocked_hosts": {"claude.com"}}, Way.DOCUMENT, "warn", "claude.com is blocked"),
        ("vscode", {"has_open_scopes": False}, Way.DOCUMENT, "warn", "No scope is open"),
        ("vscode", {"has_apis": False}, Way.DOCUMENT, "bad", "no API is registered"),
        ("cursor", {"registration": "token"}, Way.REGISTRATION, "warn", "set OAUTHSRV_REGISTRATION=open."),
        ("cursor", {"registration": "token", "reviewed": True}, Way.REGISTRATION, "warn", "OAUTHSRV_APP_REVIEW=off"),
        ("cursor", {"registration": "off"}, Way.FORM, "warn", "OAUTHSRV_REGISTRATION=open."),
        ("cursor", {"registration": "off", "reviewed": True}, Way.FORM, "warn", "OAUTHSRV_APP_REVIEW=off"),
        ("cursor", {"listed_uris": ()}, Way.REGISTRATION, "warn", "cursor://anysphere.cursor-mcp"),
        ("zapier", {"registration": "off", "documents": "off", "has_apis": False}, Way.FORM, "good", ""),
        ("zapier", {"issuer": "http://127.0.0.1:8000"}, Way.FORM, "bad", "can’t reach"),
        ("postman", {}, Way.FORM, "good", ""),
    ],
)
def test_what_a_client_is_missing(name: str, changes: dict[str, Any], way: Way, verdict: str, text: str) -> None:
    found = outlook(name, **changes)
    assert (found.way, found.verdict) == (way, verdict)
    assert text in " ".join(missing.text for missing in found.missing)
    assert bool(found.missing) == bool(text)


def test_administrators_see_who_could_connect(server: Server, browser: Browser, root: make.User) -> None:
    make.api(server)
    page = browser.get("/admin/connects").html
    rows = {row.find("a").get_text(): row.get_text(" ", strip=True) for row in page.find_all("tr")[1:]}
    assert list(rows) == [client.title for client in KNOWN]
    assert "Could connect Identifies itself by its document Nothing" in rows["Claude Code"]
    assert f"can’t reach {server.settings.issuer}" in rows["Claude"]
    assert "Only with a registered app" in rows["Cursor"]
    assert "Could connect Needs an app that is registered here Nothing" in rows["n8n"]
    hosts.unlist_host(server, "vscode.dev", by=Actor())
    try:
        page = browser.get("/admin/connects").html
        assert "Documents at vscode.dev aren’t allowed. Hosts" in page.get_text(" ", strip=True)
    finally:
        hosts.list_host(server, "vscode.dev", by=Actor())
    for link in page.find("main").find_all("a"):
        assert browser.get(link["href"].partition("#")[0]).status_int == 200


def test_the_guide_has_a_section_for_each_client(server: Server, browser: Browser) -> None:
    page = browser.get("/developer/docs/connects").html
    for client in KNOWN:
        assert page.find("h2", id=client.name).get_text() == client.title
        for uri in client.redirect_uris:
            assert uri in page.get_text()
    assert f"{server.settings.issuer}/oauth/token" in page.get_text()
    assert "{" not in page.find("main").get_text()


# An app that is registered for one of them


def of(*redirect_uris: str, methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")) -> AppSettings:
    return AppSettings(redirect_uris, methods, DEFAULT)


ZAPIER = "https://zapier.com/dashboard/auth/oauth/return/App12345CLIAPI/"


@pytest.mark.parametrize(
    ("app", "lacking"),
    [
        (of("https://app.example/callback"), {}),
        (of(ZAPIER), {"zapier": []}),
        (of(ZAPIER, methods=("none",)), {"zapier": ["it authenticates by client_secret_post or client_secret_basic"]}),
        (of("https://n8n.example.com/rest/oauth2-credential/callback"), {"n8n": []}),
        (
            of("https://claude.ai/api/mcp/auth_callback"),
            {"claude": ["it also returns to https://claude.com/api/mcp/auth_callback"]},
        ),
        (of("https://chatgpt.com/connector/oauth/Kd0abcDEF123"), {"chatgpt": []}),
        (AppSettings([ZAPIER], ("client_secret_post",), ()), {"zapier": ["it uses authorization_code"]}),
    ],
)
def test_what_an_app_lacks_for_the_client_that_it_is_meant_for(app: AppSettings, lacking: dict[str, list[str]]) -> None:
    assert {client.name: known.lacks(client, app) for client in known.meant_for(app)} == lacking


def test_names_of_known_clients_are_unique_and_their_grants_exist() -> None:
    assert len({client.name for client in KNOWN}) == len(KNOWN)
    assert {grant for client in KNOWN for grant in client.grants} <= set(GRANTS)
