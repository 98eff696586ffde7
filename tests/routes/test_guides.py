"""Guides as readers find their way: headings, search, values of their own app, and their length."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows import catalog
from oauthsrv.pages.guide_text import headings, passages
from oauthsrv.places import TEMPLATES
from oauthsrv.routes.developer import docs
from oauthsrv.routes.developer.docs import CONTENTS_FROM, GUIDES
from oauthsrv.routes.developer.errors import CODES
from oauthsrv.routes.developer.guide_search import SNIPPET, Entry, search, terms_of
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction
from sources import TESTS, tree

SEARCH = f"{docs.PATH}/search"
MOST_WORDS = 600


def found(browser: Browser, query: str) -> list[str]:
    """Where the results of a search lead."""
    page = browser.get(f"{SEARCH}?q={quote(query)}")
    return [link["href"] for link in page.html.select("ol.results > li > a")]


# Reading


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_a_guide_is_short_and_lists_its_headings_if_there_are_many(browser: Browser, guide: docs.Guide) -> None:
    page = browser.get(guide.path).html
    expected = [f"#{heading.anchor}" for heading in headings(guide.name)]
    assert [link["href"] for link in page.select("nav.contents a")] == expected * (len(expected) >= CONTENTS_FROM)
    article = page.find("article")
    assert [heading for heading in article.find_all("h2") if not heading.get("id")] == []
    assert {heading["id"] for heading in article.find_all("h2")} >= {fragment[1:] for fragment in expected}
    for other in article.select(".code, table, section"):  # programs, and data
        other.decompose()
    assert len(article.get_text(" ").split()) < MOST_WORDS


def test_every_error_code_has_an_anchor_that_error_uri_leads_to(browser: Browser) -> None:
    page = browser.get(f"{docs.PATH}/errors").html
    assert [code for code in CODES if page.find("tr", id=code) is None] == []
    assert (
        browser.get("/developer/errors/req_0?error=invalid_grant").click("All errors").request.path.endswith("/errors")
    )


def test_every_program_of_a_guide_is_run_by_a_test() -> None:
    """Each block of code has an id, and is taken by a test as ("guide", "id")."""
    shown = {
        (guide.name, re.sub('.* id="([^"]+)".*', r"\1", block))
        for guide in GUIDES
        for block in re.findall("<%code:block [^>]*>", (TEMPLATES / f"docs/{guide.name}.mako").read_text())
    }
    programs = [path for path in TESTS if path.parent.name == "end_to_end"]
    calls = [node for path in programs for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    taken = {
        tuple(argument.value for argument in call.args[:2] if isinstance(argument, ast.Constant)) for call in calls
    }
    assert shown - taken == {("pkce", language) for language in ("shell", "python", "node")}  # by a parametrized test


# Search


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("PKCE", "/developer/docs/pkce"),
        ("invalid_grant", "/developer/docs/errors#invalid_grant"),
        ("read:profile", "/developer/docs/reference#scope-read%3Aprofile"),
        ("refreshing tokens", "/developer/docs/refresh"),
        ("userinfo", "/developer/docs/identity"),
        ("rate limit", "/developer/docs/limits"),
        ("how do I revoke a token", "/developer/docs/revocation"),
        ("what to store", "/developer/docs/refresh#what-to-store"),
        ("android", "/developer/docs/mobile"),
        ("redirect uri mismatch", "/developer/docs/errors#cause-redirect_uri_mismatch"),
        ("localStorage", "/developer/docs/single-page-app#keep-tokens"),
    ],
)
def test_a_search_finds_first_what_its_words_are_about(browser: Browser, query: str, first: str) -> None:
    results = found(browser, query)
    assert results[0].startswith(first), results[:5]


def test_a_result_leads_to_its_passage_and_shows_what_matched(browser: Browser) -> None:
    page = browser.get(f"{SEARCH}?q=grace+reuse+thief")
    for link in page.html.select("ol.results > li > a"):
        parts = urlsplit(link["href"])
        assert not parts.fragment or browser.get(parts.path).html.find(id=parts.fragment), link
    assert "thief" in [mark.get_text().lower() for mark in page.html.find_all("mark")]


def test_a_search_that_finds_nothing_says_what_to_do(browser: Browser) -> None:
    page = browser.get(f"{SEARCH}?q=zebra")
    assert "Nothing found for “zebra”." in page.html.get_text()
    assert page.html.find("a", href="/developer/docs/refresh")
    assert browser.get(SEARCH).html.find("input", {"name": "q"})["value"] == ""


@pytest.mark.parametrize(
    "query",
    [
        "<script>alert(1)</script>",
        "(((((",
        "\\",
        "%00",
        "a" * 5000,
        " ".join("word" for _ in range(1000)),
        "\udc80",
        "*",
    ],
)
def test_rule_12_any_query_is_text(browser: Browser, query: str) -> None:
    page = browser.get(f"{SEARCH}?q={quote(query, errors='surrogateescape')}")
    assert page.status_int in (200, 400)
    assert page.html.find("script", string=re.compile("alert")) is None


def test_what_was_added_to_the_catalog_is_found_at_once(server: Server, browser: Browser) -> None:
    assert found(browser, "read:unicorns") == []
    with transaction(server.database) as db:
        fields = catalog.ScopeFields("Read your unicorns", 998)
        sql.scopes.add(db, scope="read:unicorns", **dataclasses.asdict(fields))
    assert found(browser, "read:unicorns")[0].endswith("/reference#scope-read%3Aunicorns")


ENTRIES = [
    Entry("Refresh", "", "/r", "How to renew tokens."),
    Entry(
        "Refresh", "Rotation", "/r#rotation", "Each token works once. " * 40 + "A thief gets nothing. " + "Wait. " * 90
    ),
    Entry("Errors", "invalid_grant", "/e#invalid_grant", "The token is unknown."),
]


def test_words_lose_their_suffixes_and_long_queries_are_cut() -> None:
    assert terms_of("Refreshing TOKENS, scopes. used") == ["refresh", "token", "scop", "used"]
    assert len(terms_of(" ".join(f"word{number}" for number in range(100)))) == 8


def test_all_words_come_before_any_and_an_exact_name_before_both() -> None:
    assert [result.path for result in search(ENTRIES, "thief token")] == ["/r#rotation"]
    assert [result.path for result in search(ENTRIES, "thief unicorn")] == ["/r#rotation"]
    assert search(ENTRIES, "INVALID_GRANT")[0].path == "/e#invalid_grant"
    assert search(ENTRIES, "unicorn") == []


def test_a_snippet_shows_the_match_and_is_short() -> None:
    (result,) = search(ENTRIES, "thief")
    text = "".join(part for _, part in result.snippet)
    assert text.startswith("… ")
    assert len(text) <= SNIPPET + 4
    assert [part for is_match, part in result.snippet if is_match] == ["thief"]


def test_a_page_is_read_as_passages() -> None:
    page = (
        "<main><nav>Not this</nav><article><p>First</p><h2 id='a'><a>One</a></h2><p>Text<b>bold</b></p>"
        "<p class='code-head'><span>Shell</span></p>"
        "<table><tr id='x'><td>code</td><td>It is</td></tr></table><p>After</p></article>Nor this</main>"
    )
    assert [tuple(passage) for passage in passages(page)] == [
        *(("", "", "First"), ("One", "a", "Textbold After"), ("code", "x", "It is")),
    ]


# Values of the reader's own app


def sample(page: Any) -> str:
    return str(page.html.find(id="refresh").get_text())


def test_samples_have_the_values_of_the_readers_own_app_and_never_a_secret(server: Server, browser: Browser) -> None:
    page = browser.get(f"{docs.PATH}/refresh")
    assert YOUR_CLIENT_ID in sample(page)
    ada = make.user(server, name="Ada Developer")
    signing_in = play.form_with(page.click("^Sign in$", index=-1), "password")
    signing_in["email"], signing_in["password"] = ada.email, make.PASSWORD
    back = signing_in.submit().follow()
    assert back.request.path == f"{docs.PATH}/refresh"
    assert YOUR_CLIENT_ID in sample(back)
    first = make.app(server, ada, name="First", type="public", redirect_uris=("http://127.0.0.1/callback",))
    second = make.app(server, ada, name="Second", redirect_uris=("https://second.example/it's",))
    page = browser.get(f"{docs.PATH}/refresh")
    assert f'-u "{second.client_id}:$CLIENT_SECRET"' in sample(page)
    pushed = browser.get(f"{docs.PATH}/par").html.find(id="push").get_text()
    assert """redirect_uri='https://second.example/it'"'"'s'""" in pushed

    form = play.form_with(page, "app")
    form["app"] = first.client_id
    chosen = form.submit()
    assert f"-d client_id={first.client_id}" in sample(chosen)
    assert f"-d client_id={first.client_id}" in sample(browser.get(f"{docs.PATH}/refresh"))
    assert first.client_id in browser.get(f"{docs.PATH}/par")


def test_nobody_sees_values_of_an_app_of_another_user(server: Server, browser: Browser) -> None:
    other = make.app(server)
    assert other.client_id not in browser.get(f"{docs.PATH}/refresh?app={other.client_id}")
    ada = make.user(server, name="Ada Developer")
    play.sign_in(browser, ada)
    page = browser.get(f"{docs.PATH}/refresh?app={other.client_id}")
    assert YOUR_CLIENT_ID in sample(page)
    assert "Set-Cookie" not in page.headers
