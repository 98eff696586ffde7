"""Keys of clients at an address, their jwks_uri: loaded seldom, used by all processes (RFC 7523, rule 10, rule 12)."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import make
import signing
from browser import Browser
from held import eventually
from hosts import Host, host, response
from oauthsrv import fetching
from oauthsrv.flows import client_authentication
from oauthsrv.server import Server
from oauthsrv.store import assertions
from oauthsrv.store.limits import Attempt, key_of
from signing import Signer, is_accepted


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server)


@pytest.fixture
def there(server: Server) -> Iterator[Host]:
    with host(f"{secrets.token_hex(4)}.example") as there:  # other tests left keys of theirs
        there.connect(server.fetcher)
        yield there


def publish(there: Host, *keys: dict[str, Any], **how: Any) -> str:
    return there.serve("/jwks", {"keys": keys}, **how)


@pytest.fixture
def remote(server: Server, app: make.App, there: Host) -> Signer:
    signer = Signer(server.settings.issuer)
    signing.authenticate_by(server, app, jwks_uri=publish(there, signer.jwk))
    return signer


def allow_another_load(server: Server, there: Host) -> None:
    server.redis.connection().delete(key_of(server.redis, Attempt("client_keys", there.origin + "/jwks")))


def test_keys_are_loaded_once_and_used_by_all_processes(
    browser: Browser, elsewhere: Browser, app: make.App, remote: Signer, there: Host
) -> None:
    for where in (browser, elsewhere, browser):
        assert is_accepted(where, remote.assertion(app.client_id))
    assert there.count("/jwks") == 1


def test_a_new_key_is_loaded_when_an_assertion_names_it_but_once_a_minute_at_most(
    server: Server, browser: Browser, app: make.App, remote: Signer, there: Host
) -> None:
    assert is_accepted(browser, remote.assertion(app.client_id))
    second = Signer(server.settings.issuer, kid="second")
    publish(there, remote.jwk, second.jwk)
    for _ in range(3):
        assert not is_accepted(browser, second.assertion(app.client_id))
    assert there.count("/jwks") == 1
    assert signing.problems(server, app).count("assertion_key") == 1
    allow_another_load(server, there)
    assert is_accepted(browser, second.assertion(app.client_id))
    assert is_accepted(browser, remote.assertion(app.client_id))
    assert there.count("/jwks") == 2


def test_keys_that_cannot_be_loaded_again_go_on_working(
    server: Server, browser: Browser, app: make.App, remote: Signer, there: Host
) -> None:
    assert is_accepted(browser, remote.assertion(app.client_id))
    uri = there.origin + "/jwks"
    known = assertions.find_keys(server.redis, uri)
    assertions.keep_keys(server.redis, uri, known.keys, time.time() - 1)
    there.serve("/jwks", {}, status="500 Internal Server Error")
    allow_another_load(server, there)
    assert is_accepted(browser, remote.assertion(app.client_id))
    assert there.count("/jwks") == 2
    assert "status 500" in assertions.find_keys(server.redis, uri).failure
    assert is_accepted(browser, remote.assertion(app.client_id))
    assert there.count("/jwks") == 2


@pytest.mark.parametrize(
    ("keys", "how", "reason"),
    [
        (1000, {}, "10 KiB"),
        (21, {}, "21 keys"),
        (0, {}, "no key that can be used"),
        (1, {"status": "404 Not Found"}, "404"),
        (1, {"kind": "text/html"}, "Content-Type"),
    ],
)
def test_rule_12_keys_that_are_not_served_well_accept_nobody_and_the_reason_is_kept(
    keys: int, how: dict[str, str], reason: str, server: Server, browser: Browser, app: make.App, there: Host
) -> None:
    signer = Signer(server.settings.issuer)
    small = {name: value for name, value in signer.jwk.items() if name != "kid"}
    uri = publish(there, *[small] * keys, **how)
    signing.authenticate_by(server, app, jwks_uri=uri)
    assert not is_accepted(browser, signer.assertion(app.client_id))
    assert signing.problems(server, app) == ["keys_unreachable"]
    assert reason in assertions.find_keys(server.redis, uri).failure


def test_rule_8_keys_that_are_slow_are_waited_for_no_longer_than_a_request_has_and_serve_the_next(
    server: Server, browser: Browser, app: make.App, there: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, go_on = Signer(server.settings.issuer), threading.Event()
    uri = there.origin + "/jwks"
    signing.authenticate_by(server, app, jwks_uri=uri)

    def answer(connection: socket.socket) -> None:
        assert go_on.wait(60)
        connection.sendall(response({"keys": [signer.jwk]}))

    there.answers["/jwks"] = answer
    monkeypatch.setattr(client_authentication, "WAIT", 0.1)
    monkeypatch.setattr(fetching, "SECONDS", 60.0)
    for _ in range(2):
        late = signing.post(browser, "/oauth/token", signer.assertion(app.client_id), grant_type="refresh_token")
        assert (late.status_int, late.json["error"]) == (503, "temporarily_unavailable")
        assert late.headers["Retry-After"]
    assert "longer than a second" in assertions.find_keys(server.redis, uri).failure
    go_on.set()
    eventually(lambda: assertions.find_keys(server.redis, uri).keys)
    assert is_accepted(browser, signer.assertion(app.client_id))


def test_rule_12_an_assertion_that_is_wrong_by_itself_loads_no_keys(
    server: Server, browser: Browser, app: make.App, remote: Signer, there: Host
) -> None:
    assert not is_accepted(browser, remote.assertion(app.client_id, aud="https://other.example"))
    assert not is_accepted(browser, remote.assertion(app.client_id, exp=1))
    signing.authenticate_by(server, app, "client_secret_basic", jwks_uri=there.origin + "/jwks")
    assert not is_accepted(browser, remote.assertion(app.client_id))
    assert there.count("/jwks") == 0
