"""Registering apps and APIs: fields are checked, and every mistake is reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from oauthsrv.flows.apis import check_api
from oauthsrv.flows.clients import fields
from oauthsrv.flows.clients.fields import ClientFields, check_client
from oauthsrv.flows.fields import lines
from oauthsrv.flows.refusals import FieldsRefused

ISSUER = "https://login.example.com"


SCOPES = ["read:profile", "write:profile", "read:data"]


GOOD = {
    "name": "Example",
    "type": "confidential",
    "redirect_uris": ["https://app.example/callback"],
    "scopes": ["read:profile"],
}


def problems_of(**changes: Any) -> Mapping[str, list[str]]:
    with pytest.raises(FieldsRefused) as refused:
        good(**changes)
    return refused.value.problems


def good(**changes: Any) -> ClientFields:
    return check_client(GOOD | changes, SCOPES, ISSUER)


def test_everything_wrong_is_said_at_once() -> None:
    assert problems_of(name="", type="", redirect_uris=[], scopes=[]) == {
        "name": ["Enter a name."],
        "type": ["Choose what you’re building. This decides whether the app gets a client secret."],
        "redirect_uris": ["Enter at least one: where users return after they decide."],
        "scopes": ["Choose at least one scope."],
    }


def test_a_redirect_uri_is_refused_with_its_line() -> None:
    text = "https://app.example/cb\r\n\r\nhttp://app.example/cb\r\nhttps://app.example/#x\r\n"
    messages = problems_of(redirect_uris=lines(text))["redirect_uris"]
    assert [message.partition(",")[0] for message in messages] == ["Line 3", "Line 4"]
    assert "http://app.example/cb" in messages[0]
    assert "use https" in messages[0]
    assert "fragment" in messages[1]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_a_line_break_parts_lines(separator: str) -> None:
    typed = lines(f"https://a.example/{separator}https://b.example/")
    assert len(problems_of(redirect_uris=typed)["redirect_uris"]) == 1


def test_spaces_around_a_line_and_repeated_lines_do_not_matter() -> None:
    checked = good(redirect_uris=lines("  https://app.example/cb\t\n\nhttps://app.example/cb"))
    assert checked.redirect_uris == ["https://app.example/cb"]


def test_custom_schemes_are_for_public_apps() -> None:
    assert good(type="public", redirect_uris=["com.example.app:/cb"]).redirect_uris == ["com.example.app:/cb"]
    assert "public apps" in problems_of(redirect_uris=["com.example.app:/cb"])["redirect_uris"][0]


def test_the_number_of_redirect_uris_is_bounded() -> None:
    many = [f"https://app.example/{number}" for number in range(21)]
    assert problems_of(redirect_uris=many)["redirect_uris"] == ["At most 20 addresses; these are 21."]
    assert len(good(redirect_uris=many[:20]).redirect_uris) == 20


def test_rule_12_many_lines_cost_no_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr(fields, "check_one_redirect_uri", lambda text, *_: checked.append(text) or text)
    for many in ([f"https://app.example/{number}" for number in range(12_000)], ["x"] * 60_000):
        assert problems_of(redirect_uris=many)["redirect_uris"] == [f"At most 20 addresses; these are {len(many):,}."]
    assert checked == []
    assert len(good(redirect_uris=["", *many[:20], ""]).redirect_uris) == 1


def test_rule_12_many_unknown_scopes_are_not_all_shown() -> None:
    messages = problems_of(scopes=["read:profile", *(f"x{number}" for number in range(90))])["scopes"]
    assert len(messages) <= 10
    assert "x0" in messages[0]


def test_scopes_come_in_the_order_of_the_catalog() -> None:
    assert good(scopes=["read:data", "read:profile", "read:data"]).scopes == ["read:profile", "read:data"]


def test_a_scope_outside_the_catalog_is_named() -> None:
    (message,) = problems_of(scopes=["read:profile", "write:moon"])["scopes"]
    assert "write:moon" in message
    assert "read:profile, write:profile, read:data" in message
    assert "every app may request it" in problems_of(scopes=["offline_access"])["scopes"][0]


def test_optional_scopes_are_some_of_the_apps_own() -> None:
    both = ["read:profile", "read:data"]
    assert good(scopes=both, optional_scopes=["read:data", "read:data"]).optional_scopes == ["read:data"]
    assert good(scopes=both).optional_scopes == []
    for scopes, optional in ((both, ["write:data"]), (both, both), (["read:data"], ["read:data"]), (both, ["x"] * 99)):
        problems = problems_of(scopes=scopes, optional_scopes=optional)
        assert list(problems) == ["optional_scopes"]
        assert len(problems["optional_scopes"]) == 1


def test_a_public_app_cannot_do_without_pkce() -> None:
    assert good(skips_pkce=True).skips_pkce
    assert "skips_pkce" in problems_of(type="public", skips_pkce=True)


def test_lengths_are_shown() -> None:
    assert problems_of(name="x" * 81)["name"] == ["A name has at most 80 characters here; this has 81."]
    assert problems_of(description="x" * 1001)["description"] == ["At most 1,000 characters; this has 1,001."]
    assert good(description="a\r\nb").description == "a\nb"


@pytest.mark.parametrize(
    "home_page", ["javascript:alert(1)", "ftp://x.example", "app.example", "https://u:p@x.example"]
)
def test_a_home_page_is_a_web_page(home_page: str) -> None:
    assert "home_page" in problems_of(home_page=home_page)


def test_an_api_has_one_address_in_one_spelling() -> None:
    def resource(text: str) -> Any:
        try:
            return check_api({"name": "API", "resource": text}, SCOPES).resource
        except FieldsRefused as refused:
            return refused.problems["resource"][0]

    assert resource("https://API.example.com/v1/") == "https://api.example.com/v1"
    assert resource("http://127.0.0.1:9000/") == "http://127.0.0.1:9000"
    for text in ("http://api.example.com", "https://api.example.com/#x", "api.example.com", "urn:x:y", "", "https://"):
        assert resource(text).endswith("."), text
    assert resource("http://api.example.com").startswith("http://api.example.com: it must begin with https://")


@pytest.mark.parametrize(
    "uri",
    [
        ISSUER,
        f"{ISSUER}/",
        f"{ISSUER}/anything?x=y",
        f"{ISSUER}:443/cb",
        "https://LOGIN.example.com/cb",
        f"{ISSUER}/developer/try/callback?x=y",
        f"{ISSUER}:443/developer/try/callback",
    ],
)
def test_rule_14_an_app_is_not_sent_back_to_an_address_of_this_server(uri: str) -> None:
    """The consent page would say that the answer goes to us."""
    assert "an address of this server" in problems_of(redirect_uris=[uri])["redirect_uris"][0]


@pytest.mark.parametrize(
    "uri",
    [f"{ISSUER}/developer/try/callback", f"{ISSUER}:8443/cb", f"{ISSUER}.example/cb", "https://example.com/cb"],
)
def test_only_the_consoles_and_those_of_other_servers_are_taken(uri: str) -> None:
    assert good(redirect_uris=[uri]).redirect_uris == [uri]
