"""Records that the rules are tried on; each test says only what is special about its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings

from oauthsrv.oauth.credentials import RefreshToken, new_refresh_token
from oauthsrv.oauth.records import AccessToken, Api, AuthorizationCode, Client, Family

# Other tests keep all cores busy at times; how long an example takes says nothing here.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

CLIENT = Client(
    client_id="cli_" + "c" * 32,
    name="Northwind",
    type="confidential",
    redirect_uris=("https://app.example.com/callback",),
    scopes=("read:profile", "read:data", "write:data"),
    secret_hashes=(),
    skips_pkce=False,
    owner_id="usr_" + "0" * 32,
    owner_name="Olga",
    approved=True,
    suspended=False,
)
API = Api(
    client_id="cli_" + "a" * 32,
    name="Data",
    resource="https://api.example.com",
    scopes=frozenset({"read:data"}),
    secret_hashes=(),
)
CODE = AuthorizationCode(
    client_id=CLIENT.client_id,
    grant_id="gra_" + "1" * 32,
    subject="subject-1",
    scopes=("read:data",),
    resources=(),
    redirect_uri="https://app.example.com/callback",
    code_challenge=None,
)
ACCESS_TOKEN = AccessToken(
    client_id=CLIENT.client_id,
    family_id="fam_" + "2" * 32,
    grant_id=CODE.grant_id,
    subject="subject-1",
    scopes=("read:data", "write:data"),
    resources=(),
    issued_at=1_700_000_000,
    expires_at=1_700_003_600,
)
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def a_client() -> Callable[..., Client]:
    return lambda **changes: replace(CLIENT, **changes)


@pytest.fixture
def an_api() -> Callable[..., Api]:
    return lambda **changes: replace(API, **changes)


@pytest.fixture
def a_code() -> Callable[..., AuthorizationCode]:
    return CODE._replace


@pytest.fixture
def an_access_token() -> Callable[..., AccessToken]:
    return ACCESS_TOKEN._replace


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def a_family() -> Callable[..., Family]:
    """A family whose current refresh token is `current`."""

    def make(current: RefreshToken | None = None, **changes: Any) -> Family:
        token = current or new_refresh_token()
        family = Family(
            family_id="fam_" + "2" * 32,
            grant_id=CODE.grant_id,
            client_id=CLIENT.client_id,
            subject="subject-1",
            scopes=("read:data",),
            resources=(),
            generation=token.generation,
            current_hash=token.token_hash,
            previous_hash=None,
            rotations=(),
            sealed=None,
            created_at=NOW - timedelta(days=1),
            expires_at=NOW + timedelta(days=29),
            ended_at=None,
        )
        return replace(family, **changes)

    return make
