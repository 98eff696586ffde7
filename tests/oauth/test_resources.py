"""Resource indicators (RFC 8707)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.errors import InvalidTarget
from oauthsrv.oauth.resources import check, check_resource_uri, narrow
from oauthsrv.oauth.uris import UriRefused

KNOWN = {"https://api.example.com", "https://mcp.example.com/mcp", "urn:example:billing"}


@pytest.mark.parametrize(
    ("sent", "resources"),
    [
        ([], ()),
        (["https://api.example.com"], ("https://api.example.com",)),
        (["https://api.example.com/"], ("https://api.example.com",)),
        (["HTTPS://API.Example.com"], ("https://api.example.com",)),
        (["https://mcp.example.com/mcp/", "https://mcp.example.com/mcp"], ("https://mcp.example.com/mcp",)),
        (["urn:example:billing", "https://api.example.com"], ("urn:example:billing", "https://api.example.com")),
    ],
)
def test_a_registered_resource_is_known_in_each_of_its_spellings(sent: list[str], resources: tuple[str, ...]) -> None:
    assert check(sent, KNOWN) == resources


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "/",
        "api.example.com",
        "//api.example.com",
        "https://api.example.com#",
        "https://api.example.com/#x",
        "https://api.example.com//",
        "https://api.example.com/other",
        "https://api.example.com?x=y",
        "https://api.example.com:443",
        "https://x@api.example.com",
        "https://api.example.com.evil.example",
        "http://api.example.com",
        "https://mcp.example.com/MCP",
        "https://api.example.com\n",
        " https://api.example.com",
        "https://api.example.com\\",
    ],
)
def test_anything_else_is_an_invalid_target(sent: str) -> None:
    with pytest.raises(InvalidTarget):
        check([sent], KNOWN)
    with pytest.raises(InvalidTarget):
        check(["https://api.example.com", sent], KNOWN)


@given(st.lists(st.text(), min_size=1))
def test_rule_12_any_text_is_refused_with_the_right_error(sent: list[str]) -> None:
    with pytest.raises(InvalidTarget):
        check(sent, KNOWN)


def test_rule_5_narrowing_resources() -> None:
    granted = ("https://mcp.example.com/mcp", "https://api.example.com")
    assert narrow(granted, []) == granted
    assert narrow(granted, ["https://api.example.com/"]) == ("https://api.example.com",)
    assert narrow(granted, reversed(granted)) == granted
    for beyond in (["urn:example:billing"], ["https://api.example.com", "urn:example:billing"], ["x"]):
        with pytest.raises(InvalidTarget):
            narrow(granted, beyond)


def test_rule_5_a_grant_without_resources_cannot_be_narrowed_to_one() -> None:
    with pytest.raises(InvalidTarget):
        narrow((), ["https://api.example.com"])
    assert narrow((), []) == ()


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("HTTPS://API.example.com/V1/", "https://api.example.com/V1"),
        ("http://api.internal:8080", "http://api.internal:8080"),
        ("urn:example:billing", "urn:example:billing"),
        ("URN:example:billing", "urn:example:billing"),
    ],
)
def test_a_new_api_is_stored_under_the_spelling_that_requests_are_compared_with(text: str, stored: str) -> None:
    assert check_resource_uri(text) == stored
    assert check([text], {stored}) == (stored,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.example.com",
        "https://",
        "https://a.example/#",
        "javascript:x",
        "mailto:a@b.example",
        "com.example.app:/x",
        "urn://a.example",
        "ftp://a.example/",
        "urn:",
        "https://u@a.example",
        "https://a b",
    ],
)
def test_a_new_api_needs_an_absolute_uri(text: str) -> None:
    with pytest.raises(UriRefused):
        check_resource_uri(text)


def test_a_request_names_so_many_resources_and_no_more() -> None:
    """What one consent is for is kept in an index, whose rows have an end."""
    known = [f"https://api{number}.example.com" for number in range(11)]
    assert len(check([*known[:10], known[0]], known)) == 10
    with pytest.raises(InvalidTarget) as refused:
        check(known, known)
    assert "at most 10" in refused.value.description
    long = [f"https://api{number}.example.com/" + "x" * 960 for number in range(3)]
    assert len(check(long[:2], long)) == 2
    with pytest.raises(InvalidTarget):
        check(long, long)
