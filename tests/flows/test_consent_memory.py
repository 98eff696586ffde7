"""What is remembered of many answers, in the database: the latest about a scope wins (rule 14)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import make
from oauthsrv.flows import consent
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.revocations import revoke_grant
from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.authorization_response import Redirect
from oauthsrv.oauth.consent import covers
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from oauthsrv.store.sessions import Session

A, B, C = ("https://a.example",), ("https://b.example",), ("https://c.example",)
READ, WRITE, DATA = "read:profile", "write:profile", "read:data"
HOSTS = ("https://app.example/callback", "https://other.example/callback")
resources = st.sampled_from([(), A, B, C, A + B, B + C, A + B + C])
ticked = st.sets(st.sampled_from([WRITE, DATA]))
answers = st.lists(st.tuples(st.sampled_from(HOSTS), resources, ticked), min_size=1, max_size=6)
CASES = [(host, asked) for host in HOSTS for asked in ((), A, B, C, A + B, B + C, A + B + C)]


class Consents:
    """One person who answers one app again and again."""

    def __init__(self, server: Server) -> None:
        self.server, self.user = server, make.user(server)
        app = make.app(server, redirect_uris=HOSTS, scopes=(READ, WRITE, DATA), optional_scopes=(WRITE, DATA))
        client = server.clients.find_client(app.client_id)
        assert client is not None
        self.client = client
        with reading(server.database) as db:
            now = sql.deadlines.clock(db)
        self.session = Session(self.user.user_id, now, now, now)

    def request(self, uri: str, asked: tuple[str, ...]) -> AuthorizationRequest:
        redirect = Redirect(uri, None, self.server.settings.issuer)
        return AuthorizationRequest(self.client, redirect, (READ, WRITE, DATA), asked, None, frozenset(), None, None)

    def answer(self, uri: str, asked: tuple[str, ...], ticked: set[str]) -> str:
        scopes = [scope for scope in (READ, WRITE, DATA) if scope == READ or scope in ticked]
        return consent.record_consent(self.server, self.request(uri, asked), scopes, self.session, by=Actor())

    def remembered(self, uri: str, asked: tuple[str, ...]) -> Any:
        return consent.earlier_consent(self.server, self.request(uri, asked), self.user.user_id)[1]

    def start_over(self, grant_id: str) -> None:
        revoke_grant(self.server, grant_id, self.user.user_id, "user", by=Actor())


@pytest.fixture(scope="module")
def consents(server: Server) -> Consents:
    return Consents(server)


def test_rule_14_what_was_left_out_for_an_api_is_not_given_for_it_by_an_older_answer(consents: Consents) -> None:
    consents.answer(HOSTS[0], A + B, {WRITE, DATA})
    consents.answer(HOSTS[0], A, {DATA})
    grant_id = consents.answer(HOSTS[0], A + B, {DATA})
    for asked in (A, A + B, B):
        assert consents.remembered(HOSTS[0], asked).allowed == (READ, DATA)
    consents.start_over(grant_id)


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not one or not other or bool(set(one) & set(other))


@given(answers)
@example([(HOSTS[0], A + B, {WRITE}), (HOSTS[0], A, set()), (HOSTS[0], A + B, {DATA})])
@example([(HOSTS[0], A + B, set()), (HOSTS[0], A, {WRITE}), (HOSTS[0], A + B, {DATA})])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rule_14_the_latest_answer_about_a_scope_at_an_overlapping_resource_wins(
    consents: Consents, given_answers: list[tuple[str, tuple[str, ...], set[str]]]
) -> None:
    """Nothing is given or left out silently against it, and it is not asked again while nothing newer touches it."""
    grant_id = ""
    for answer in given_answers:
        grant_id = consents.answer(*answer)
    shown = {(host, asked): consents.remembered(host, asked) for host, asked in CASES}
    consents.start_over(grant_id)
    for (host, asked), before in shown.items():
        here = [(was, ticked) for at, was, ticked in given_answers if at == host]
        about = [number for number, (was, _) in enumerate(here) if overlap(was, asked)]
        was, ticked = here[about[-1]] if about else ((), set())
        stands = about and covers(was, asked) and not any(overlap(was, later) for later, _ in here[about[-1] + 1 :])
        for scope in (WRITE, DATA):
            if scope in before.allowed:
                assert about
                assert scope in ticked
            elif scope in before.declined:
                assert about
                assert scope not in ticked
            else:
                assert not stands
