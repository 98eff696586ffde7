"""The product's brand on pages: its name in titles, its logo and color as files, its addresses where they help."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser
from oauthsrv.config import load
from oauthsrv.server import Server

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><path d="M0 0h9"/></svg>'
ACME = {
    "OAUTHSRV_NAME": "Acme & Co.",
    "OAUTHSRV_ACCENT": "#7a1fa8",
    "OAUTHSRV_SUPPORT_URL": "https://acme.example/support",
    "OAUTHSRV_TERMS_URL": "https://acme.example/terms",
    "OAUTHSRV_PRIVACY_URL": "https://acme.example/privacy",
}
BRAND = ("name", "logo", "accent", "support_url", "terms_url", "privacy_url")


@pytest.fixture
def acme(server: Server, tmp_path: Path) -> Iterator[None]:
    """The server of a product with all of it."""
    (tmp_path / "logo.svg").write_text(DRAWING)
    given = load({**ACME, "OAUTHSRV_LOGO": str(tmp_path / "logo.svg")})
    settings = server.settings
    server.settings = dataclasses.replace(settings, **{name: getattr(given, name) for name in BRAND})
    yield
    server.settings = settings


@pytest.mark.usefixtures("acme")
def test_every_page_has_the_products_name_logo_color_and_addresses(browser: Browser) -> None:
    page = browser.get("/login")
    assert page.html.title.text.endswith(" · Acme & Co.")
    assert page.html.find(class_="brand").text.strip() == "Acme & Co."
    links = [link["href"] for link in page.html.find("footer").find_all("a")]
    assert links == [ACME[f"OAUTHSRV_{name}_URL"] for name in ("SUPPORT", "TERMS", "PRIVACY")]
    (address,) = [link["href"] for link in page.html.find_all("link") if "brand.css" in link["href"]]
    stylesheet = browser.get(address)
    assert "#7a1fa8" in stylesheet.text
    assert "immutable" in stylesheet.headers["Cache-Control"]


@pytest.mark.usefixtures("acme")
def test_a_script_in_the_logo_would_not_run(browser: Browser) -> None:
    address = browser.get("/login").html.find("img", class_="brand-logo")["src"]
    logo = browser.get(address)
    assert logo.content_type == "image/svg+xml"
    assert logo.headers["Content-Security-Policy"].endswith("; sandbox")
    assert logo.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("acme")
def test_an_error_links_to_support(browser: Browser) -> None:
    link = browser.get("/none").html.find("main").find("a", string="Ask Acme & Co. support")
    assert link["href"] == ACME["OAUTHSRV_SUPPORT_URL"]


@pytest.mark.usefixtures("acme")
def test_the_page_to_sign_up_links_to_the_terms(browser: Browser) -> None:
    form = browser.get("/signup").html.find("form", action="/signup")
    assert "By creating an account, you accept Acme & Co.’s terms of service and privacy policy." in " ".join(
        form.text.split()
    )


@pytest.mark.usefixtures("acme")
def test_the_metadata_name_the_terms_and_the_policy(browser: Browser) -> None:
    published = browser.get("/.well-known/oauth-authorization-server").json
    assert published["op_tos_uri"] == ACME["OAUTHSRV_TERMS_URL"]
    assert published["op_policy_uri"] == ACME["OAUTHSRV_PRIVACY_URL"]


def test_without_a_brand_there_is_no_footer_and_no_second_stylesheet(browser: Browser) -> None:
    page = browser.get("/none")
    assert page.html.find("footer") is None
    assert len(page.html.find_all("link", rel="stylesheet")) == 1
    assert browser.get("/static/brand.css", status=404)
    assert browser.get("/static/logo", status=404)
    assert "op_tos_uri" not in browser.get("/.well-known/oauth-authorization-server").json
