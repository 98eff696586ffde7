"""Scopes: the wire string, the ceiling, narrowing (RFC 6749 §3.3, §6)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.errors import InvalidScope
from oauthsrv.oauth.scopes import OFFLINE_ACCESS, narrow, parse, still_allowed, within_ceiling

CEILING = ("read:profile", "read:data", "write:data")


def test_scopes_keep_their_order_and_come_once() -> None:
    assert parse("b a b  c ") == ("b", "a", "c")
    assert parse(None) is None


@pytest.mark.parametrize(
    "text", [" ", "", "a\tb", "a\nb", "a\u00a0b", 'a"b', "a\\b", "é", "a\x00", "a\x7f", "a b\u2003c", "x" * 101]
)
def test_what_is_no_scope_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse(text)


@given(st.text())
def test_rule_12_any_text_is_scopes_or_refused(text: str) -> None:
    try:
        scopes = parse(text)
    except InvalidScope:
        return
    assert scopes
    assert parse(" ".join(scopes)) == scopes


@pytest.mark.parametrize(
    ("requested", "given_"),
    [
        (None, CEILING),
        (("write:data", "read:profile"), ("read:profile", "write:data")),
        (("read:data", "read:billing", "unheard_of"), ("read:data",)),
        (("offline_access", "read:data"), ("read:data", "offline_access")),
        (("read:data", "READ:PROFILE"), ("read:data",)),
    ],
)
def test_what_is_beyond_the_ceiling_is_left_out(requested: tuple[str, ...] | None, given_: tuple[str, ...]) -> None:
    assert within_ceiling(requested, CEILING) == given_


@pytest.mark.parametrize("requested", [("read:billing",), ("offline_access", "read:billing"), ()])
def test_none_left_is_invalid_scope_and_offline_access_is_none(requested: tuple[str, ...]) -> None:
    with pytest.raises(InvalidScope):
        within_ceiling(requested, CEILING)


def test_an_empty_ceiling_gives_nothing() -> None:
    for requested in (None, ("read:data",), (OFFLINE_ACCESS,)):
        with pytest.raises(InvalidScope):
            within_ceiling(requested, ())
        with pytest.raises(InvalidScope):
            within_ceiling(requested, (OFFLINE_ACCESS,))


def test_offline_access_alone_is_a_request_for_no_scope_in_particular() -> None:
    assert within_ceiling((OFFLINE_ACCESS,), CEILING) == (*CEILING, OFFLINE_ACCESS)


def test_offline_access_comes_once_even_if_the_ceiling_has_it() -> None:
    assert within_ceiling((OFFLINE_ACCESS, "a"), (OFFLINE_ACCESS, "a")) == ("a", OFFLINE_ACCESS)


def test_rule_5_narrowing_keeps_the_order_of_the_grant() -> None:
    granted = (*CEILING, OFFLINE_ACCESS)
    assert narrow(granted, None, CEILING) == granted
    assert narrow(granted, ("write:data", "read:profile"), CEILING) == ("read:profile", "write:data")
    assert narrow(granted, (OFFLINE_ACCESS, "read:data"), CEILING) == ("read:data", OFFLINE_ACCESS)


@pytest.mark.parametrize("requested", [("read:data",), ("read:data", "read:billing"), ("read:data", OFFLINE_ACCESS)])
def test_rule_5_what_goes_beyond_the_grant_is_left_out(requested: tuple[str, ...]) -> None:
    assert narrow(CEILING, requested, (*CEILING, "read:billing")) == ("read:data",)


@pytest.mark.parametrize("requested", [("read:billing",), ("nonsense", "read:billing")])
def test_rule_5_nothing_left_is_an_invalid_scope(requested: tuple[str, ...]) -> None:
    with pytest.raises(InvalidScope, match="was granted"):
        narrow(CEILING, requested, (*CEILING, "read:billing"))


def test_a_scope_taken_from_the_client_is_left_out_and_comes_back_with_it() -> None:
    assert narrow(("read:data", "write:data"), None, ("read:data",)) == ("read:data",)
    assert still_allowed(("read:data", "write:data", OFFLINE_ACCESS), ("write:data",)) == ("write:data", OFFLINE_ACCESS)
    assert still_allowed(("read:data", OFFLINE_ACCESS), ("write:data",)) == ()
    with pytest.raises(InvalidScope, match="still allowed"):
        narrow(("read:data", OFFLINE_ACCESS), None, ("write:data",))


def test_a_token_for_offline_access_alone_would_open_nothing() -> None:
    with pytest.raises(InvalidScope):
        narrow((*CEILING, OFFLINE_ACCESS), (OFFLINE_ACCESS,), CEILING)


@given(st.sets(st.sampled_from(CEILING)), st.sets(st.sampled_from((*CEILING, "read:billing", OFFLINE_ACCESS))))
def test_no_request_widens_anything(granted: set[str], requested: set[str]) -> None:
    with contextlib.suppress(InvalidScope):
        assert set(narrow(tuple(granted), tuple(requested), CEILING)) == requested & granted
    with contextlib.suppress(InvalidScope):
        named = granted if requested == {OFFLINE_ACCESS} else granted & requested
        assert set(within_ceiling(tuple(requested), tuple(granted))) <= named | {OFFLINE_ACCESS}
