"""Early tokens: an exchange with one ends as an exchange without one does (rule 2, rule 6)."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import make
import play
import rows
from browser import Browser, wsgi
from flows.conftest import Scene
from oauthsrv.flows import issuing, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.client_authentication import Authenticated
from oauthsrv.oauth.credentials import digest, new_client_id, new_code
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.oauth.records import AuthorizationCode, Client
from oauthsrv.server import Server
from oauthsrv.store import early_tokens
from oauthsrv.store import tokens as tokens_module
from oauthsrv.store.authorization import code_key, find_code, remember_code
from oauthsrv.store.early_tokens import EarlyToken
from oauthsrv.store.limits import Attempt, key_of

WRONG = "wrong-but-long-enough-for-rfc-7636-and-everybody-else"


# What can happen between the code and its exchange, and what can be wrong with the request.


def narrow_scopes(scene: Scene) -> None:
    make.change(scene.server, scene.app, scopes=("read:data",))


def replace_scopes(scene: Scene) -> None:
    make.change(scene.server, scene.app, scopes=("webhooks",))


def suspend(scene: Scene) -> None:
    review.suspend_client(scene.server, scene.app.client_id, by=Actor())


def revoke_all(scene: Scene) -> None:
    """The client's epoch is raised: its grants are over."""
    revocations.revoke_client_tokens(scene.server, scene.app.client_id, by=Actor())


def disconnect(scene: Scene) -> None:
    revocations.revoke_grant(scene.server, scene.grant_id, scene.user.user_id, "user", by=Actor())


def lose_stamp(scene: Scene) -> None:
    scene.server.redis.connection().delete(scene.server.clients.stamp_key(scene.app.client_id))


def lose_code(scene: Scene) -> None:
    scene.server.redis.connection().delete(code_key(scene.server.redis, scene.code))


def use_code(scene: Scene) -> None:
    play.exchange(scene.browser, scene.app, scene.code)


def replace_grant_types(scene: Scene) -> None:
    make.set_grant_types(scene.server, scene.app, DEVICE_CODE)


def reach_limit(scene: Scene) -> None:
    counter = counter_of(scene.server, scene.app.client_id)
    scene.server.redis.connection().set(counter, 6000, ex=60)


def nearly_reach_limit(scene: Scene) -> None:
    scene.server.redis.connection().set(counter_of(scene.server, scene.app.client_id), 5998, ex=60)


CHANGES: list[Callable[[Scene], None]] = [
    *(narrow_scopes, replace_scopes, suspend, revoke_all, disconnect, lose_stamp, lose_code, use_code),
    *(replace_grant_types, reach_limit, nearly_reach_limit),
]
FAULTS: dict[str, dict[str, str | None]] = {
    "none": {},
    "verifier": {"code_verifier": WRONG},
    "redirect URI": {"redirect_uri": "https://elsewhere.example/"},
    "no code": {"code": None},
    "unknown code": {"code": "oac_" + "A" * 51},
    "unknown code of an older version": {"code": "oac_" + "A" * 43},
    "another grant type": {"grant_type": "refresh_token"},
    "resource not granted": {"resource": "https://beyond.example"},
    "not a URI": {"resource": "nowhere"},
}


def counter_of(server: Server, client_id: str) -> bytes:
    return key_of(server.redis, Attempt("token", client_id))


def keys(server: Server) -> set[bytes]:
    """The keys of access tokens and families; those of other tests may expire at any time."""
    redis: Any = server.redis.connection()
    return {key for kind in "tfk" for key in redis.keys(server.redis.key(kind, "*"))}


def outcome(scene: Scene, at: Server, form: dict[str, str | None]) -> dict[str, Any]:
    """The response of an exchange and what it leaves in the stores, without random values."""
    address, charged = "198.18.0.1", key_of(scene.server.redis, Attempt("proof_address", "198.18.0.1"))
    scene.server.redis.connection().delete(charged)
    server, before, began = scene.server, keys(scene.server), int(time.time())
    fields = {"grant_type": "authorization_code", "code": scene.code, "redirect_uri": scene.app.redirect_uri}
    answer = play.post(
        Browser(wsgi(at), address), "/oauth/token", scene.app, **fields | {"code_verifier": play.VERIFIER} | form
    )
    body = answer.json
    body.pop("error_uri", "")  # which names the request
    access_token, refresh_token = body.pop("access_token", ""), body.pop("refresh_token", "")
    seen: dict[str, Any] = {
        "status": answer.status_int,
        "body": body,
        "limit": answer.headers.get("RateLimit", "").partition(";t=")[0],
        "counted": server.redis.connection().get(counter_of(server, scene.app.client_id)),
        "keys": len(keys(server) - before),
        "is marked": rows.has_marker(server, scene.family_id),
        "charged": server.redis.connection().get(charged),
    }
    if access_token:
        kept = server.tokens.find(access_token)
        assert kept
        assert rows.family(server, refresh_token).family_id == kept.family_id
        assert began <= kept.issued_at <= time.time()
        seen["token"] = kept.scopes, len(kept.resources), kept.expires_at - kept.issued_at, kept.epoch
        assert record_of(server, access_token) == tokens_module._written(kept)
        seen["active"] = server.tokens.check(access_token).token is not None
    return seen


def record_of(server: Server, access_token: str) -> Any:
    return server.redis.connection().get(server.tokens.token_key(digest(access_token)))


def scene_at(server: Server, browser: Browser, type: str, with_resources: bool) -> Scene:
    app, user, api = make.app(server, type=type), make.user(server), make.api(server)
    play.sign_in(browser, user)
    resource = api.redirect_uri if with_resources else None
    first = play.exchange(browser, app, play.code(browser, app, resource=resource)).json
    text = play.code(browser, app, resource=resource)
    code = find_code(server.redis, text, {})
    assert code
    if with_resources:
        remember_code(server.redis, text, code._replace(resources=(*code.resources, "https://more.example")), 60)
    return Scene(server, browser, user, app, first, text, api)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.sampled_from(CHANGES), max_size=2, unique=True),
    fault=st.sampled_from([*FAULTS, "none", "none", "secret", "resource", "another app"]),
    type=st.sampled_from(["confidential", "confidential", "public"]),
    with_resources=st.booleans(),
)
@example([narrow_scopes], "none", "confidential", False)
@example([suspend], "none", "confidential", False)
@example([replace_grant_types], "none", "confidential", False)
@example([nearly_reach_limit], "none", "public", False)
@example([], "resource", "confidential", True)
@example([], "another app", "confidential", False)
@example([], "another grant type", "confidential", False)
@example([], "resource not granted", "confidential", True)
def test_rule_2_an_early_token_changes_neither_the_response_nor_what_is_stored(
    server: Server,
    another_server: Server,
    changes: list[Callable[[Scene], None]],
    fault: str,
    type: str,
    with_resources: bool,
) -> None:
    """In three processes: one with an empty cache, one that cached the client before the changes, and one after."""
    outcomes = []
    for cached in ("never", "before", "after"):
        scene = scene_at(server, Browser(wsgi(server)), type, with_resources)
        form = FAULTS.get(fault, {})
        if fault == "resource":
            form = {"resource": scene.api.redirect_uri}
        if fault == "another app":
            scene.app = make.app(server, type=type)
        if fault == "secret":
            scene.app = dataclasses.replace(scene.app, client_secret=WRONG)
        another_server.clients.find_client(scene.app.client_id)
        for change in changes:
            change(scene)
        if cached == "after":
            another_server.clients.find_client(scene.app.client_id)
        if cached == "never":
            another_server.clients.forget_all()
        outcomes.append(outcome(scene, another_server, form))
    assert outcomes[0] == outcomes[1] == outcomes[2]


# What is written


class StoredExchange:
    """A client's stamp and a code that are in Redis alone: all that `early_tokens.write` needs."""

    def __init__(self, server: Server, *, most: int = 6000, **values: Any) -> None:
        self.server, self.redis = server, server.redis.connection()
        client = Client(
            *(new_client_id(), "Example", "confidential", (), (), ()),
            skips_pkce=False,
            owner_id=None,
            owner_name=None,
            approved=True,
            suspended=False,
            **values,
        )
        self.proved = Authenticated(client, True)
        self.counting = Attempt("token", client.client_id, most)
        self.stamp, self.counter = server.clients.stamp_key(client.client_id), key_of(server.redis, self.counting)
        self.redis.set(self.stamp, b"stamp", ex=600)
        self.code = AuthorizationCode(client.client_id, "gra_1", "usr_1", ("a",), (), "https://a.example", None)

    def store_code(self, **values: Any) -> None:
        text = new_code(0)
        self.code = self.code._replace(**values)
        self.code_key = code_key(self.server.redis, text)
        remember_code(self.server.redis, text, self.code, 600)

    def write(self, lifetime: int = 600) -> EarlyToken | None:
        stamp = (self.stamp, b"stamp")
        return early_tokens.write(
            self.server.redis, self.server.tokens, stamp, self.proved, self.code_key, lifetime, self.counting
        )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    subject=st.text(min_size=1),
    scopes=st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple),
    resources=st.lists(st.one_of(st.text(), st.just('{},"client_id":"}'), st.just('"}'))).map(tuple),
    epoch=st.integers(0, 2**31),
    lifetime=st.integers(600, 86_400),
)
def test_rule_6_an_early_token_has_the_same_record_as_any_other(
    server: Server, subject: str, scopes: tuple[str, ...], resources: tuple[str, ...], epoch: int, lifetime: int
) -> None:
    stored = StoredExchange(server, epoch=epoch)
    stored.store_code(subject=subject, scopes=scopes, resources=resources)
    written = stored.write(lifetime)
    assert written
    assert written.window.counted == 1
    assert written.code == stored.code
    assert record_of(server, written.text) == tokens_module._written(written.token)
    record, marker, latest = server.tokens.keys_to_write(written.text, str(written.token.family_id))
    assert stored.redis.get(marker) == tokens_module.MARKER
    assert stored.redis.get(latest) == tokens_module.set_of(scopes, resources).encode() + record
    for key, seconds in ((record, lifetime), (marker, server.tokens.marker_ttl), (latest, server.tokens.marker_ttl)):
        left: Any = stored.redis.ttl(key)
        assert seconds - 60 < left <= seconds


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stored: stored.redis.delete(stored.stamp),
        lambda stored: stored.redis.set(stored.stamp, b"another"),
        lambda stored: stored.redis.set(stored.counter, 6000),
        lambda stored: stored.redis.delete(stored.code_key),
        lambda stored: stored.store_code(client_id=new_client_id()),
        # As an earlier version stored it, without the start of the token's record.
        lambda stored: stored.redis.set(stored.code_key, orjson.dumps(stored.code._asdict())),
    ],
    ids=["no stamp", "another stamp", "limit", "no code", "another's code", "earlier"],
)
def test_rule_6_nothing_is_written_or_counted_if_redis_differs_from_what_is_expected(
    server: Server, spoil: Callable[[StoredExchange], object]
) -> None:
    stored = StoredExchange(server)
    stored.store_code()
    spoil(stored)
    before, counted = keys(server), stored.redis.get(stored.counter)
    assert stored.write() is None
    assert keys(server) <= before
    assert stored.redis.get(stored.counter) == counted


def test_rule_15_no_early_token_is_written_once_the_limit_is_reached(server: Server) -> None:
    stored = StoredExchange(server, most=1)
    stored.store_code()
    written = stored.write()
    assert written
    assert (written.window.left, written.window.is_over) == (0, False)
    left: Any = stored.redis.ttl(stored.counter)
    assert 0 < left <= 60
    assert stored.write() is None


def test_rule_15_a_script_sent_again_after_a_lost_answer_counts_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = StoredExchange(server, most=1)
    stored.store_code()
    run = early_tokens.WRITE.run
    monkeypatch.setattr(early_tokens.WRITE, "run", lambda *sent: (run(*sent), run(*sent))[1])
    written = stored.write()
    assert written
    assert written.window.counted == 1
    assert written.code == stored.code
    assert record_of(server, written.text)


# In the flow


def test_rule_6_an_exchange_costs_one_trip_to_each_store(
    server: Server, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis, sent = server.redis.connection(), []
    ask, take = redis.ask_packed, server.database.take

    def asked(packed: bytes, count: int) -> list[Any]:
        sent.append(packed.split()[2])
        return ask(packed, count)

    def taken() -> Any:
        sent.append(b"PostgreSQL")
        return take()

    monkeypatch.setattr(redis, "ask_packed", asked)
    monkeypatch.setattr(redis, "execute_command", lambda *args, **_: sent.append(args[0]))
    monkeypatch.setattr(redis, "pipeline", lambda **_: sent.append(b"pipeline"))
    monkeypatch.setattr(server.database, "take", taken)
    assert play.exchange(scene.browser, scene.app, scene.code).status_int == 200
    assert sent == [b"EVALSHA", b"PostgreSQL"]


def test_an_exchange_keeps_its_clients_stamp_alive(server: Server, scene: Scene) -> None:
    stamp, redis = server.clients.stamp_key(scene.app.client_id), server.redis.connection()
    redis.expire(stamp, 100)
    server.clients._prolong_at.clear()
    assert play.exchange(scene.browser, scene.app, scene.code).status_int == 200
    left: Any = redis.ttl(stamp)
    assert left > 100


def test_rule_15_a_wrong_secret_with_a_known_code_is_charged_to_the_address_alone(server: Server, scene: Scene) -> None:
    counter = counter_of(server, scene.app.client_id)
    before, left = server.redis.connection().get(counter), keys(server)
    charged = key_of(server.redis, Attempt("proof_address", "198.18.0.2"))
    server.redis.connection().delete(charged)
    guessed = dataclasses.replace(scene.app, client_secret=WRONG)
    answer = play.exchange(scene.browser.another("198.18.0.2"), guessed, scene.code)
    assert answer.status_int == 401
    assert server.redis.connection().get(charged) == b"1"
    assert server.redis.connection().get(counter) == before
    assert keys(server) <= left
    assert play.exchange(scene.browser, scene.app, scene.code).status_int == 200


def test_rule_6_a_grant_that_ends_while_its_code_is_exchanged_leaves_no_token(
    server: Server, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, add = [], issuing._add_family

    def added_too_late(request: issuing.TokenRequest, *values: Any) -> Any:
        begun.append(request.early)
        disconnect(scene)
        return add(request, *values)

    monkeypatch.setattr(issuing, "_add_family", added_too_late)
    assert play.refused(play.exchange(scene.browser, scene.app, scene.code))
    [early] = begun
    assert early
    assert record_of(server, early.text) is None
    assert not rows.has_marker(server, str(early.token.family_id))


def test_a_family_that_ends_before_its_epoch_is_corrected_is_refused(
    server: Server, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = issuing._add_family

    def added_and_ended(*values: Any) -> Any:
        added = add(*values)
        disconnect(scene)
        return SimpleNamespace(epoch=added.epoch + 1, others=0)

    monkeypatch.setattr(issuing, "_add_family", added_and_ended)
    assert play.refused(play.exchange(scene.browser, scene.app, scene.code))
