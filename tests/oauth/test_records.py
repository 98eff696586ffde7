"""Records show no hashes, wherever they are printed (rule 1)."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest

from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.records import Client, Family

HASH = digest("something secret")


def test_rule_1_repr_shows_no_hashes_and_nothing_sealed(
    a_client: Callable[..., Client], a_family: Callable[..., Family]
) -> None:
    family = a_family(current_hash=HASH, previous_hash=HASH, sealed=HASH)
    assert repr(HASH) not in repr(a_client(secret_hashes=(HASH,))) + repr(family)


def test_records_do_not_change(a_client: Callable[..., Client]) -> None:
    with pytest.raises(FrozenInstanceError):
        a_client().suspended = True
