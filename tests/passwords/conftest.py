"""A queue of passwords that are hashed fast."""

from collections.abc import Iterator

import pytest

from oauthsrv.passwords.hashing import Passwords


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(4, cost=4)
    yield passwords
    passwords.close()
