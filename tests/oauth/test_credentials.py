"""Identifiers and secrets: their shapes, and what is refused before any database is asked (rule 1)."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth import base64url, credentials
from oauthsrv.oauth.credentials import (
    LAST_GENERATION,
    digest,
    hash_of_code,
    is_client_id,
    is_code,
    is_device_code,
    is_family_id,
    is_grant_id,
    is_user_id,
    new_access_token,
    new_client_id,
    new_client_secret,
    new_code,
    new_device_code,
    new_family_id,
    new_grant_id,
    new_refresh_token,
    new_user_id,
    parse_access_token,
    parse_refresh_token,
)
from oauthsrv.oauth.errors import InvalidGrant

OLDER_CODE = "oac_" + base64url.encode(bytes(range(32)))  # before codes had a time
BYTES_16 = st.binary(min_size=16, max_size=16)


@pytest.mark.parametrize(
    ("new", "shape"),
    [
        (new_client_id, r"cli_[0-9a-f]{32}"),
        (new_client_secret, r"sec_[0-9a-f]{64}"),
        (new_user_id, r"usr_[0-9a-f]{32}"),
        (lambda: new_grant_id(0), r"gra_[0-9a-f]{32}"),
        (lambda: new_family_id(0), r"fam_[0-9a-f]{32}"),
        (lambda: new_code(0), r"oac_[A-Za-z0-9_-]{51}"),
        (new_device_code, r"odc_[A-Za-z0-9_-]{43}"),
        (lambda: new_access_token(new_client_id(), new_family_id(0)), r"oat_[A-Za-z0-9_-]{86}"),
        (lambda: new_access_token(new_client_id(), None), r"oat_[A-Za-z0-9_-]{86}"),
        (lambda: new_refresh_token().text, r"ort_[A-Za-z0-9_-]{70}"),
    ],
)
def test_everything_has_its_prefix_and_length_and_is_new_each_time(new: Callable[[], str], shape: str) -> None:
    made = {new() for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(shape, text) for text in made)


@pytest.mark.parametrize("new", [new_family_id, new_grant_id, lambda now: hash_of_code(new_code(now))])
def test_ids_and_hashes_of_codes_sort_by_time(new: Callable[[float], Any]) -> None:
    """So that new rows are written to one page of the index."""
    times = (1.0, 9.999, 1_764_000_000.001, 1_764_000_000.002, 2.0**38)
    made = [new(now) for now in times]
    assert made == sorted(made)


@pytest.mark.parametrize(("new", "random_bytes"), [(new_family_id, 10), (new_grant_id, 10), (new_code, 32)])
def test_besides_its_time_all_of_it_is_random(
    monkeypatch: pytest.MonkeyPatch, new: Callable[[float], str], random_bytes: int
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(credentials.secrets, "token_bytes", lambda many: asked.append(many) or bytes(many))
    new(0)
    assert asked == [random_bytes]


def test_rule_1_the_hash_of_a_code_contains_its_time_and_nothing_else_of_it() -> None:
    code = new_code(1_764_000_000.001)
    data = base64url.decode(code.removeprefix("oac_"), 6 + 32)
    assert data
    assert data[:6] == (1_764_000_000_001).to_bytes(6, "big")
    assert hash_of_code(code) == data[:6] + sha256(code.encode()).digest()
    assert hash_of_code(OLDER_CODE) == digest(OLDER_CODE)


@pytest.mark.parametrize(
    ("is_one", "good"),
    [
        (is_client_id, new_client_id()),
        (is_user_id, new_user_id()),
        (is_grant_id, new_grant_id(0)),
        (is_family_id, new_family_id(0)),
        (is_code, new_code(0)),
        (is_code, OLDER_CODE),
        (is_device_code, new_device_code()),
    ],
    ids=["client_id", "user_id", "grant_id", "family_id", "code", "older code", "device_code"],
)
def test_garbage_is_recognized(is_one: Callable[[str], bool], good: str) -> None:
    assert is_one(good)
    for bad in ("", good[:-1], good + "0", good + "\n", " " + good, good.upper(), good[4:], good.replace("_", "-", 1)):
        assert not is_one(bad)
    assert not is_one(good[:-1] + "\u0660")  # a digit, but not an ASCII one
    assert not is_one(good[:-1] + "\0")


@given(BYTES_16, st.none() | BYTES_16.filter(any))
def test_an_access_token_tells_its_client_and_its_family(client: bytes, family: bytes | None) -> None:
    client_id, family_id = "cli_" + client.hex(), None if family is None else "fam_" + family.hex()
    assert parse_access_token(new_access_token(client_id, family_id)) == (client_id, family_id)


@pytest.mark.parametrize("parse", [parse_access_token, parse_refresh_token])
@given(text=st.text(max_size=100))
def test_rule_12_any_text_can_be_parsed_and_is_refused(parse: Callable[[str], object], text: str) -> None:
    for prefix in ("", "oat_", "ort_"):
        assert parse(prefix + text) is None


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_access_token, new_access_token(new_client_id(), new_family_id(0))),
        (parse_refresh_token, new_refresh_token().text),
    ],
    ids=["access_token", "refresh_token"],
)
def test_a_token_has_one_spelling(parse: Callable[[str], object], text: str) -> None:
    assert parse(text)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(text[-1])
    same_bytes = [text[:-1] + alphabet[last ^ unused] for unused in range(1, 4)]
    for bad in (text + "=", text + "==", text[:-1], text + "A", "\t" + text, text + "\n", *same_bytes):
        assert parse(bad) is None


def test_a_refresh_token_reads_back_the_same() -> None:
    token = new_refresh_token()
    assert token.generation == 1
    assert parse_refresh_token(token.text) == token
    assert token.token_hash == digest(token.text) == sha256(token.text.encode()).digest()
    assert token.handle_hash == sha256(token.handle).digest()


def test_rule_1_the_random_bits_of_a_first_token_repeat_nothing_of_its_handle() -> None:
    token = new_refresh_token()
    data = base64url.decode(token.text.removeprefix("ort_"), 16 + 4 + 32)
    assert data
    assert data[:16] == token.handle
    assert token.handle not in data[16:]
    assert data[-16:] not in data[:-16]


def test_a_successor_keeps_the_handle_and_counts_on() -> None:
    first = new_refresh_token()
    second = first.successor()
    assert parse_refresh_token(second.text) == second
    assert second.handle_hash == first.handle_hash
    assert second.generation == 2
    assert second.token_hash != first.token_hash
    assert first.successor() != second


def test_generations_end_at_the_last_one_and_do_not_begin_again() -> None:
    last = credentials.make_refresh_token(bytes(16), LAST_GENERATION)
    assert parse_refresh_token(last.text) == last
    with pytest.raises(InvalidGrant):
        last.successor()
    assert credentials.make_refresh_token(bytes(16), LAST_GENERATION - 1).successor().generation == 2**32 - 1


def test_a_generation_zero_was_never_given_out() -> None:
    assert parse_refresh_token("ort_" + base64url.encode(bytes(52))) is None


def test_rule_1_repr_of_a_refresh_token_shows_nothing_of_it() -> None:
    token = new_refresh_token()
    assert repr(token) == "RefreshToken(generation=1)"


@given(st.text())
def test_any_text_has_a_digest(text: str) -> None:
    assert len(digest(text)) == 32
