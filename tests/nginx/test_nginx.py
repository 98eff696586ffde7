"""A real nginx with the printed configuration: who gets through to the API, and what the API learns."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import redis
import requests

from end_to_end.running import App, eventually, free_port
from nginx.conftest import LOG, READ, SCOPES, Echo, Site, garbage, refusal


def headers_of(answer: requests.Response) -> dict[str, str]:
    """What reached the API."""
    pairs = answer.json()["headers"]
    assert len({name for name, _ in pairs}) == len(pairs), "none comes twice"
    return dict(pairs)


# Who gets through


def test_a_token_without_a_user_gets_through_where_the_rule_says_apps(site: Site) -> None:
    owner = site.person().sign_up()
    kind = ("--type", "confidential", "--scope", "read:data", "--grant", "client_credentials", "--json")
    app = site.installation.made("apps", "add", "Export", "--owner", owner.email, *kind)
    site.installation.done("apps", "own-access", app["client_id"], "--scope", "read:data")
    auth = (app["client_id"], app["client_secret"])
    got = site.call("/oauth/token", method="POST", data={"grant_type": "client_credentials"}, auth=auth).json()
    answer = site.call("/api/export", got["access_token"])
    assert answer.status_code == 200
    assert headers_of(answer)["x-oauth-subject"] == app["client_id"]
    answer = site.call("/api/data", got["access_token"])
    assert (answer.status_code, 'error="invalid_token"' in answer.headers["WWW-Authenticate"]) == (401, True)


def test_a_good_token_gets_through_and_the_api_learns_whose_it_is(site: Site, reader: str) -> None:
    answer = site.call("/api/data?limit=5", reader)
    assert answer.status_code == 200
    assert answer.json()["path"] == "/api/data?limit=5"
    seen = headers_of(answer)
    assert re.fullmatch(r"[0-9a-f]{32}", seen["x-oauth-subject"])
    assert seen["x-oauth-client"].startswith("cli_")
    assert seen["x-oauth-scope"] == READ
    assert 3500 < int(seen["x-oauth-expires"]) - time.time() <= 3600
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert answer.headers["RateLimit-Policy"] == '"calls";q=1000;w=3600'
    assert re.match(r'"calls";r=\d+;t=\d+', answer.headers["RateLimit"])


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/api/data", "read:data"),
        ("HEAD", "/api/data", "read:data"),
        ("POST", "/api/data", "write:data"),
        ("PUT", "/api/data/1", "write:data"),
        ("PATCH", "/api/data/1", "write:data"),
        ("DELETE", "/api/data/1", "write:data"),
        ("OPTIONS", "/api/data", "write:data"),
        ("BREW", "/api/data", "write:data"),
        ("GET", "/api/profile", "read:profile"),
        ("GET", "/api/profile/picture", "read:profile"),
        ("PUT", "/api/profile", "write:profile"),
        ("GET", "/api/billing", "read:billing"),
        ("HEAD", "/api/billing", "read:billing"),
        ("GET", "/api/data/both", "read:data read:billing"),
    ],
)
def test_method_and_path_decide_which_scope_is_needed(
    site: Site, reader: str, method: str, path: str, needed: str
) -> None:
    answer = site.call(path, reader, method)
    if needed in READ.split():
        assert answer.status_code == 200
    else:
        assert answer.status_code == 403
        challenge = answer.headers["WWW-Authenticate"]
        assert f'scope="{needed}"' in challenge
        assert 'error="insufficient_scope"' in challenge
        assert method == "HEAD" or refusal(answer) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/profiles"),
        ("GET", "/api/anything/else"),
        ("POST", "/api/billing"),
        ("GET", "/api/"),
        ("PUT", "/api/open"),
    ],
)
def test_a_call_that_no_rule_fits_is_refused(site: Site, reader: str, method: str, path: str) -> None:
    answer = site.call(path, reader, method)
    assert refusal(answer) == (403, "access_denied")
    assert "WWW-Authenticate" not in answer.headers
    assert "RateLimit" not in answer.headers, "nothing was charged"
    without = site.call(path, method=method)
    assert refusal(without) == (401, "invalid_token")
    assert without.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_rule_may_open_a_path_to_everybody(site: Site, reader: str) -> None:
    forged = {"X-OAuth-Subject": "usr_admin", "X-OAuth-Scope": "everything"}
    for token in (None, reader, "garbage"):
        answer = site.call("/api/open/status", token, headers=forged)
        assert answer.status_code == 200
        assert not [name for name in headers_of(answer) if name.startswith("x-oauth")]


def test_a_token_with_all_scopes_does_all(site: Site) -> None:
    token = site.tokens(" ".join(SCOPES)).access_token
    for method, path in (
        ("GET", "/api/billing"),
        ("PUT", "/api/profile"),
        ("POST", "/api/data"),
        ("GET", "/api/data/both"),
    ):
        answer = site.call(path, token, method, data="sent")
        assert (answer.status_code, answer.json()["length"]) == (200, 4)


def test_identity_headers_that_a_caller_sends_do_not_arrive(site: Site, reader: str) -> None:
    forged = {
        "X-OAuth-Subject": "usr_admin",
        "X-OAuth-Client": "cli_admin",
        "X-OAuth-Scope": "everything",
        "X-OAuth-Expires": "9999999999",
        "X_OAuth_Subject": "usr_admin",
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "for=198.51.100.7",
    }
    seen = headers_of(site.call("/api/data", reader, headers=forged))
    assert seen["x-oauth-scope"] == READ
    assert "admin" not in str(seen)
    assert "everything" not in str(seen)
    assert "198.51.100.7" not in str(seen)
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "https")


def test_the_server_believes_nginx_and_not_the_caller_about_addresses(site: Site, rows: Any) -> None:
    person = site.person()
    person.browser.headers["X-Forwarded-For"] = "198.51.100.7"
    person.sign_up()
    assert rows("SELECT count(*) FROM audit_event WHERE address = %s", "198.51.100.7") == [(0,)]
    assert rows("SELECT count(*) > 0 FROM audit_event WHERE address = %s", "127.0.0.1") == [(True,)]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_the_apis_own_answers_pass_as_they_are(site: Site, reader: str, status: int) -> None:
    answer = site.call("/api/data", reader, headers={"X-Answer-With": str(status)})
    assert answer.status_code == status
    assert answer.json()["path"] == "/api/data"
    assert "WWW-Authenticate" not in answer.headers


def test_sign_in_portal_and_protocol_are_served_beside_the_api(site: Site) -> None:
    metadata = site.call("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == site.origin
    assert site.call("/login").status_code == 200
    assert site.call("/developer").status_code == 303
    assert site.call("/metrics").status_code == 404
    assert site.call("/_oauth/check", garbage()).status_code == 404


# What is ended is refused at once


def end_in_the_browser(site: Site, tokens: Any) -> None:
    page = tokens.person.open("/account/apps")
    actions = [form.get("action") for form in page.document.iter("form")]
    [action] = [action for action in actions if action and action.endswith("/end")]
    csrf = page.filled("csrf")[1]["csrf"]
    assert tokens.person.browser.post(site.origin + action, {"csrf": csrf}, allow_redirects=False).status_code == 303


def test_rule_6_revoked_in_the_browser_the_very_next_call_fails(site: Site, api: App) -> None:
    tokens = site.tokens()
    for _ in range(4):  # each of the two processes knows it
        assert site.call("/api/data", tokens.access_token).status_code == 200
        assert site.active(api, tokens.access_token)
    end_in_the_browser(site, tokens)
    for _ in range(4):
        assert refusal(site.call("/api/data", tokens.access_token)) == (401, "invalid_token")
        assert not site.active(api, tokens.access_token)


@pytest.mark.parametrize("lost", [False, True], ids=["message delivered", "message lost"])
def test_rule_6_revoked_in_the_browser_a_guard_with_a_warm_memory_refuses_within_a_second(
    site: Site, demo_api: str, memory: redis.Redis, lost: bool
) -> None:
    tokens = site.tokens()

    def status() -> int:
        return site.call("/api/data", tokens.access_token, origin=demo_api).status_code

    for _ in range(40):
        assert status() == 200
    if lost:
        memory.client_kill_filter(_type="pubsub")
    end_in_the_browser(site, tokens)
    ended = time.monotonic()
    eventually(lambda: status() == 401)
    assert time.monotonic() - ended < 1.0


# Limits


def test_rule_15_a_client_at_its_limit_sees_when_to_come_again_and_works_again_then(
    site: Site, memory: redis.Redis
) -> None:
    tokens = site.tokens()
    site.installation.done("apps", "limit", tokens.app.client_id, "5")
    for left in (4, 3, 2, 1, 0):
        answer = site.call("/api/data", tokens.access_token)
        assert answer.status_code == 200
        assert answer.headers["RateLimit"].startswith(f'"calls";r={left};t=')
    answer = site.call("/api/data", tokens.access_token)
    assert refusal(answer) == (429, "too_many_requests")
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert answer.headers["RateLimit"] == f'"calls";r=0;t={answer.headers["Retry-After"]}'
    assert answer.headers["RateLimit-Policy"] == '"calls";q=5;w=3600'
    assert "WWW-Authenticate" not in answer.headers
    hashed = hashlib.sha256(tokens.app.client_id.encode()).hexdigest()
    [key] = memory.scan_iter(match=f"*:l:calls:{hashed}", count=10_000)
    memory.pexpire(key, 900)
    seconds_to_wait = int(site.call("/api/data", tokens.access_token).headers["Retry-After"])
    assert seconds_to_wait == 1
    eventually(lambda: site.call("/api/data", tokens.access_token).status_code == 200)


# When something is away


def test_without_the_server_nobody_gets_through(site: Site, echo: Echo, reader: str) -> None:
    port, dead = free_port(), free_port()
    elsewhere = {"OAUTHSRV_ISSUER": f"http://127.0.0.1:{port}", "OAUTHSRV_LISTEN": f"127.0.0.1:{dead}"}
    with site.nginx("dead", "--api", echo.origin, **elsewhere) as origin:
        answer = site.call("/api/data", reader, origin=origin)
        assert refusal(answer) == (503, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "2"


def test_a_server_without_its_redis_is_a_503_with_retry_after(site: Site, echo: Echo, reader: str) -> None:
    """What the server itself answers then (rule 8) reaches the caller."""

    class Away(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Away)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    elsewhere = {
        "OAUTHSRV_ISSUER": f"http://127.0.0.1:{free_port()}",
        "OAUTHSRV_LISTEN": f"127.0.0.1:{server.server_address[1]}",
    }
    with site.nginx("away", "--api", echo.origin, **elsewhere) as origin:
        answer = site.call("/api/data", reader, origin=origin)
        assert refusal(answer) == (503, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "7"
    server.shutdown()
    server.server_close()


# With a resource, and with the demo API behind it


def test_with_a_resource_the_challenge_names_the_apis_document(site: Site, echo: Echo, reader: str) -> None:
    api = site.api(scopes=("read:data",))
    here = {"OAUTHSRV_ISSUER": f"http://127.0.0.1:{free_port()}"}
    with site.nginx("resource", "--api", echo.origin, "--resource", api.redirect_uri, **here) as origin:
        answer = site.call("/api/data", origin=origin)
        document = f'resource_metadata="{site.origin}/.well-known/oauth-protected-resource/{api.client_id}"'
        assert document in answer.headers["WWW-Authenticate"]
        assert site.call("/api/data", reader, origin=origin).status_code == 200
        narrowed = site.tokens(resource=api.redirect_uri).access_token
        assert site.call("/api/data", narrowed, origin=origin).status_code == 200
        other = site.tokens(resource=site.api().redirect_uri).access_token
        assert refusal(site.call("/api/data", other, origin=origin)) == (401, "invalid_token")


def test_the_demo_api_behind_nginx(site: Site, demo_api: str) -> None:
    token = site.tokens(" ".join(SCOPES)).access_token
    here = {"OAUTHSRV_ISSUER": f"http://127.0.0.1:{free_port()}"}
    with site.nginx("demo", "--api", demo_api, **here) as origin:
        assert site.call("/api/profile", token, "PUT", json={"display_name": "Ada"}, origin=origin).status_code == 200
        assert site.call("/api/profile", token, origin=origin).json()["display_name"] == "Ada"
        assert site.call("/api/data", token, "POST", json={"text": "one"}, origin=origin).status_code == 201
        assert site.call("/api/data", token, origin=origin).json() == {"items": [{"number": 1, "text": "one"}]}
        assert site.call("/api/billing", token, origin=origin).json()["plan"] == "team"
        assert refusal(site.call("/api/data", origin=origin)) == (401, "invalid_token")


# The log


def test_no_query_and_no_token_is_logged(site: Site, reader: str) -> None:
    secret, mark = "a-word-that-is-in-no-path", secrets.token_hex(8)  # other runs write into the same log
    site.call(f"/api/data/{mark}?q={secret}", reader)
    site.call(f"/login/{mark}?r={secret}")
    site.call(f"/api/data/{mark}?q={secret}", garbage())
    site.call(f"/api/%00?q={secret}", reader)  # which nginx itself refuses, without a path in the log
    site.call(f"/api/{mark}/%7f?q={secret}", reader)
    site.call(f"/api/no/rule/{mark}?q={secret}", reader)
    request = "[0-9]+ [0-9.]+ [0-9a-f]{32} (?:-|(?:req_)?[0-9a-f]{32})"
    for line in (
        rf'"GET /api/data/{mark}" 200 {request} "200"',
        rf'"GET /api/data/{mark}" 401 {request} "401"',
        rf'"GET /login/{mark}" 404 {request} ""',
        rf'"GET /api/no/rule/{mark}" 403 {request} "no-rule-403"',
        rf'"GET /api/{mark}/.*" 400 {request} "unclear-400"',
    ):
        eventually(lambda line=line: re.search(line, LOG.read_text()))
    logged = LOG.read_text() + "".join(path.read_text() for path in site.folder.glob("*.log"))
    assert secret not in logged
    assert reader not in logged
    assert not [line for line in site.errors if secret in line or reader in line]
