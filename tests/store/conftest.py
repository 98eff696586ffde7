"""What tests of the store share: an empty database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from databases import empty_database, url_of
from oauthsrv.embedded import Databases


@pytest.fixture
def database(cluster: Databases) -> Iterator[str]:
    """The URL of a database without a table."""
    with empty_database(cluster) as name:
        yield url_of(cluster, name)
