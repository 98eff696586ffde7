"""URIs as raw text (RFC 3986, rule 4)."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.uris import UriRefused, check_authority, check_home_page, read

SCHEMES = ("javascript", "data", "file", "blob", "about", "vbscript", "intent")


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "http://example.com/",
        "https://example.com/#/about",
        "https://xn--bcher-kva.example/",
        "https://192.0.2.7:8443/x?y=z",
        "https://[2001:db8::1]/",
    ],
)
def test_a_home_page_is_any_page(text: str) -> None:
    assert check_home_page(text) == text


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("rest", ["", "alert(1)", "//example.com/", "//example.com/%0Aalert(1)", "/x"])
def test_rule_4_dangerous_schemes_are_refused_for_home_pages_too(scheme: str, rest: str) -> None:
    for spelled in (scheme, scheme.upper(), scheme.title(), scheme[0].upper() + scheme[1:]):
        for text in (
            f"{spelled}:{rest}",
            f" {spelled}:{rest}",
            f"\t{spelled}:{rest}",
            f"{spelled[:2]}\n{spelled[2:]}:{rest}",
        ):
            with pytest.raises(UriRefused):
                check_home_page(text)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_rule_4_dangerous_schemes_are_refused_wherever_a_uri_is_read(scheme: str) -> None:
    for text in (f"{scheme}:x", f"{scheme.upper()}://example.com/", f"{scheme.title()}:"):
        with pytest.raises(UriRefused, match="never allowed"):
            read(text)


def test_rule_12_a_uri_has_at_most_2000_characters() -> None:
    longest = "https://example.com/".ljust(2000, "x")
    assert check_home_page(longest) == longest
    with pytest.raises(UriRefused, match="longer than"):
        check_home_page(longest + "x")


@pytest.mark.parametrize(
    "text", ["", "example.com", "//example.com/", "ftp://example.com/", "mailto:a@b.example", "https:/x"]
)
def test_a_home_page_is_nothing_else(text: str) -> None:
    with pytest.raises(UriRefused):
        check_home_page(text)


@pytest.mark.parametrize(
    ("authority", "host", "port"),
    [
        ("Example.COM", "example.com", None),
        ("example.com:1", "example.com", 1),
        ("example.com:65535", "example.com", 65535),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:80", "[::1]", 80),
        ("1.2.3.4.example", "1.2.3.4.example", None),
        ("a" * 63 + ".example", "a" * 63 + ".example", None),
    ],
)
def test_host_and_port(authority: str, host: str, port: int | None) -> None:
    assert check_authority("https://" + authority, authority) == (host, port)


@pytest.mark.parametrize(
    "authority",
    [
        "",
        ":80",
        "example.com:",
        "example.com:0",
        "example.com:080",
        "example.com:65536",
        "example.com:99999999999",
        "example.com:80:80",
        "example.com:+80",
        "example.com:8_0",
        "example.com:\u0668",
        "localhost:1:2",
        ".example.com",
        "example..com",
        "example.com.",
        "-a.example",
        "a-.example",
        "a_b.example",
        "exa%6dple.com",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x",
        "1.2.3.4.5",
        "256.1.1.1",
        "127.0.0.01",
        "example.1",
        "[::1",
        "::1]",
        "[::1]x",
        "[]",
        "[::1%25eth0]",
        "[::1%eth0]",
        "[127.0.0.1]",
        "[v1.x]",
        "[[::1]]",
        "::1",
        "a,b",
        "a;b",
        "a!b",
    ],
)
def test_rule_4_what_a_browser_would_read_as_another_host_is_no_host(authority: str) -> None:
    with pytest.raises(UriRefused):
        check_authority("https://" + authority, authority)


@given(st.text())
def test_rule_12_reading_raises_nothing_but_a_refusal(text: str) -> None:
    for start in ("", "https://", "https://example.com/", "com.example.app:/"):
        try:
            read(start + text)
        except UriRefused as refusal:
            assert str(refusal).isprintable()


@given(st.from_regex(r"https://[a-z0-9.:@\[\]%\\/?#_-]{1,20}", fullmatch=True))
def test_rule_4_a_parser_finds_the_host_that_the_check_saw(text: str) -> None:
    try:
        uri = read(text)
        place = check_authority(text, uri.authority)
    except UriRefused:
        return
    parsed = urlsplit(text)
    assert parsed.hostname == place.host.strip("[]")
    assert parsed.port == place.port
    assert parsed.username is parsed.password is None
    assert (parsed.path, parsed.query, parsed.fragment) == (uri.path, uri.query or "", uri.fragment or "")
