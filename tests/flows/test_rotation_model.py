"""The statement that rotates decides as the protocol's rules do, whatever the family, the token and the request.

The rules are pure functions (oauth.token_request.judge, oauth.scopes, oauth.resources).
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
import play
import rows
from held import done
from oauthsrv.flows import housekeeping, rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.issuing import TokenRequest
from oauthsrv.oauth import resources, scopes
from oauthsrv.oauth.credentials import make_refresh_token
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.oauth.token_request import Verdict, check_bound, judge
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store import database as database_module
from oauthsrv.store.database import reading, sql
from oauthsrv.store.families import family_record
from refreshing import GRACE, parsed, rotated, with_settings

SCOPES = ["read:data", "read:profile"]
RESOURCES = ["https://a.example", "https://b.example"]
CHANGES = {
    "scopes": st.lists(st.sampled_from([*SCOPES, "write:data", scopes.OFFLINE_ACCESS]), min_size=1, unique=True),
    "resources": st.lists(st.sampled_from(RESOURCES), unique=True),
    "ended": st.sampled_from([None, None, None, "user"]),
    "seconds_left": st.sampled_from([-1, 60]),
    "seconds_old": st.sampled_from([0, 400 * 86_400]),
    "superseded_ago": st.sampled_from([0, 1, GRACE + 5]),
    "available_seconds": st.sampled_from([None, None, -5, 60]),
    "credential_bound": st.booleans(),
}
SET = """
UPDATE family
SET scopes = %(scopes)s::text[], resources = %(resources)s::text[], credential_bound = %(credential_bound)s,
    ended_at = CASE WHEN %(ended)s IS NOT NULL THEN now() END, end_reason = %(ended)s,
    sealed = CASE WHEN %(ended)s IS NULL THEN sealed END,
    expires_at = now() + make_interval(secs => %(seconds_left)s),
    created_at = now() - make_interval(secs => %(seconds_old)s),
    rotations = ARRAY(SELECT now() - make_interval(secs => %(superseded_ago)s) FROM unnest(rotations)),
    available_until = now() + make_interval(secs => %(available_seconds)s)
WHERE handle_hash = %(handle_hash)s
"""
TOKENS = ("current", "superseded", "older", "forged", "forged_superseded", "ahead")


class Example:
    """A family that rotated twice, its tokens, and the client."""

    def __init__(self, server: Server, connection: play.Connection) -> None:
        self.server = server
        found = server.clients.find_client(connection.app.client_id)
        assert found is not None
        self.client: Client = found
        self.older = connection.refresh_token
        self.superseded = self.refresh(self.older)["refresh_token"]
        self.current = self.refresh(self.superseded)["refresh_token"]
        newest = parsed(self.current)
        self.forged = make_refresh_token(newest.handle, newest.generation).text
        self.forged_superseded = make_refresh_token(newest.handle, newest.generation - 1).text
        self.ahead = make_refresh_token(newest.handle, newest.generation + 1).text

    def refresh(self, text: str, with_credential: bool = True, *more: tuple[str, str]) -> dict[str, Any]:
        parameters = Parameters((("refresh_token", text), *more))
        return rotation.refresh(
            TokenRequest(self.server, self.client, parameters, Actor(), with_credential=with_credential)
        )

    def row(self) -> Any:
        with reading(self.server.database) as db:
            return sql.families.find(db, handle_hash=parsed(self.older).handle_hash)

    def expected(self, text: str, with_credential: bool, *more: tuple[str, str]) -> Verdict | str:
        """The verdict, or the error that the request gets before."""
        row, sent = self.row(), Parameters(more)
        family = family_record(row, self.server.settings.refresh_max_age)
        try:
            check_bound(family, with_credential, row.now)
            verdict = judge(family, parsed(text), row.now, timedelta(seconds=GRACE))
            if verdict in (Verdict.ROTATE, Verdict.REPEAT):
                scopes.narrow(family.scopes, scopes.parse(sent.get("scope")), self.client.scopes)
                resources.narrow(family.resources, sent.all("resource"))
        except OAuthError as error:
            return error.error
        return verdict


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(TOKENS),
    changes=st.fixed_dictionaries(CHANGES),
    with_credential=st.booleans(),
    scope=st.sampled_from([None, "read:data", "write:data", "offline_access", "read:data write:data"]),
    resource=st.sampled_from([None, "https://a.example", "https://A.example/", "https://other.example"]),
)
def test_rule_5_a_refresh_is_answered_as_the_rules_say(
    server: Server,
    name: str,
    changes: dict[str, Any],
    with_credential: bool,
    scope: str | None,
    resource: str | None,
    browser: Any,
) -> None:
    example = Example(server, play.tokens(server, browser.another()))
    text = getattr(example, name)
    more = tuple((key, value) for key, value in (("scope", scope), ("resource", resource)) if value)
    rows.rows(server, SET, handle_hash=parsed(text).handle_hash, **changes)
    before, expected = example.row(), example.expected(text, with_credential, *more)
    try:
        got = example.refresh(text, with_credential, *more)
    except OAuthError as error:
        assert error.error == (expected if isinstance(expected, str) else "invalid_grant")
        assert expected not in (Verdict.ROTATE, Verdict.REPEAT)
    else:
        assert expected in (Verdict.ROTATE, Verdict.REPEAT)
        assert server.tokens.check(got["access_token"]).token is not None
    after = example.row()
    assert after.generation == before.generation + (expected is Verdict.ROTATE)
    assert (after.ended_at is None) is (before.ended_at is None and expected is not Verdict.REUSE)
    if expected is Verdict.ROTATE:
        assert parsed(got["refresh_token"]).token_hash == after.current_hash
        assert after.previous_hash == before.current_hash
        assert got["refresh_token"] == example.refresh(text, True, *more)["refresh_token"]
    elif expected is Verdict.REPEAT:
        assert got["refresh_token"] == example.current


def fail(*_args: Any, **_values: Any) -> Any:
    raise StoreUnavailable("it fails here")


@pytest.mark.parametrize(
    ("name", "step"),
    [("current", "rotate")] + [("superseded", step) for step in ("rotate", "read", "remember", "commit")],
)
def test_rule_9_a_store_that_fails_before_the_commit_of_a_refresh_changes_nothing(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    example = Example(server, connection)
    before = example.row()
    places: dict[str, tuple[Any, str]] = {
        "read": (server.tokens, "find"),
        "remember": (server.tokens, "remember"),
        "rotate": (sql.families, "rotate"),
        "commit": (database_module, "_commit"),
    }
    more = [("scope", "read:data")] if step == "remember" else []
    with monkeypatch.context() as patch:
        patch.setattr(*places[step], fail)
        with pytest.raises(StoreUnavailable):
            example.refresh(getattr(example, name), True, *more)
    after = example.row()
    assert [after[n] for n in range(12)] == [before[n] for n in range(12)]
    again = example.refresh(getattr(example, name))
    assert server.tokens.check(again["access_token"]).token is not None


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("grace", [0, GRACE])
def test_rule_9_whose_refresh_fails_after_its_commit_may_come_back_after_the_grace_time(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch, grace: int, keeps: bool
) -> None:
    """That is no reuse, as nobody was answered; the successor is the same, and then the grace time counts again."""
    make.change(server, connection.app, keeps_successor=keeps)
    browser, app, token = with_settings(server, refresh_grace=grace), connection.app, connection.refresh_token
    with monkeypatch.context() as patch:
        patch.setattr(server.tokens, "remember", fail)
        assert play.refresh(browser, app, token).status_int == 503
    rows.let_pass(server, token, 86_400)
    done(housekeeping.walk(server))
    first = rotated(browser, app, token)
    assert play.is_active(browser, app, first["access_token"])
    if grace or keeps:
        assert rotated(browser, app, token)["refresh_token"] == first["refresh_token"]
    rotated(browser, app, first["refresh_token"])
    rows.let_pass(server, token, 86_400)
    assert play.refused(play.refresh(browser, app, token))
    assert rows.family(server, token).end_reason == "reused"


def test_rule_9_if_both_stores_fail_after_its_commit_the_grace_time_is_left(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(server.tokens, "remember", fail)
        patch.setattr(sql.families, "keep_successor", fail)
        assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 503
    rows.let_pass(server, connection.refresh_token, GRACE - 10)
    rotated(connection.browser, connection.app, connection.refresh_token)
