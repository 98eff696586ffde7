"""Guides and quickstarts: who may read them, that their links lead somewhere, that they say what the code does."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from bottle import Router
from webtest import TestResponse

import make
import play
from browser import Browser, wsgi
from oauthsrv.flows import catalog
from oauthsrv.flows.clients.known import KNOWN
from oauthsrv.oauth import bearer, errors
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.places import TEMPLATES
from oauthsrv.routes import MAP
from oauthsrv.routes.developer import docs
from oauthsrv.routes.developer.docs import GUIDES
from oauthsrv.routes.developer.guide_values import duration
from oauthsrv.routes.developer.rfcs import RFCS
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.limits import LIMITS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [docs.PATH, *(guide.path for guide in GUIDES)]


@pytest.fixture
def ada(server: Server, browser: Browser) -> make.User:
    ada = make.user(server, name="Ada Developer")
    assert play.sign_in(browser, ada).status_int == 303
    return ada


def text_of(page: TestResponse, element_id: str) -> str:
    return str(page.html.find(id=element_id).get_text())


# Guides


def is_a_page(path: str) -> bool:
    router = Router()
    for method, rule, _, _ in MAP:
        router.add(rule, method, None)
    try:
        router.match({"REQUEST_METHOD": "GET", "PATH_INFO": path})
    except Exception:
        return False
    return True


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_a_guide_is_given_the_arguments_of_its_template(server: Server, guide: docs.Guide) -> None:
    template = (TEMPLATES / f"docs/{guide.name}.mako").read_text()
    named = re.search(r'<%page args="([^"]*)"', template)
    assert named
    assert set(named[1].split(", ")) - {"place", "issuer", "sample"} == set(guide.values(Request(server, {}, {})))


def leads_somewhere(link: str, guides: dict[str, Any], of: str) -> bool:
    parts = urlsplit(link)
    if parts.path and parts.path not in guides:
        return not parts.netloc and is_a_page(parts.path)
    return not parts.fragment or guides[parts.path or of].find(id=parts.fragment) is not None


def test_guides_are_there_for_everybody_and_every_link_of_them_leads_to_a_page(browser: Browser) -> None:
    guides = {path: browser.get(path).html for path in PAGES}
    for path, page in guides.items():
        sidebar = page.find("nav", {"aria-label": "Guides"})
        assert sidebar.find("a", {"aria-current": "page"})["href"] == path
        assert [a["href"] for a in page.find_all("a") if not leads_somewhere(a["href"], guides, path)] == [], path
    for before, after in pairwise(PAGES[1:]):
        assert guides[before].find("a", {"rel": "next"})["href"] == after
        assert guides[after].find("a", {"rel": "prev"})["href"] == before


def test_a_guide_that_does_not_exist_leads_to_those_that_do(browser: Browser) -> None:
    page = browser.get(f"{docs.PATH}/nothing", status=404)
    assert page.click("All guides").request.path == docs.PATH


def addresses_of_known_clients() -> set[str]:
    text = " ".join(uri for client in KNOWN for uri in (client.document, *client.redirect_uris))
    return set(re.findall(r"https?://[\w.:-]+", text))


def test_every_address_in_a_guide_is_of_this_server(server: Server) -> None:
    issuer = "https://login.example.com"
    settings = dataclasses.replace(server.settings, issuer=issuer)
    known = server.settings
    try:
        server.settings = settings
        browser = Browser(wsgi(server))
        for path in PAGES:
            text = browser.get(path).html.find("main").get_text()
            found = set(re.findall(r"https?://[\w.:-]+", text))
            assert known.issuer not in found, path
            here = ("http://127.0.0.1", "http://localhost")
            elsewhere = {address.rstrip(".") for address in found if not address.startswith(here)}
            of_clients = addresses_of_known_clients() if path.endswith("/connects") else set()
            examples = {f"https://{name}.example.com" for name in ("mcp", "api", "app")}
            assert elsewhere <= {issuer, *examples, *of_clients}, path
        assert issuer in browser.get(docs.PATH)
    finally:
        server.settings = known


def every_error(kind: type[errors.OAuthError]) -> set[type[errors.OAuthError]]:
    below = {each for child in kind.__subclasses__() for each in every_error(child)}
    return {each for each in {kind, *below} if each.__module__ in {errors.__name__, bearer.__name__}}


def test_every_error_of_the_code_is_in_the_guide_with_its_status(browser: Browser) -> None:
    page = browser.get(f"{docs.PATH}/errors")
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in page.html.find_all("tr")]
    shown = {row[0]: row[1] for row in rows if len(row) == 4}
    for kind in every_error(errors.OAuthError) - {errors.OAuthError}:
        assert shown[kind.error] in {str(kind.status), "redirect"}, kind
    assert shown["too_many_requests"] == "429"
    assert all(cell.strip() for row in rows for cell in row)


def test_every_problem_that_an_app_can_have_is_in_the_guide(browser: Browser) -> None:
    text = browser.get(f"{docs.PATH}/errors").html.get_text()
    for problem in PROBLEMS.values():
        assert problem.what in text
        assert problem.fix in text


def test_every_limit_of_the_code_is_in_the_guide(browser: Browser) -> None:
    page = browser.get(f"{docs.PATH}/limits")
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in page.html.find_all("tr")]
    shown = {row[0]: row[1:] for row in rows if row}
    assert set(shown) == set(LIMITS)
    for name, limit in LIMITS.items():
        assert shown[name][1:] == [duration(limit.seconds), limit.counts]
        assert name == "share" or shown[name][0] == f"{limit.most:,}"
    assert 'RateLimit-Policy: "calls";q=1000;w=3600' in page.html.get_text()


def test_lifetimes_are_those_of_the_settings(server: Server) -> None:
    known = server.settings
    try:
        server.settings = dataclasses.replace(
            known, access_ttl=900, refresh_ttl=86_400, refresh_max_age=7 * 86_400, refresh_grace=45
        )
        text = Browser(wsgi(server)).get(f"{docs.PATH}/refresh").html.get_text()
        for lifetime in ("15 minutes", "1 day", "7 days", "45 seconds"):
            assert lifetime in text
        server.settings = dataclasses.replace(known, refresh_grace=0)
        assert "got lost" not in Browser(wsgi(server)).get(f"{docs.PATH}/refresh")
    finally:
        server.settings = known


def test_the_catalog_is_shown_with_what_is_sensitive_and_what_is_deprecated(server: Server, browser: Browser) -> None:
    with transaction(server.database) as db:
        fax = catalog.ScopeFields("Send faxes", 999, True, consent_text="Send a fax")
        sql.scopes.add(db, scope="fax", **dataclasses.asdict(fax))
        sql.scopes.deprecate(db, scope="fax")
    row = browser.get(f"{docs.PATH}/reference").html.find(id="scope-fax")
    assert [cell.get_text(" ", strip=True) for cell in row.find_all("td")] == [
        *("fax sensitive deprecated", "Send faxes", "Send a fax", "–", "Apps that have it already"),
    ]
    assert "offline_access" in browser.get(f"{docs.PATH}/scopes")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 second"), (90, "90 seconds"), (600, "10 minutes"), (5400, "90 minutes"), (31_536_000, "365 days")],
)
def test_a_duration_is_shown_in_the_largest_unit_that_fits(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_the_code_and_the_test_of_every_rfc_exist() -> None:
    for row in RFCS:
        module, _, name = row.code.rpartition(".")
        source = ROOT / "oauthsrv" / (module.replace(".", "/") + ".py")
        assert re.search(rf"^(def|class) {name}\b|^{name} = ", source.read_text(), re.M), row
        assert (ROOT / "tests" / row.test).is_file(), row
        assert not row.endpoint or any(path.startswith(row.endpoint) for _, path, _, _ in MAP), row
