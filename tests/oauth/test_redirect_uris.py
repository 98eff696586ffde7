"""Redirect URIs: which may be registered, which match (RFC 6749 §3.1.2, RFC 8252, rule 4)."""

import contextlib
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.redirect_uris import (
    check_redirect_uri,
    consent_host,
    is_native,
    matches,
    with_parameters,
)
from oauthsrv.oauth.uris import UriRefused

FOR_ALL = [
    "https://app.example.com/callback",
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com:8443/callback?tenant=7",
    "https://App.Example.com/callback",
    "https://intranet/cb",
    "https://192.0.2.1/cb",
    "https://[2001:db8::1]:8443/cb",
    "https://app.example.com/a%20b/~x/;p=1,2/(y)'!$&+=:@",
    "https://app.example.com/cb?",
    "https://app.example.com/cb?next=https://other.example/@x",
    "https://app.example.com/a...b/.well-known/..c",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:8080/cb",
    "http://[::1]:8080/cb",
    "http://[::1]",
    "http://localhost:3000/cb?x=y",
    "http://localhost",
]
FOR_PUBLIC = [
    "com.example.app:/callback",
    "com.example.app:/",
    "com.example.app://callback",
    "com.example.app://callback/path?x=y",
    "com.example.app:///callback",
    "msauth.com.Example.App://auth",
    "app.example:/cb",
]


@pytest.mark.parametrize("text", FOR_ALL)
@pytest.mark.parametrize("client_type", ["confidential", "public"])
def test_rule_4_https_and_loopback_http_are_for_every_client(text: str, client_type: str) -> None:
    assert check_redirect_uri(text, client_type) == text


@pytest.mark.parametrize("text", FOR_PUBLIC)
def test_rule_4_custom_schemes_are_for_public_clients_only(text: str) -> None:
    assert check_redirect_uri(text, "public") == text
    with pytest.raises(UriRefused, match="confidential"):
        check_redirect_uri(text, "confidential")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("https://app.example.com/" + "x" * 2000, "longer than 2000"),
        ("/callback", "absolute"),
        ("//app.example.com/cb", "absolute"),
        ("app.example.com/cb", "absolute"),
        ("://app.example.com/cb", "absolute"),
        ("1http://app.example.com/cb", "absolute"),
        # No parser may see these: they drop, trim or turn them.
        ("https://app.example.com/\tcb", "control"),
        ("https://app.exa\nmple.com/cb", "control"),
        ("https://app.example.com/cb\r\n", "control"),
        ("https://app.example.com/cb\0", "control"),
        ("https://app.example.com/cb\x7f", "control"),
        ("https://app.example.com/cb\x85", "control"),
        (" https://app.example.com/cb", "space"),
        ("https://app.example.com/c b", "space"),
        ("https://app.example.com/cb\u00a0", "space"),
        ("https://app.example.com/cb\u2028", "space"),
        ("https://app.example.com\\@evil.example/cb", "backslash"),
        ("https:\\\\app.example.com/cb", "backslash"),
        ("https://b\u00fccher.example/cb", "ASCII"),
        ("https://app.example.com\u2024evil.example/cb", "ASCII"),
        ("https://app.example.com\uff0fevil/cb", "ASCII"),
        ("https://app.example.com/\u200bcb", "ASCII"),
        ('https://app.example.com/"cb', "percent-encode"),
        ("https://app.example.com/<cb>", "percent-encode"),
        ("https://app.example.com/{cb}", "percent-encode"),
        ("https://app.example.com/cb|", "percent-encode"),
        ("https://app.example.com/^`", "percent-encode"),
        ("https://app.example.com/cb?x[]=1", "outside an IPv6 host"),
        ("https://app.example.com/%", "percent"),
        ("https://app.example.com/%2", "percent"),
        ("https://app.example.com/%zz", "percent"),
        ("https://app.example.com/%u0041", "percent"),
        ("https://app.example.com/%0d%0aSet-Cookie:x", "control"),
        ("https://app.example.com/%00", "control"),
        ("https://app.example.com/%7F", "control"),
        # Who receives the answer must be plain.
        ("https://user@app.example.com/cb", "user name"),
        ("https://user:pass@app.example.com/cb", "user name"),
        ("https://app.example.com:443@evil.example/cb", "user name"),
        ("https://@app.example.com/cb", "user name"),
        ("com.example.app://user@x/cb", "user name"),
        ("https://app.example.com/cb#", "fragment"),
        ("https://app.example.com/cb#x", "fragment"),
        ("com.example.app:/cb#x", "fragment"),
        ("https://*.example.com/cb", "wildcard"),
        ("https://app.example.com/*", "wildcard"),
        ("https://app.example.com/cb?x=*", "wildcard"),
        ("https://app.example.com/a/../cb", "dots"),
        ("https://app.example.com/./cb", "dots"),
        ("https://app.example.com/cb/..", "dots"),
        ("https://app.example.com/%2e%2E/cb", "dots"),
        ("https://app.example.com/.%2e/cb", "dots"),
        ("https:///cb", "no host"),
        ("https://", "no host"),
        ("https:/app.example.com/cb", "no host"),
        ("https:app.example.com/cb", "no host"),
        ("https://?x=y", "no host"),
        ("https://:443/cb", "host"),
        ("https://app.example.com:/cb", "port"),
        ("https://app.example.com:0/cb", "port"),
        ("https://app.example.com:65536/cb", "port"),
        ("https://app.example.com:http/cb", "port"),
        ("https://app.example.com%2eevil.example/cb", "host"),
        ("https://app.example.com;evil.example/cb", "host"),
        ("https://127.1/cb", "host"),
        ("https://2130706433/cb", "host"),
        ("HTTPS://app.example.com/cb", "lower case"),
        ("HTTP://localhost/cb", "lower case"),
        # http is for this computer, and for nothing that looks like it.
        ("http://app.example.com/cb", "http is for"),
        ("http://127.0.0.1.evil.example/cb", "http is for"),
        ("http://127.0.0.1.evil/cb", "http is for"),
        ("http://127.0.0.1:80@evil.example/cb", "user name"),
        ("http://127.0.0.1:80:90/cb", "port"),
        ("http://127.0.0.2/cb", "http is for"),
        ("http://127.0.0.01/cb", "host"),
        ("http://0.0.0.0/cb", "http is for"),
        ("http://0x7f.0.0.1/cb", "http is for|host"),
        ("http://localhost.evil.example/cb", "http is for"),
        ("http://localhost.", "host"),
        ("http://LOCALHOST/cb", "http is for"),
        ("http://localhost:1:2/cb", "port"),
        ("http://localhost:0/cb", "port"),
        ("http://[::]/cb", "http is for"),
        ("http://[0:0:0:0:0:0:0:1]/cb", "http is for"),
        ("http://[::ffff:127.0.0.1]/cb", "http is for"),
        ("http://[::1%25lo]/cb", "host"),
        ("http://::1/cb", "host|port"),
        # Custom schemes belong to who owns the domain.
        ("myapp:/callback", "dot"),
        ("myapp://callback", "dot"),
        ("com.example.app:callback", "slash"),
        ("com.example.app:", "slash"),
        ("com.example.app:?x", "slash"),
        ("app.example.com:8443/callback", "slash"),
        ("http.:/cb", "dot"),
        ("a..b:/cb", "dot"),
        ("com.example.:/cb", "dot"),
        ("com.example.app://[::1]/cb", "letters"),
        ("com.example.app://host:80/cb", "letters"),
        ("com.example.app://a%2fb", "letters"),
        ("urn:ietf:wg:oauth:2.0:oob", "dot"),
        ("mailto:a@b.example", "dot"),
        ("view-source:https://x.example/", "dot"),
        ("feed:javascript:alert(1)", "dot"),
        # Answers add these, and clients read the first.
        ("https://app.example.com/cb?code=x", "code"),
        ("https://app.example.com/cb?a=b&%73tate=x", "state"),
        ("https://app.example.com/cb?iss=", "iss"),
        ("https://app.example.com/cb?error", "error"),
    ],
)
def test_rule_4_what_may_not_be_registered_says_why(text: str, why: str) -> None:
    with pytest.raises(UriRefused, match=why):
        check_redirect_uri(text, "public")


@pytest.mark.parametrize("scheme", ["javascript", "data", "file", "blob", "about", "vbscript", "intent"])
@pytest.mark.parametrize(
    "shape",
    ["{}:", "{}:alert(1)", "{}://app.example.com/cb", "{}:/cb", "{}:///x", "\t{}:x", " {}:x", "\x01{}:x", "\u00a0{}:x"],
)
def test_rule_4_dangerous_schemes_are_refused_however_they_are_spelled(scheme: str, shape: str) -> None:
    for spelled in (
        scheme,
        scheme.upper(),
        scheme.swapcase().title(),
        f"{scheme[:3]}\t{scheme[3:]}",
        f"{scheme[:3]}\n{scheme[3:]}",
    ):
        with pytest.raises(UriRefused):
            check_redirect_uri(shape.format(spelled), "public")


def test_a_refusal_names_the_uri_it_means_but_never_at_length() -> None:
    with pytest.raises(UriRefused, match=r"^http://example\.com/cb: http is for"):
        check_redirect_uri("http://example.com/cb", "public")
    with pytest.raises(UriRefused) as refusal:
        check_redirect_uri("https://\n\x1b[31m" + "x" * 5000, "public")
    assert len(str(refusal.value)) < 300
    assert str(refusal.value).isprintable()


def test_rule_4_matching_is_to_the_letter() -> None:
    registered = ["https://app.example.com/cb?a=b", "com.example.app:/cb"]
    assert matches(registered, "https://app.example.com/cb?a=b")
    assert matches(registered, "com.example.app:/cb")
    for sent in (
        "",
        "https://app.example.com/cb",
        "https://app.example.com/cb?a=b&c=d",
        "https://app.example.com/cb/?a=b",
        "https://app.example.com:443/cb?a=b",
        "https://App.example.com/cb?a=b",
        "https://app.example.com/%63b?a=b",
        "https://app.example.com/x/../cb?a=b",
        "https://app.example.com/cb?a=b#",
        "https://app.example.com/cb?a=b\n",
        " https://app.example.com/cb?a=b",
        "http://app.example.com/cb?a=b",
        "COM.example.app:/cb",
        "com.example.app:/cb/",
    ):
        assert not matches(registered, sent)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_rule_4_the_port_of_a_loopback_uri_may_differ(host: str) -> None:
    for registered in (f"http://{host}/cb?x=y", f"http://{host}:8080/cb?x=y"):
        for sent in (f"http://{host}/cb?x=y", f"http://{host}:1/cb?x=y", f"http://{host}:65535/cb?x=y"):
            assert matches([registered], sent)


@pytest.mark.parametrize(
    "sent",
    [
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://x@127.0.0.1:80/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1.evil:80/cb",
        "http://127.0.0.1:80.evil.example/cb",
        "http://127.0.0.1:80:90/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:999999/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:-1/cb",
        "http://127.0.0.1: 80/cb",
        "http://127.0.0.1:8\t0/cb",
        "http://127.0.0.1:\u0668\u0660/cb",
        "http://127.0.0.1:80\\@evil.example/cb",
        "http://127.0.0.1:80#@evil.example/cb",
        "http://127.0.0.1:80?@evil.example/cb",
        "http://127.0.0.1:80//cb",
        "http://127.0.0.1:80/cb/",
        "http://127.0.0.1:80/CB",
        "http://127.0.0.1:80/cb?x",
        "http://127.0.0.1:80/cb#",
        "http://127.0.0.1:80/cb\n",
        "http://127.0.0.1:80",
        "https://127.0.0.1:80/cb",
        "HTTP://127.0.0.1:80/cb",
        "http://localhost:80/cb",
        "http://[::1]:80/cb",
        "http://127.0.0.2:80/cb",
        "http://2130706433:80/cb",
        "http:/127.0.0.1:80/cb",
        "http:///127.0.0.1:80/cb",
    ],
)
def test_rule_4_and_nothing_but_the_port(sent: str) -> None:
    assert not matches(["http://127.0.0.1/cb", "http://127.0.0.1:8080/cb"], sent)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
@pytest.mark.parametrize(
    "rest", [".evil.example", "@evil.example", ":80@evil.example", ":80.evil.example", "evil", ":", "\n", "#"]
)
def test_rule_4_a_loopback_uri_without_a_path_is_no_prefix(host: str, rest: str) -> None:
    assert not matches([f"http://{host}", f"http://{host}:8080"], f"http://{host}{rest}")


def test_rule_4_the_port_of_anything_else_is_no_loopback_port() -> None:
    assert not matches(["https://localhost/cb"], "https://localhost:8443/cb")
    assert not matches(["https://localhost/cb"], "http://localhost:8443/cb")
    assert not matches([], "http://localhost:8443/cb")
    assert not matches(["https://127.0.0.1:1/cb"], "https://127.0.0.1:2/cb")
    assert not matches(["com.example.app://localhost"], "com.example.app://localhost:1")
    assert not matches(["http://localhost/cb"], "http://127.0.0.1/cb")


@given(st.sampled_from(FOR_ALL + FOR_PUBLIC), st.text(max_size=5), st.integers(min_value=0, max_value=60))
def test_rule_4_a_changed_uri_matches_only_where_the_port_alone_changed(uri: str, change: str, at: int) -> None:
    sent = uri[:at] + change + uri[at:]
    if sent == uri or not matches([uri], sent):
        return
    ours, theirs = urlsplit(uri), urlsplit(sent)
    assert ours.hostname == theirs.hostname in ("127.0.0.1", "::1", "localhost")
    assert ours._replace(netloc="") == theirs._replace(netloc="")
    assert theirs.username is None
    assert theirs.port in range(1, 65536)


@given(
    st.sampled_from(["https://", "http://", "http://127.0.0.1", "http://localhost", "com.example.app:", "https:"]),
    st.text("abc.:/@\\?#[]%20*\t-_;&=127", max_size=20),
)
def test_rule_4_a_parser_finds_in_an_accepted_uri_the_host_that_people_are_shown(start: str, rest: str) -> None:
    text = start + rest
    try:
        check_redirect_uri(text, "public")
    except UriRefused:
        return
    parsed = urlsplit(text)
    assert parsed.username is None
    assert parsed.fragment == ""
    assert parsed.geturl().rstrip("?") == text.rstrip("?") or parsed.scheme == "com.example.app"
    shown = consent_host(text)
    if parsed.scheme == "http":
        assert shown.strip("[]") == parsed.hostname in ("127.0.0.1", "::1", "localhost")
    elif parsed.scheme == "https":
        port = "" if parsed.port in (None, 443) else f":{parsed.port}"
        assert shown.removesuffix(port).strip("[]") == parsed.hostname
    else:
        assert shown == parsed.scheme
    assert matches([text], text)


@given(st.text(), st.sampled_from(["public", "confidential", ""]))
def test_rule_12_any_text_is_registered_or_refused_and_can_be_compared(text: str, client_type: str) -> None:
    matches(FOR_ALL, text)
    with contextlib.suppress(UriRefused):
        check_redirect_uri(text, client_type)


@pytest.mark.parametrize(
    ("uri", "host", "native"),
    [
        ("https://app.example.com/cb", "app.example.com", False),
        ("https://App.Example.com:443/cb", "app.example.com", False),
        ("https://app.example.com:8443/cb", "app.example.com:8443", False),
        ("https://[2001:db8::1]:8443/cb", "[2001:db8::1]:8443", False),
        ("http://127.0.0.1:51234/cb", "127.0.0.1", True),
        ("http://[::1]:51234/cb", "[::1]", True),
        ("http://localhost:3000/cb", "localhost", True),
        ("com.example.App://host/cb", "com.example.app", True),
    ],
)
def test_rule_14_what_a_person_is_shown_of_the_receiver(uri: str, host: str, native: bool) -> None:
    assert consent_host(uri) == host
    assert is_native(uri) is native


@pytest.mark.parametrize("uri", FOR_ALL + FOR_PUBLIC)
def test_parameters_are_added_to_the_query_that_is_there(uri: str) -> None:
    before, after = urlsplit(uri), urlsplit(with_parameters(uri, [("code", "a b"), ("state", "é&=\r\n")]))
    assert after._replace(query="") == before._replace(query="")
    assert parse_qsl(after.query) == [*parse_qsl(before.query), ("code", "a b"), ("state", "é&=\r\n")]


def test_parameters_join_a_query_of_any_shape() -> None:
    assert with_parameters("https://a.example/?", [("x", "1")]) == "https://a.example/?x=1"
    assert with_parameters("https://a.example/?b=c", [("x", "1")]) == "https://a.example/?b=c&x=1"
    assert with_parameters("https://a.example/?b=c&", [("x", "1")]) == "https://a.example/?b=c&x=1"
    assert with_parameters("https://a.example", [("x", "1")]) == "https://a.example?x=1"
