"""Client authentication (RFC 6749 §2.3, rule 10, rule 11)."""

import contextlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.client_authentication import (
    AnyClient,
    Authenticated,
    Circumstances,
    Presented,
    authenticate,
    check_not_suspended,
    presented,
)
from oauthsrv.oauth.credentials import digest, new_client_secret
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, OAuthError, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Api, Client

ID = "cli_" + "c" * 32
OTHER_ID = "cli_" + "d" * 32
SECRET = "sec_" + "5" * 64  # the same in every process, as ids of tests hold it
NONE = Parameters(())
PUBLIC: Any = {"type": "public", "authentication_methods": frozenset({"none"})}


def basic(client_id: str, secret: str, scheme: str = "Basic") -> str:
    return f"{scheme} " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def form(**fields: str) -> Parameters:
    return Parameters(tuple(fields.items()))


def authenticated(claim: Presented, client: AnyClient | None) -> Authenticated[AnyClient]:
    return authenticate(claim, client, lambda: Circumstances("https://login.example", 0.0, lambda *_: ()))


def by_basic(client_id: str, secret: str) -> Presented:
    return Presented(client_id, secret, "client_secret_basic")


def by_form(client_id: str, secret: str) -> Presented:
    return Presented(client_id, secret, "client_secret_post")


@pytest.mark.parametrize(
    ("header", "parameters", "expected"),
    [
        (basic(ID, SECRET), NONE, by_basic(ID, SECRET)),
        (basic(ID, SECRET), NONE, by_basic(ID, SECRET)),
        (basic(ID, SECRET, "BASIC") + "  ", NONE, by_basic(ID, SECRET)),
        (basic(ID, SECRET, "Basic "), NONE, by_basic(ID, SECRET)),
        (basic(ID, SECRET), form(client_id=ID), by_basic(ID, SECRET)),
        (basic(ID, "a:b+c %é&"), NONE, by_basic(ID, "a:b+c %é&")),
        ("Basic " + b64encode(f"{ID}:a:b".encode()).decode(), NONE, by_basic(ID, "a:b")),
        ("Basic " + b64encode(f"{ID}:é".encode()).decode(), NONE, by_basic(ID, "é")),
        (None, form(client_id=ID, client_secret=SECRET), by_form(ID, SECRET)),
        (None, form(client_id=ID), Presented(ID)),
        # An empty secret is no credential.
        (basic(ID, ""), NONE, Presented(ID)),
        (basic(ID, ""), form(client_id=ID), Presented(ID)),
        (basic(ID, ""), form(client_id=ID, client_secret=""), Presented(ID)),
        (basic(ID, ""), form(client_id=ID, client_secret=SECRET), by_form(ID, SECRET)),
        (basic("", ""), form(client_id=ID, client_secret=SECRET), by_form(ID, SECRET)),
        (basic(ID, SECRET), form(client_id=ID, client_secret=""), by_basic(ID, SECRET)),
        (None, form(client_id=ID, client_secret=""), Presented(ID)),
    ],
)
def test_who_a_request_says_it_comes_from(header: str | None, parameters: Parameters, expected: Presented) -> None:
    assert presented(header, parameters) == expected


@pytest.mark.parametrize(
    ("header", "parameters"),
    [
        (basic(ID, SECRET), form(client_id=ID, client_secret=SECRET)),
        (basic(ID, SECRET), form(client_secret=SECRET)),
        (basic(ID, SECRET), form(client_id=OTHER_ID)),
        (basic(ID, SECRET), form(client_id=OTHER_ID, client_secret=SECRET)),
        (basic(ID, ""), form(client_id=OTHER_ID)),
        (basic(ID, ""), form(client_id=OTHER_ID, client_secret=SECRET)),
        (basic(ID, SECRET), Parameters((("client_id", ID), ("client_id", ID)))),
        (None, Parameters((("client_id", ID), ("client_id", OTHER_ID)))),
        (None, Parameters((("client_id", ID), ("client_secret", "a"), ("client_secret", "b")))),
    ],
)
def test_rule_10_two_ways_at_once_or_two_clients_are_an_invalid_request(
    header: str | None, parameters: Parameters
) -> None:
    with pytest.raises(InvalidRequest):
        presented(header, parameters)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic =",
        "Basic " + b64encode(ID.encode()).decode(),
        "Basic " + b64encode(f"{ID}:x".encode()).decode().rstrip("=") + "=a",
        "Basic " + b64encode(f"{ID}:x".encode()).decode() + " more",
        "Basic " + b64encode(f"{ID}:\xff".encode("latin-1")).decode(),
        "Basic " + b64encode(f"{ID}:%FF".encode()).decode(),
        "Basic " + b64encode(f"{ID}:%4".encode()).decode(),
        "Basic " + b64encode(f"{ID}:\0".encode()).decode(),
        "Basic " + b64encode(b":" + SECRET.encode()).decode(),
        "Basic " + b64encode(b":").decode(),
        "Basic \xe9\xe9\xe9\xe9",
        "Basic\t" + b64encode(f"{ID}:x".encode()).decode(),
        "Bearer oat_x",
        "Digest username=x",
        basic(ID, SECRET, "Bearer"),
        basic("someone", SECRET),
        basic(ID + "\n", SECRET),
        basic(ID.upper(), SECRET),
    ],
)
def test_rule_11_a_header_that_cannot_be_read_authenticates_nobody(header: str) -> None:
    with pytest.raises(InvalidClient):
        presented(header, NONE)


@pytest.mark.parametrize(
    "parameters",
    [NONE, form(client_secret=SECRET), form(client_id="x"), form(client_id=ID + "'"), form(client_id="x" * 9000)],
)
def test_no_client_or_garbage_is_refused_before_any_database_is_asked(parameters: Parameters) -> None:
    with pytest.raises(InvalidClient) as refusal:
        presented(None, parameters)
    assert refusal.value.description.startswith("No client:") is not bool(parameters.get("client_id"))


@given(st.none() | st.text() | st.binary().map(lambda data: "Basic " + b64encode(data).decode()), st.text())
def test_rule_12_any_header_and_form_give_a_claim_or_an_oauth_error(header: str | None, raw: str) -> None:
    with contextlib.suppress(OAuthError):
        presented(header, Parameters.parse("client_id=" + raw))


def test_rule_1_a_claim_does_not_show_its_secret() -> None:
    assert SECRET not in repr(by_form(ID, SECRET))


@pytest.mark.parametrize("by", [by_basic, by_form])
def test_rule_10_basic_and_form_count_as_one(by: Callable[..., Presented], a_client: Callable[..., Client]) -> None:
    client = a_client(secret_hashes=(digest(SECRET),))
    proved = authenticated(by(ID, SECRET), client)
    assert proved == (client, True, digest(SECRET), None)


def test_two_secrets_work_and_the_one_that_was_used_is_known(a_client: Callable[..., Client]) -> None:
    secrets = (new_client_secret(), new_client_secret())
    client = a_client(secret_hashes=tuple(map(digest, secrets)))
    for secret in secrets:
        assert authenticated(by_form(ID, secret), client).secret_hash == digest(secret)


def test_a_public_client_names_itself(a_client: Callable[..., Client]) -> None:
    client = a_client(**PUBLIC)
    assert authenticated(Presented(ID), client) == (client, False, None, None)


def test_an_api_proves_itself_by_its_secret(an_api: Callable[..., Api]) -> None:
    api = an_api(secret_hashes=(digest(SECRET),))
    assert authenticated(by_form(api.client_id, SECRET), api).client is api
    for claim in (Presented(api.client_id), by_form(api.client_id, "x")):
        with pytest.raises(InvalidClient):
            authenticated(claim, api)


def test_rule_10_every_refusal_reads_the_same(a_client: Callable[..., Client]) -> None:
    confidential = a_client(secret_hashes=(digest(SECRET),))
    public = a_client(**PUBLIC)
    cases: list[tuple[Presented, Client | None]] = [
        (Presented(ID), None),
        (by_form(ID, SECRET), None),
        (by_form(ID, bytes(32).decode()), None),
        (Presented(ID), confidential),
        (by_form(ID, SECRET[:-1]), confidential),
        (by_form(ID, digest(SECRET).hex()), confidential),
        (by_form(ID, SECRET), a_client(secret_hashes=())),
        (Presented(ID), a_client(secret_hashes=())),
        (by_form(ID, SECRET), public),
        (by_basic(ID, SECRET), public),
        # Hashes that a public client should not have make it no confidential one, and open nothing.
        (by_form(ID, SECRET), a_client(**PUBLIC, secret_hashes=(digest(SECRET),))),
    ]
    descriptions = set()
    for claim, client in cases:
        with pytest.raises(InvalidClient) as refusal:
            authenticated(claim, client)
        descriptions.add(refusal.value.description)
    assert len(descriptions) == 1


@pytest.mark.parametrize(
    ("methods", "claim", "problem"),
    [
        ({"client_secret_basic"}, by_form(ID, SECRET), "method_not_allowed"),
        ({"client_secret_post"}, by_basic(ID, SECRET), "method_not_allowed"),
        ({"client_secret_post"}, Presented(ID), "secret_missing"),
        ({"none"}, by_form(ID, SECRET), "secret_not_expected"),
    ],
)
def test_rule_10_a_right_secret_is_refused_if_the_client_has_not_chosen_to_send_it_so(
    methods: set[str], claim: Presented, problem: str, a_client: Callable[..., Client]
) -> None:
    client = a_client(secret_hashes=(digest(SECRET),), authentication_methods=frozenset(methods))
    with pytest.raises(InvalidClient) as refusal:
        authenticated(claim, client)
    assert refusal.value.problem == problem


def test_rule_10_a_confidential_client_without_its_secret_is_never_treated_as_public(
    a_client: Callable[..., Client],
) -> None:
    with pytest.raises(InvalidClient):
        authenticated(Presented(ID), a_client(secret_hashes=(digest(SECRET),)))


def test_rule_6_a_suspended_client_is_unauthorized_and_keeps_its_tokens(a_client: Callable[..., Client]) -> None:
    client = a_client()
    assert check_not_suspended(client) is client
    with pytest.raises(UnauthorizedClient, match="suspended"):
        check_not_suspended(a_client(suspended=True))
