"""Parameters: strict form-decoding, and no repeats (RFC 6749 §3.1, appendix B; rule 11, rule 12)."""

import contextlib
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.errors import InvalidRequest, OAuthError
from oauthsrv.oauth.parameters import LONGEST_FIELD, MOST_FIELDS, Parameters

WITHOUT_NUL = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a=1", "1"),
        ("a=x+y%20z", "x y z"),
        ("a=%2B%26%3D", "+&="),
        ("a=b=c", "b=c"),
        ("a=%C3%A9", "é"),
        ("a=\xc3\xa9", "é"),
        ("&&a=1&", "1"),
        ("a=&a=1", "1"),
        ("%61=1", "1"),
        ("a=%0d%0a%22", '\r\n"'),
    ],
)
def test_a_value_is_form_decoded(raw: str, value: str) -> None:
    assert Parameters.parse(raw).get("a") == value


@pytest.mark.parametrize(
    "raw",
    [
        "a=%",
        "a=%4",
        "a=%zz",
        "%=1",
        "a=%FF",
        "a=\xff",
        "a=%C3%28",
        "a=%ED%A0%80",
        "a=%C0%80",
        "a=%00",
        "a%00=1",
        "a=\0",
        "a=\u20ac",
        "a=\ud800",
        "a=%C3&b=%A9",
    ],
)
def test_rule_12_broken_escapes_and_broken_utf8_and_nul_are_refused(raw: str) -> None:
    with pytest.raises(InvalidRequest):
        Parameters.parse(raw)


def test_rule_12_a_hundred_parameters_are_enough() -> None:
    assert len(Parameters.parse("&".join(f"p{n}=1" for n in range(MOST_FIELDS))).names()) == 100
    with pytest.raises(InvalidRequest, match="more than 100"):
        Parameters.parse("&".join(f"p{n}=1" for n in range(MOST_FIELDS + 1)))
    with pytest.raises(InvalidRequest):
        Parameters.parse("&" * 1_000_000)


def test_rule_12_a_parameter_of_64_kib_is_refused_but_a_page_may_hold_long_fields() -> None:
    with pytest.raises(InvalidRequest, match="longer than"):
        Parameters.parse("state=" + "x" * 65_536)
    with pytest.raises(InvalidRequest, match="longer than"):
        Parameters.parse("x" * 65_536 + "=1")
    assert Parameters.parse("a=" + "x" * (LONGEST_FIELD - 2)).get("a")
    assert Parameters.parse("a=" + "x" * 65_536, keep_blank=True).get("a")


def test_an_empty_value_counts_as_not_sent() -> None:
    parameters = Parameters.parse("a=&b&c=1&=2")
    assert parameters.names() == ("c",)
    assert parameters.get("a") is None
    with pytest.raises(InvalidRequest, match="a is missing"):
        parameters.require("a")


def test_a_page_form_keeps_what_was_emptied() -> None:
    parameters = Parameters.parse("a=&b&c=1", keep_blank=True)
    assert parameters.names() == ("a", "b", "c")
    assert parameters.get("a") == ""


@given(st.lists(st.sampled_from(("a", "b", "+", "%26", "%3D", "=", "&")), max_size=60).map("".join), st.booleans())
def test_fields_end_at_an_ampersand_and_names_at_the_first_equals_sign(raw: str, keep_blank: bool) -> None:
    parts = [part.partition("=") for part in raw.split("&")]
    kept = [(name, value) for name, _, value in parts if name and (value or keep_blank)]
    assert Parameters.parse(raw, keep_blank).pairs == tuple(
        (unquote_plus(name), unquote_plus(value)) for name, value in kept
    )


def test_rule_11_a_repeated_parameter_is_refused_when_read() -> None:
    parameters = Parameters.parse("a=1&a=1&b=2")
    with pytest.raises(InvalidRequest, match="a was sent more than once"):
        parameters.get("a")
    assert parameters.all("a") == ("1", "1")
    assert parameters.get("b") == "2"


def test_rule_11_every_repeat_is_refused_but_resource() -> None:
    Parameters.parse("resource=1&resource=2").check_repeats(except_for={"resource"})
    with pytest.raises(InvalidRequest, match="unheard_of"):
        Parameters.parse("unheard_of=1&unheard_of=2").check_repeats(except_for={"resource"})
    with pytest.raises(InvalidRequest):
        Parameters.parse("a=1&%61=2").check_repeats()


def test_rule_1_repr_shows_no_values() -> None:
    assert "hunter2" not in repr(Parameters.parse("client_secret=hunter2"))


@given(st.text())
def test_rule_12_parse_raises_nothing_but_an_oauth_error(raw: str) -> None:
    for keep_blank in (False, True):
        with contextlib.suppress(OAuthError):
            Parameters.parse(raw, keep_blank=keep_blank)


@given(st.lists(st.tuples(WITHOUT_NUL, WITHOUT_NUL), max_size=10))
def test_what_is_encoded_reads_back_the_same(pairs: list[tuple[str, str]]) -> None:
    parameters = Parameters(tuple(pairs))
    assert Parameters.parse(parameters.encoded()) == parameters
    assert parse_qsl(parameters.encoded()) == pairs


@given(WITHOUT_NUL)
def test_both_ways_to_write_a_space_read_the_same(value: str) -> None:
    assert Parameters.parse("a=" + quote(value)).get("a") == value
    assert Parameters.parse("a=" + quote_plus(value)).get("a") == value
