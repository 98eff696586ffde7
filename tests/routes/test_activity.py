"""The activity page: what was refused in words, apart by who sent it, a wrong redirect URI as a difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
import play
import rows
from browser import Browser
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.routes.developer.activity import ROWS
from oauthsrv.routes.developer.uri_differences import difference, shared
from oauthsrv.server import Server
from oauthsrv.store.refusals import Group

OTHER = "https://app.example/callback/"


@pytest.fixture
def owner(server: Server, browser: Browser) -> make.User:
    user = make.user(server, name="Dora Developer")
    play.sign_in(browser, user)
    return user


def path(app: make.App, page: str = "activity") -> str:
    return f"/developer/apps/{app.client_id}/{page}"


def note(server: Server, app: make.App, problem: str, sent: str = "", *, own: bool = False) -> None:
    server.refusals.note(Group(app.client_id, own, "/oauth/token", problem, sent), address="192.0.2.9", is_whole=own)
    server.refusals.flush()


def test_an_app_without_refusals_has_a_page_that_says_what_to_do(
    server: Server, browser: Browser, owner: make.User
) -> None:
    page = browser.get(path(make.app(server, owner)))
    assert "No request of your app was refused." in page
    assert "OK" in page.click("Check your app’s setup")


def test_what_the_app_sent_stands_apart_from_what_anybody_can_send(
    server: Server, browser: Browser, owner: make.User
) -> None:
    app = make.app(server, owner)
    note(server, app, "code_used", own=True)
    note(server, app, "scope_unknown", "<fly:moon>")
    note(server, app, "scope_unknown", "<fly:moon>")
    own, _, others = browser.get(path(app)).text.partition("From browsers and unknown senders</h2>")
    assert PROBLEMS["code_used"].what in own
    assert PROBLEMS["code_used"].fix in own
    assert "192.0.2.9" in own
    assert PROBLEMS["scope_unknown"].what in others
    assert "&lt;fly:moon&gt;" in others
    assert "2 times, first" in others
    assert "192.0.2.0/24" in others
    assert "192.0.2.9" not in others
    assert "may not come from your app" in others


def test_every_problem_can_be_shown_and_be_the_only_one_shown(
    server: Server, browser: Browser, owner: make.User
) -> None:
    app = make.app(server, owner)
    for problem in PROBLEMS:
        note(server, app, problem)
    for problem, calls in (("pkce_missing", ""), ("code_unknown", ""), ("calls_limit", "?calls=yes")):
        page = browser.get(path(app) + calls).click(href=f"problem={problem}$")
        assert PROBLEMS[problem].what in page
        assert PROBLEMS["parameter_repeated"].what not in page
        assert "No request matches the filter." in page
    assert PROBLEMS["parameter_repeated"].what in browser.get(path(app) + "?problem=nonsense")


@pytest.mark.parametrize("own", [True, False])
def test_each_part_has_its_pages(server: Server, browser: Browser, owner: make.User, own: bool) -> None:
    app = make.app(server, owner)
    for n in range(ROWS + 1):
        note(server, app, "scope_unknown" if n % 2 else "invalid_scope", f"scope:{n:03}", own=own)
    page = browser.get(path(app))
    assert f"scope:{ROWS:03}" in page
    assert "scope:000" not in page
    older = page.click("Older")
    assert "scope:000" in older
    assert "scope:001" not in older
    assert "scope:001" in older.click("Newer")


def test_rule_12_a_nonsensical_page_or_id_is_no_error(server: Server, browser: Browser, owner: make.User) -> None:
    app = make.app(server, owner)
    for text in ("x", "-1", "0", "9" * 18, "9" * 40, "%00"):
        assert browser.get(f"{path(app)}?before={text}&before_others={text}").status_int in (200, 400)
        assert browser.get(f"{path(app, 'edit')}?add={text}").status_int in (200, 400)


def test_a_wrong_redirect_uri_is_shown_as_a_difference_and_added_by_its_own_sender(
    server: Server, browser: Browser, owner: make.User
) -> None:
    app = make.app(server, owner)
    play.ask(browser, app, redirect_uri=OTHER)
    server.refusals.flush()
    page = browser.get(path(app))
    assert "https://app.example/callback<del>/</del>" in page
    assert "you, signed in" in page
    edit = page.click("Add this URI")
    assert f"not saved yet: {OTHER} Save it only if it’s yours" in edit.html.find(id="added").get_text()
    assert 'id="added"' not in browser.get(path(app, "edit"))
    form = play.form_with(edit, "redirect_uris")
    assert form["redirect_uris"].value.split() == [app.redirect_uri, OTHER]
    assert form.submit().status_int == 303
    assert "Add this URI" not in browser.get(path(app))


@pytest.mark.parametrize(
    ("whence", "is_honoured"), [("same-origin", True), ("cross-site", False), ("same-site", False), ("none", False)]
)
def test_rule_13_a_link_of_another_site_adds_no_redirect_uri(
    server: Server, browser: Browser, owner: make.User, whence: str, is_honoured: bool
) -> None:
    app = make.app(server, owner)
    play.ask(browser, app, redirect_uri=OTHER)
    server.refusals.flush()
    link = browser.get(path(app)).html.find("a", string="Add this URI")["href"]
    page = browser.get(link, extra_environ={"HTTP_SEC_FETCH_SITE": whence})
    assert (OTHER in page) is is_honoured
    assert app.redirect_uri in page


def test_nobody_is_offered_an_address_that_an_unknown_sender_sent(
    server: Server, browser: Browser, owner: make.User
) -> None:
    app = make.app(server, owner)
    play.ask(browser.another(), app, redirect_uri=OTHER)
    member, admin = make.user(server), make.user(server, admin=True)
    rows.rows(
        server,
        "INSERT INTO client_member (client_id, user_id, invited_by, accepted_at) "
        "VALUES (%(client_id)s, %(user_id)s, 'test', now())",
        client_id=app.client_id,
        user_id=member.user_id,
    )
    for user in (member, admin):
        theirs = browser.another()
        play.sign_in(theirs, user)
        play.ask(theirs, app, redirect_uri=OTHER)
        if user is member:
            server.refusals.flush()
            assert "Add this URI" in theirs.get(path(app))
    server.refusals.flush()
    page = browser.get(path(app))
    assert "<del>/</del>" in page
    assert "Ada Example, signed in" in page
    assert "Add this URI" not in page
    for row in rows.rows(server, "SELECT refusal_id FROM refusal WHERE client_id = %(id)s", id=app.client_id):
        form = play.form_with(browser.get(f"{path(app, 'edit')}?add={row.refusal_id}"), "redirect_uris")
        assert form["redirect_uris"].value.split() == [app.redirect_uri]


def test_an_address_that_may_not_be_registered_is_not_offered(
    server: Server, browser: Browser, owner: make.User
) -> None:
    app = make.app(server, owner)
    for wrong in ("http://app.example/callback", "https://app.example/cb?code=1", "javascript:alert(1)"):
        play.ask(browser, app, redirect_uri=wrong)
    server.refusals.flush()
    page = browser.get(path(app))
    assert "javascript" in page
    assert "Add this URI" not in page


def test_only_developers_of_the_app_and_administrators_see_it(
    server: Server, browser: Browser, owner: make.User
) -> None:
    app = make.app(server, owner)
    for admin, status in ((False, 404), (True, 200)):
        theirs = browser.another()
        play.sign_in(theirs, make.user(server, admin=admin))
        assert theirs.get(path(app)).status_int == status
        assert theirs.get(path(app, "doctor")).status_int == status


def test_a_difference_is_shown_in_whole_words_against_the_nearest() -> None:
    shown = difference("http://app.example/call", ["https://far.example/x", "https://app.example/callback"])
    assert [piece for piece in shown.sent if piece.differs] == [("http", True), ("call", True)]
    assert [piece for piece in shown.registered if piece.differs] == [("https", True), ("callback", True)]
    assert "".join(piece.text for piece in shown.registered) == "https://app.example/callback"
    assert "".join(piece.text for piece in shown.sent) == "http://app.example/call"
    same = difference("https://a.example", ["https://a.example"])
    assert same.sent == same.registered == [("https://a.example", False)]


@pytest.mark.parametrize(
    ("sent", "registered", "marked"),
    [
        ("https://app.example/cb/", "https://app.example/cb", (["/"], [])),
        ("https://app.example/cb", "https://app.example/cb/", ([], ["/"])),
        ("https://www.app.example/cb", "https://app.example/cb", (["www."], [])),
        ("http://localhost:5000/cb", "http://127.0.0.1/cb", (["localhost:5000"], ["127.0.0.1"])),
        ("https://app.example:8443/cb", "https://app.example/cb", ([":8443"], [])),
        ("https://app.example/a/cb?x=1", "https://app.example/b/cb", (["a", "?x=1"], ["b"])),
        ("", "https://app.example/cb", ([], ["https://app.example/cb"])),
    ],
)
def test_a_difference_reads_as_what_is_wrong(sent: str, registered: str, marked: tuple[list[str], list[str]]) -> None:
    shown = difference(sent, [registered])
    assert tuple([piece.text for piece in pieces if piece.differs] for pieces in shown) == marked


class Counted(str):
    """A token that counts how often any was compared."""

    __slots__ = ()
    compared = 0

    def __ne__(self, other: object) -> bool:
        Counted.compared += 1
        return str(self) != other


@given(st.text("ab-/:?#.", max_size=500), st.text("ab-/:?#.", max_size=500))
def test_rule_12_a_difference_looks_at_each_word_once_whatever_was_sent(sent: str, registered: str) -> None:
    shown = difference(sent, [registered])
    assert "".join(piece.text for piece in shown.sent) == sent
    assert "".join(piece.text for piece in shown.registered) == registered
    for pieces in shown:
        assert sum(piece.differs for piece in pieces) <= 4
    Counted.compared = 0
    shared([Counted(letter) for letter in sent], list(registered))
    assert Counted.compared <= len(sent)
