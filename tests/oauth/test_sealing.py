"""Sealing: the holder of the secret alone can open it, for what it was sealed for (rules 1 and 5)."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.credentials import new_family_id, new_refresh_token
from oauthsrv.oauth.sealing import SUCCESSOR, seal, unseal

TOKEN, FAMILY = new_refresh_token(), new_family_id(0)


@given(st.binary(max_size=2000))
def test_rule_5_the_old_token_opens_what_it_sealed(payload: bytes) -> None:
    assert unseal(TOKEN.text, FAMILY, seal(TOKEN.text, FAMILY, payload)) == payload


def test_rule_5_nothing_else_opens_it() -> None:
    sealed = seal(TOKEN.text, FAMILY, b"successor")
    assert unseal(TOKEN.successor().text, FAMILY, sealed) is None
    assert unseal(TOKEN.text, new_family_id(0), sealed) is None
    assert unseal(TOKEN.token_hash.hex(), FAMILY, sealed) is None
    assert unseal("", FAMILY, sealed) is None


def test_rule_1_what_is_sealed_for_one_purpose_does_not_open_for_another() -> None:
    sealed = seal(TOKEN.text, FAMILY, b"payload", b"one")
    assert unseal(TOKEN.text, FAMILY, sealed, b"one") == b"payload"
    assert unseal(TOKEN.text, FAMILY, sealed, b"other") is None
    assert unseal(TOKEN.text, FAMILY, sealed) is None


def test_rule_5_a_changed_or_shortened_seal_does_not_open() -> None:
    sealed = seal(TOKEN.text, FAMILY, b"successor")
    for at in range(len(sealed)):
        assert unseal(TOKEN.text, FAMILY, sealed[:at]) is None
        assert unseal(TOKEN.text, FAMILY, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]) is None


def test_rule_1_the_same_payload_is_sealed_differently_each_time_and_not_readable() -> None:
    one, two = seal(TOKEN.text, FAMILY, b"successor"), seal(TOKEN.text, FAMILY, b"successor")
    assert one != two
    assert b"successor" not in one


def test_rule_5_what_an_earlier_version_sealed_still_opens() -> None:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=SUCCESSOR).derive(TOKEN.text.encode())
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, b"successor", FAMILY.encode())
    assert unseal(TOKEN.text, FAMILY, sealed) == b"successor"
