"""Which grants a client may use (RFC 6749 §5.2, rule 10)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from oauthsrv.oauth.errors import UnauthorizedClient
from oauthsrv.oauth.grant_types import DEFAULT, DEVICE_CODE, check_may_use
from oauthsrv.oauth.records import Client


def test_rule_10_a_client_may_use_the_grants_that_are_turned_on(a_client: Callable[..., Client]) -> None:
    for grant_type in DEFAULT:
        check_may_use(a_client(), grant_type)
    with pytest.raises(UnauthorizedClient):
        check_may_use(a_client(), DEVICE_CODE)
    check_may_use(a_client(grant_types=frozenset({DEVICE_CODE})), DEVICE_CODE)


def test_rule_10_a_client_that_registered_itself_never_gets_the_device_grant(a_client: Callable[..., Client]) -> None:
    without_owner = replace(a_client(grant_types=frozenset({*DEFAULT, DEVICE_CODE})), owner_id=None)
    check_may_use(without_owner, "authorization_code")
    with pytest.raises(UnauthorizedClient):
        check_may_use(without_owner, DEVICE_CODE)
