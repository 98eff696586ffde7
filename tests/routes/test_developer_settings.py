"""The developer portal: optional scopes, deprecated ones, the logo, and what verification depends on."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import Upload
from webtest.forms import File

import make
import play
import rows
from browser import Browser
from oauthsrv import logos
from oauthsrv.flows import catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.server import Server
from oauthsrv.store import limits
from portal import an_hour_passes, apps_of, error_at, filled, owned, text_of
from test_logos import picture


def choices(form: Any, field: str) -> dict[str, Any]:
    return {box._value: box for box in form.fields[field]}


# What users may leave out


def test_scopes_can_be_marked_as_such_that_users_may_leave_out(
    server: Server, browser: Browser, ada: make.User
) -> None:
    form = filled(browser.get("/developer/apps/new"))
    for field, scopes in (("scopes", ("read:profile", "read:data")), ("optional_scopes", ("read:data",))):
        for scope, box in choices(form, field).items():
            box.checked = scope in scopes
    client_id = text_of(form.submit(), "client-id")
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.optional_scopes == {"read:data"}
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    assert [scope for scope, box in choices(form, "optional_scopes").items() if box.checked] == ["read:data"]
    choices(form, "optional_scopes")["read:data"].checked = False
    form.submit()
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.optional_scopes == frozenset()


@pytest.mark.parametrize(
    ("scopes", "optional", "message"),
    [
        (("read:profile",), ("read:data",), "Not among the app’s scopes: read:data."),
        (("read:profile", "read:data"), ("read:profile", "read:data"), "Clear at least one"),
    ],
)
def test_optional_scopes_that_make_no_sense_are_refused_with_all_that_was_ticked(
    browser: Browser, ada: make.User, scopes: tuple[str, ...], optional: tuple[str, ...], message: str
) -> None:
    form = filled(browser.get("/developer/apps/new"))
    for field, ticked in (("scopes", scopes), ("optional_scopes", optional)):
        for scope, box in choices(form, field).items():
            box.checked = scope in ticked
    page = form.submit()
    assert message in error_at(page, "optional_scopes")
    again = play.form_with(page, "redirect_uris")
    assert tuple(scope for scope, box in choices(again, "optional_scopes").items() if box.checked) == optional


def test_sensitive_scopes_stand_out_in_the_form(browser: Browser, ada: make.User) -> None:
    page = browser.get("/developer/apps/new")
    [sensitive] = [tag.find_parent("label") for tag in page.html.find_all(class_="tag")]
    assert "read:billing" in sensitive.get_text()


def test_a_deprecated_scope_is_offered_only_to_apps_that_hold_it(
    server: Server, browser: Browser, ada: make.User
) -> None:
    holder, other = owned(server, ada, scopes=("read:profile", "webhooks")), owned(server, ada)
    catalog.deprecate(server, "webhooks", by=Actor())
    try:
        for path in ("/developer/apps/new", f"/developer/apps/{other}/edit"):
            assert "Manage webhooks" not in browser.get(path)
        page = browser.get(f"/developer/apps/{holder}/edit")
        [deprecated] = [tag.find_parent("label") for tag in page.html.find_all(class_="tag", string="deprecated")]
        assert "webhooks" in deprecated.get_text()
        assert play.form_with(page, "redirect_uris").submit().status_int == 303
        form = play.form_with(browser.get(f"/developer/apps/{other}/edit"), "redirect_uris")
        fields = [*form.submit_fields(), ("scopes", "webhooks")]
        refused = browser.post(f"/developer/apps/{other}/edit", fields)
        assert "There is no scope “webhooks”" in error_at(refused, "scopes")
    finally:
        catalog.restore(server, "webhooks", by=Actor())


# The logo


def with_file(form: Any, content: bytes) -> Any:
    """The form with that file chosen."""
    [field] = [field for field in form.fields["logo"] if isinstance(field, File)]
    field.value = Upload("logo.png", content, "image/png")
    return form


def logo_of(server: Server, client_id: str) -> str | None:
    client = server.clients.find_client(client_id)
    assert client is not None
    return client.logo_version


def edit_form(browser: Browser, client_id: str) -> Any:
    return play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")


def test_a_new_app_has_the_chosen_logo_re_encoded(server: Server, browser: Browser, ada: make.User) -> None:
    chosen = picture("JPEG")
    created = with_file(filled(browser.get("/developer/apps/new")), chosen).submit()
    client_id = text_of(created, "client-id")
    assert browser.get(f"/logos/{client_id}").body == logos.draw(chosen)
    address = f"/logos/{client_id}?v={logo_of(server, client_id)}"
    assert browser.get(f"/developer/apps/{client_id}/edit").html.find("img", class_="logo")["src"] == address


def test_a_logo_is_replaced_and_removed(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    assert with_file(edit_form(browser, client_id), picture()).submit().status_int == 303
    first = logo_of(server, client_id)
    assert edit_form(browser, client_id).submit().status_int == 303
    assert logo_of(server, client_id) == first
    with_file(edit_form(browser, client_id), picture("GIF", mode="P")).submit()
    second = logo_of(server, client_id)
    assert second not in (first, None)
    form = edit_form(browser, client_id)
    form["drops_logo"] = True
    form.submit()
    assert logo_of(server, client_id) is None
    assert browser.get(f"/logos/{client_id}").status_int == 404


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read as a picture"),
        (picture()[:300], "cannot be read as a picture"),
        (b"x" * (600 << 10), "At most 512 KiB"),
        (picture(size=(1, 4000)), f"At most {logos.MOST_PIXELS:,} pixels"),
    ],
    ids=["svg", "truncated", "large", "wide"],
)
def test_rule_12_a_file_that_makes_no_logo_is_refused_at_its_field_and_the_rest_kept(
    server: Server, browser: Browser, ada: make.User, content: bytes, message: str
) -> None:
    page = with_file(filled(browser.get("/developer/apps/new"), description="What it does"), content).submit()
    assert message in error_at(page, "logo")
    again = play.form_with(page, "redirect_uris")
    assert again["description"].value.strip() == "What it does"
    assert again.submit().status_int == 200
    assert apps_of(server, ada)[0].logo_version is None


def test_a_good_logo_is_kept_on_a_page_that_refuses_something_else(
    server: Server, browser: Browser, ada: make.User
) -> None:
    page = with_file(filled(browser.get("/developer/apps/new"), name=""), picture()).submit()
    assert page.status_int == 422
    assert "The logo you chose is kept." in page
    assert page.html.find("img", class_="logo")["src"].startswith("data:image/png;base64,")
    again = play.form_with(page, "redirect_uris")
    again["name"] = "Zap"
    client_id = text_of(again.submit(), "client-id")
    assert logo_of(server, client_id)


def test_rule_13_the_password_page_carries_a_logo_on(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    form = with_file(edit_form(browser, client_id), picture())
    form["redirect_uris"] = "https://app.example/new"
    an_hour_passes(server, browser)
    asked = form.submit()
    assert "Enter your password" in asked
    again = play.form_with(asked, "confirm_password")
    again["confirm_password"] = ada.password
    assert again.submit().status_int == 303
    assert logo_of(server, client_id)


def test_rule_13_so_does_the_page_that_asks_to_send_it_once_more(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    form = with_file(edit_form(browser, client_id), picture())
    form["csrf"] = "x" * 43
    page = form.submit(extra_environ={"HTTP_SEC_FETCH_SITE": "same-origin"})
    assert page.status_int == 403
    assert play.press(page, "Submit again").status_int == 303
    assert logo_of(server, client_id)


def test_rule_12_a_logo_that_no_form_of_ours_carried_is_refused(browser: Browser, ada: make.User) -> None:
    form = filled(browser.get("/developer/apps/new"))
    for text in ("x", "é", "refused:nobody", "data:image/png;base64,AAAA"):
        fields = [(name, value) for name, value in form.submit_fields() if name != "logo"]
        assert "cannot be read" in error_at(browser.post("/developer/apps", [*fields, ("logo", text)]), "logo")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that are drawn."""
    files: list[bytes] = []
    draw = logos.draw
    monkeypatch.setattr(logos, "draw", lambda content: files.append(content) or draw(content))
    return files


def test_rule_12_a_logo_is_drawn_once(server: Server, browser: Browser, ada: make.User, drawn: list[bytes]) -> None:
    chosen = picture()
    form = with_file(edit_form(browser, owned(server, ada)), chosen)
    form["redirect_uris"] = "https://app.example/new"
    an_hour_passes(server, browser)
    again = play.form_with(form.submit(), "confirm_password")
    again["confirm_password"] = ada.password
    assert again.submit().status_int == 303
    assert drawn == [chosen]


def test_rule_12_no_picture_is_drawn_for_a_form_that_another_site_may_have_sent(
    server: Server, browser: Browser, ada: make.User, drawn: list[bytes]
) -> None:
    for form in (filled(browser.get("/developer/apps/new")), edit_form(browser, owned(server, ada))):
        with_file(form, picture())
        form["csrf"] = "x" * 43
        assert form.submit().status_int == 403
    assert drawn == []


def test_rule_12_nor_for_who_has_nothing_to_do_with_the_app(
    server: Server, browser: Browser, ada: make.User, drawn: list[bytes]
) -> None:
    form = with_file(edit_form(browser, owned(server, ada)), picture())
    form.action = f"/developer/apps/{owned(server, make.user(server))}/edit"
    assert form.submit().status_int == 404
    assert drawn == []


def test_rule_12_who_sends_very_many_pictures_gets_an_answer_that_says_so_at_the_field_and_the_rest_is_kept(
    browser: Browser, ada: make.User, drawn: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "logo_user", limits.LIMITS["logo_user"]._replace(most=2))
    pages = [
        with_file(filled(browser.get("/developer/apps/new"), name="", description="Kept"), picture()).submit()
        for _ in range(3)
    ]
    assert len(drawn) == 2
    assert "The logo you chose is kept." in pages[1]
    assert "too many pictures" in error_at(pages[2], "logo")
    assert play.form_with(pages[2], "redirect_uris")["description"].value.strip() == "Kept"


def test_rule_12_so_is_who_has_to_wait_for_others_too_long(
    browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logos, "WAIT_SECONDS", 0.01)
    form = with_file(filled(browser.get("/developer/apps/new"), description="Kept"), picture())
    with logos.DRAWING:
        page = form.submit()
    assert "Choose this one again" in error_at(page, "logo")
    assert play.form_with(page, "redirect_uris")["description"].value.strip() == "Kept"


def test_the_form_says_which_pictures_it_takes(browser: Browser, ada: make.User) -> None:
    assert f"at most 512 KiB and {logos.MOST_PIXELS:,} pixels" in browser.get("/developer/apps/new")


# Redirect URIs of our own


def test_rule_14_no_app_is_sent_back_to_an_address_of_ours_but_the_consoles(
    server: Server, browser: Browser, ada: make.User
) -> None:
    issuer, client_id = server.settings.issuer, owned(server, ada)
    for form in (filled(browser.get("/developer/apps/new")), edit_form(browser, client_id)):
        form["redirect_uris"] = f"https://zap.example/cb\n{issuer}/anything"
        assert "an address of this server" in error_at(form.submit(), "redirect_uris")
        form["redirect_uris"] = f"{issuer}/developer/try/callback"
        assert form.submit().status_int in (200, 303)


# Verified


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"name": "Renamed"}, False),
        ({"home_page": "https://elsewhere.example"}, False),
        ({"description": "What it does", "redirect_uris": "https://app.example/other"}, True),
    ],
    ids=["name", "home_page", "the rest"],
)
def test_a_verified_app_that_changes_what_users_know_it_by_is_verified_no_more(
    server: Server, browser: Browser, ada: make.User, fields: dict[str, str], stays: bool
) -> None:
    client_id = owned(server, ada)
    assert "removes the verification" not in browser.get(f"/developer/apps/{client_id}/edit")
    review.verify(server, client_id, by=Actor())
    page = browser.get(f"/developer/apps/{client_id}/edit")
    assert "removes the verification" in page
    form = play.form_with(page, "redirect_uris")
    for name, value in fields.items():
        form[name] = value
    form.submit()
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.verified == stays


def test_a_new_logo_takes_verification_back_and_the_log_says_so(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    review.verify(server, client_id, by=Actor())
    with_file(edit_form(browser, client_id), picture()).submit()
    client = server.clients.find_client(client_id)
    assert client is not None
    assert not client.verified
    [event] = rows.events(server, "client.changed", client_id)
    assert event.details == {"changed": ["logo"], "lost": "verification"}
