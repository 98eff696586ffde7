"""Quickstarts: which programs an app is shown, and that they hold its values as values."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows import catalog
from oauthsrv.routes.developer.literals import BY_NUMBER, literal
from oauthsrv.routes.developer.quickstart import DEMO_API, PORT, apis_of, quickstart_of
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID
from oauthsrv.routes.developer.starts import BROWSER, KINDS, MOBILE, TERMINAL, WEB, Language
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction

LANGUAGES = tuple(language for kind in KINDS for language in kind.languages)
LOOPBACK = "http://127.0.0.1/callback"
OWN_SCHEME = "com.example.app:/callback"
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
HOSTILE = "</script><!--\"'`$(id)${x}$x\\(x)\\u0041%s{x}#{x};&amp;</string>]]>"


@pytest.fixture
def ada(server: Server, browser: Browser) -> make.User:
    ada = make.user(server, name="Ada Developer")
    assert play.sign_in(browser, ada).status_int == 303
    return ada


def text_of(page: TestResponse, element_id: str) -> str:
    return str(page.html.find(id=element_id).get_text())


def tabs(page: TestResponse, label: str) -> list[str]:
    return [link.get_text() for link in page.html.find("nav", {"aria-label": label}).find_all("a")]


def here(page: TestResponse, label: str) -> str:
    return str(page.html.find("nav", {"aria-label": label}).find("a", {"aria-current": "page"}).get_text())


def parts_of(language: Language) -> list[str]:
    return [f"{language.name}-{file.part}" for file in language.files]


# What an app is shown


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_a_program_has_the_values_of_its_app(
    server: Server, browser: Browser, ada: make.User, language: Language
) -> None:
    app = make.app(server, ada, type="public", redirect_uris=("https://app.example/cb", LOOPBACK, OWN_SCHEME))
    page = browser.get(f"/developer/apps/{app.client_id}/quickstart?language={language.name}")
    code = "".join(text_of(page, part) for part in parts_of(language))
    values = [app.client_id, server.settings.issuer, "read:profile"]
    returns = OWN_SCHEME if language in MOBILE.languages else "127.0.0.1"
    assert [value for value in values if value not in code and value.replace(":", "%3A") not in code] == []
    assert returns in code or language.name == "client"
    assert "client_secret" not in code.lower()


def test_an_app_with_a_secret_reads_it_from_the_environment(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada, redirect_uris=(LOOPBACK,))
    for language in (*WEB.languages, *TERMINAL.languages):
        page = browser.get(f"/developer/apps/{app.client_id}/quickstart?language={language.name}")
        assert "CLIENT_SECRET" in text_of(page, f"{language.name}-code")
        assert text_of(page, f"{language.name}-run").startswith("export CLIENT_SECRET=your-client-secret\n")


def test_what_is_built_is_chosen_on_the_page_and_guessed_from_type_and_redirect_uris(
    server: Server, browser: Browser, ada: make.User
) -> None:
    every = [kind.title for kind in KINDS]
    for uris, type, guess, kinds in (
        ((LOOPBACK,), "confidential", WEB, [WEB.title, TERMINAL.title]),
        (("https://app.example/cb",), "public", BROWSER, every),
        ((OWN_SCHEME,), "public", MOBILE, every),
        ((LOOPBACK,), "public", TERMINAL, every),
    ):
        app = make.app(server, ada, type=type, redirect_uris=uris)
        page = browser.get(f"/developer/apps/{app.client_id}/quickstart")
        assert (here(page, "What you build"), tabs(page, "What you build")) == (guess.title, kinds)
        for title in kinds:
            assert here(page.click(f"^{title}$"), "What you build") == title
        # A secret has no place in a page or on a phone; an unknown language is the first one.
        page = browser.get(f"/developer/apps/{app.client_id}/quickstart?language=cobol")
        assert here(page, "What you build") == guess.title
    confidential = make.app(server, ada, redirect_uris=(LOOPBACK,))
    page = browser.get(f"/developer/apps/{confidential.client_id}/quickstart?language=browser")
    assert here(page, "What you build") == WEB.title


@pytest.mark.parametrize(
    ("uri", "language", "added"),
    [
        (OWN_SCHEME, "flask", LOOPBACK),
        (OWN_SCHEME, "curl", LOOPBACK),
        (LOOPBACK, "ios", OWN_SCHEME),
        ("http://127.0.0.1", "express", LOOPBACK),
        ("http://127.0.0.1/call'back$(id)?a=b", "browser", LOOPBACK),
        ("http://localhost:9000/callback", "client", LOOPBACK),
    ],
)
def test_an_app_without_a_redirect_uri_for_a_program_sees_which_to_add(
    server: Server, browser: Browser, ada: make.User, uri: str, language: str, added: str
) -> None:
    app = make.app(server, ada, type="public", redirect_uris=(uri,))
    page = browser.get(f"/developer/apps/{app.client_id}/quickstart?language={language}")
    assert page.html.find(id=f"{language}-code") is None
    assert added in page.html.find(class_="notice").get_text()
    assert page.click("Add the redirect URI").request.path.endswith("/edit")


def test_an_app_whose_users_return_elsewhere_sees_how_to_try_it_here(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada, redirect_uris=("https://app.example/callback",))
    page = browser.get(f"/developer/apps/{app.client_id}/quickstart?language=flask")
    assert "To try it on your own machine" in page
    assert '@app.get("/callback")' in text_of(page, "flask-code")


def test_the_apis_that_accept_its_tokens_are_named(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada, type="public", redirect_uris=(LOOPBACK,))
    path = f"/developer/apps/{app.client_id}/quickstart?language=browser"
    uri = f"https://{app.client_id[-8:]}.example/api"
    make.api(server, resource=uri, scopes=("read:profile",))
    assert uri in apis_of(server, ["read:profile"]) or len(apis_of(server, ["read:profile"])) == 3
    assert "APIs that accept this app’s tokens" in browser.get(path)
    assert quickstart_of("https://login.example.com", "cli_0", None, [LOOPBACK], ["a"], kind=BROWSER).api == DEMO_API


def test_another_persons_app_has_no_quickstart(server: Server, browser: Browser, ada: make.User) -> None:
    assert browser.get(f"/developer/apps/{make.app(server).client_id}/quickstart").status_int == 404


def test_a_new_app_is_shown_its_programs_at_once_with_its_secret(browser: Browser, ada: make.User) -> None:
    form = play.form_with(browser.get("/developer/apps/new"), "redirect_uris")
    form["name"], form["type"], form["redirect_uris"] = "Zap Connector", "confidential", LOOPBACK
    form.set("scopes", True, index=0)
    page = form.submit()
    secret = text_of(page, "client-secret")
    shown = page.html.find_all("details", {"name": "quickstart"})
    assert [one.find("summary").get_text() for one in shown] == [language.title for language in WEB.languages]
    assert [one.has_attr("open") for one in shown] == [True, False]
    for language in WEB.languages:
        assert text_of(page, f"{language.name}-run") == f"export CLIENT_SECRET={secret}\n{language.run}"
        assert secret not in text_of(page, f"{language.name}-code")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert secret not in page.click("^Quickstart$")


def test_the_guide_has_every_program_before_there_is_an_app(browser: Browser) -> None:
    page = browser.get("/developer/docs/quickstart")
    assert tabs(page, "What you build") == [kind.title for kind in KINDS]
    for language in LANGUAGES:
        page = browser.get(f"/developer/docs/quickstart?language={language.name}")
        assert YOUR_CLIENT_ID in text_of(page, f"{language.name}-code")


def test_a_redirect_uri_is_chosen_that_the_programs_can_use() -> None:
    def of(*uris: str) -> tuple[str | None, bool, tuple[str, str] | None]:
        chosen = quickstart_of("https://login.example.com", "cli_0", None, uris, ["read:data"], kind=TERMINAL)
        return chosen.redirect_uri, chosen.on_this_machine, chosen.listens

    port = f":{PORT}"
    assert of("https://a.example/cb") == ("https://a.example/cb", False, None)
    assert of(OWN_SCHEME) == (None, False, None)
    assert of("https://a.example/cb", "http://127.0.0.1/cb") == (
        f"http://127.0.0.1{port}/cb", True, ("127.0.0.1", "/cb"),
    )  # fmt: skip
    assert of("http://[::1]/cb", "http://localhost:8080/cb") == (
        "http://localhost:8080/cb", True, ("localhost", "/cb"),
    )  # fmt: skip
    assert of("http://[::1]/cb") == (f"http://[::1]{port}/cb", True, None)
    assert of("http://127.0.0.1") == (f"http://127.0.0.1{port}", True, None)
    assert of("http://127.0.0.1/cb?a=b") == (f"http://127.0.0.1{port}/cb?a=b", True, None)


@pytest.mark.parametrize(
    ("uri", "page"),
    [
        ("http://127.0.0.1/", "index.html"),
        ("http://127.0.0.1", "index.html"),
        ("http://127.0.0.1/callback", "callback/index.html"),
        ("https://app.example/a/b/", "a/b/index.html"),
        ("https://app.example/app.html", "app.html"),
    ],
)
def test_a_page_is_saved_where_the_redirect_uri_finds_it(uri: str, page: str) -> None:
    assert quickstart_of("https://login.example.com", "cli_0", None, [uri], ["a"], kind=BROWSER).page == page


@pytest.mark.parametrize("uri", ["http://127.0.0.1/../x", "http://127.0.0.1/.ssh/x", "http://127.0.0.1//x"])
def test_a_page_is_saved_nowhere_else(uri: str) -> None:
    assert quickstart_of("https://login.example.com", "cli_0", None, [uri], ["a"], kind=BROWSER).path is None


# Literals


def javascript(text: str) -> str:
    return str(json.loads(text))


def xml(text: str) -> str:
    return str(ElementTree.fromstring(f"<a b={text}/>").get("b"))


def kotlin(text: str) -> str:
    assert "$" not in text, "it would start a template"
    return str(json.loads(text))


def swift(text: str) -> str:
    assert "\\(" not in text, "it would start an interpolation"
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text[1:-1])


READERS = {"python": ast.literal_eval, "javascript": javascript, "kotlin": kotlin, "swift": swift, "xml": xml}


@pytest.mark.parametrize("language", BY_NUMBER)
@pytest.mark.parametrize("value", [PRINTABLE, HOSTILE, ""])
def test_a_value_stays_a_value_in_every_language(language: str, value: str) -> None:
    text = literal(language, value)
    assert READERS[language](text) == value
    assert set("<>'`$") & set(text) == set()
    assert set(text[1:-1]) & {'"', "\n"} == set()


@pytest.mark.parametrize("value", [PRINTABLE, HOSTILE, ""])
def test_a_value_is_one_word_of_a_shell(value: str) -> None:
    said = subprocess.run(["sh", "-c", f"printf %s {literal('shell', value)}"], capture_output=True, check=True)
    assert said.stdout.decode() == value


def test_scopes_are_a_list_in_each_language() -> None:
    assert literal("python", ("a", "b$")) == '["a", "b\\u0024"]'
    assert literal("kotlin", ("a", "b$")) == 'listOf("a", "b\\u0024")'
    assert literal("swift", ("a", "b$")) == '["a", "b\\u{24}"]'


class Scripts(HTMLParser):
    """What a browser takes as the script of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.found = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        self.found += data if self.inside else ""


def test_a_hostile_scope_cannot_leave_the_script_of_a_page(server: Server, browser: Browser, ada: make.User) -> None:
    scope = "</script><img/src=x>$(id)'${a}`"
    with transaction(server.database) as db:
        sql.scopes.add(db, scope=scope, **dataclasses.asdict(catalog.ScopeFields("Anything", 998, False)))
    app = make.app(server, ada, type="public", redirect_uris=(LOOPBACK,), scopes=(scope,))
    page = browser.get(f"/developer/apps/{app.client_id}/quickstart?language=browser")
    scripts = Scripts()
    scripts.feed(text_of(page, "browser-code"))
    assert scripts.found.rstrip().endswith("shown(comeBack)()")
    assert literal("javascript", scope) in scripts.found
