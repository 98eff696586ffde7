"""A real nginx: without a good token nobody gets through, and garbage gets a clear answer."""

from __future__ import annotations

from typing import Any

import pytest
import redis
import requests

from end_to_end.running import eventually
from nginx.conftest import LOG, Site, raw, refusal, token_key
from oauthsrv.request_ids import is_request_id

# Everybody else


def test_without_a_token_the_caller_sees_what_to_send(site: Site) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        answer = site.call("/api/data", headers=headers)
        assert refusal(answer) == (401, "invalid_token")
        assert answer.raw.headers.getlist("WWW-Authenticate") == ['Bearer realm="oauthsrv"']
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["x", "oat_" + "A" * 85, "oat_" + "A" * 86, "a" * 3000])
def test_garbage_is_an_invalid_token(site: Site, token: str) -> None:
    answer = site.call("/api/data", token)
    assert refusal(answer) == (401, "invalid_token")
    [challenge] = answer.raw.headers.getlist("WWW-Authenticate")
    assert 'error="invalid_token"' in challenge


def test_a_refused_call_carries_the_id_of_its_check_which_is_logged(site: Site) -> None:
    answer = site.call("/api/data", "x", headers={"X-Request-Id": "req_" + "0" * 32})
    [request_id] = answer.raw.headers.getlist("X-Request-Id")
    assert is_request_id(request_id)
    assert request_id != "req_" + "0" * 32
    assert f"/developer/errors/{request_id}?error=invalid_token" in answer.headers["WWW-Authenticate"]
    eventually(lambda: request_id in LOG.read_text())
    assert site.call("/api/data", method="POST", data=b"a" * 2_000_000).headers["X-Request-Id"]


def test_an_expired_token_is_an_invalid_token(site: Site, memory: redis.Redis) -> None:
    token = site.tokens().access_token
    assert site.call("/api/data", token).status_code == 200
    memory.pexpire(token_key(memory, token), 1)
    eventually(lambda: site.call("/api/data", token).status_code == 401)
    assert refusal(site.call("/api/data", token)) == (401, "invalid_token")


def test_two_tokens_at_once_are_refused(site: Site, reader: str) -> None:
    twice = raw(site, "GET /api/data HTTP/1.1", f"Authorization: Bearer {reader}", f"Authorization: Bearer {reader}")
    assert b" 400 " in twice.splitlines()[0]
    answer = site.call("/api/data", headers={"Authorization": f"Bearer {reader}, Bearer {reader}"})
    assert refusal(answer) == (400, "invalid_request")
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    answer = site.call(f"/api/data?access_token={reader}", reader)
    assert refusal(answer) == (400, "invalid_request")


def test_a_token_in_the_address_is_not_taken_and_not_logged(site: Site, reader: str) -> None:
    answer = site.call(f"/api/data?a=b&access_token={reader}")
    assert refusal(answer) == (400, "invalid_request")
    assert reader not in LOG.read_text()


def test_a_token_for_another_api_is_an_invalid_token(site: Site) -> None:
    other = site.api()
    narrowed = site.tokens(resource=other.redirect_uri).access_token
    assert refusal(site.call("/api/data", narrowed)) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"headers": {"X-Long": "a" * 1_000_000}}, 431),
        ({"headers": {"Authorization": "Bearer " + "a" * 1_000_000}}, 431),
        ({"headers": {f"X-{n}": "a" * 4000 for n in range(50)}}, 431),
        ({"path": "/api/data?" + "a" * 20_000}, 414),
        ({"method": "POST", "data": b"a" * 2_000_000}, 413),
    ],
    ids=["header", "token", "headers", "address", "body"],
)
def test_what_is_too_long_gets_an_answer_that_says_so(
    site: Site, reader: str, what: dict[str, Any], status: int
) -> None:
    what = {"path": "/api/data", "token": reader} | what
    if "Authorization" in what.get("headers", {}):
        what["token"] = None
    try:
        answer = site.call(what.pop("path"), what.pop("token"), **what)
    except requests.ConnectionError:
        pytest.fail("the connection broke instead")
    assert answer.status_code == status


@pytest.mark.parametrize("sent", [b"a" * 2_000_000, [b"a" * 500_000] * 4], ids=["with a length", "in chunks"])
def test_a_body_that_is_too_large_is_shown_to_people_and_to_programs(site: Site, sent: Any) -> None:
    for path, is_json in (("/login", False), ("/oauth/token", True)):
        answer = site.call(path, method="POST", data=sent if isinstance(sent, bytes) else iter(sent))
        assert answer.status_code == 413
        if is_json:
            assert answer.json()["error"] == "invalid_request"
        else:
            assert answer.text.count("<h1>") == 1


@pytest.mark.parametrize("path", ["/api/data", "/login", "/oauth/token"])
@pytest.mark.parametrize(
    "body",
    ["zz\r\nx\r\n0\r\n\r\n", "-1\r\n\r\n", "ffffffffffffffff\r\nx", "5\r\nhello+0\r\n\r\n"],
    ids=["no number", "negative", "endless", "no end of a line"],
)
def test_rule_12_a_body_that_cannot_be_read_is_a_400(site: Site, path: str, body: str) -> None:
    token = site.tokens("write:data").access_token if path.startswith("/api") else "x"
    answer = raw(
        site, f"POST {path} HTTP/1.1", f"Authorization: Bearer {token}", "Transfer-Encoding: chunked", body=body
    )
    assert 400 <= int(answer.split()[1]) < 500


def test_rule_12_two_lengths_are_a_400(site: Site) -> None:
    for lines in (("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5", "Transfer-Encoding: chunked")):
        assert b" 400 " in raw(site, "POST /oauth/token HTTP/1.1", *lines, body="0\r\n\r\n").splitlines()[0]
