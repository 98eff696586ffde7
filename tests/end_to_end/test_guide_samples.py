"""Samples of guides, taken out of the page and run or sent as they stand there.

That each of them is taken by a test is tested in tests/routes/test_guides.py.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask
from joserfc.jwk import ECKey
from redis import Redis
from requests_oauth2client import OAuth2Client, PrivateKeyJwt

from end_to_end.running import ROOT, SECONDS, App, Person, Service, answered, free_port
from end_to_end.test_keys import registered
from end_to_end.test_quickstart import challenge_of, check_installed, code_of, environment, run, tokens_of
from oauthsrv.client.configuration import load_providers
from oauthsrv.embedded import databases
from oauthsrv.flows.clients.document_fields import read_document
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID, YOUR_REDIRECT_URI

CALLBACK = "https://app.example/callback"

Sample = Callable[..., str]


@pytest.fixture
def sample(service: Service) -> Sample:
    """The text of a block of code; with an app also with its values."""

    def take(guide: str, element_id: str, app: App | None = None) -> str:
        text = code_of(service.person().open(f"/developer/docs/{guide}"), element_id)
        if app is None:
            return text
        return text.replace(YOUR_CLIENT_ID, app.client_id).replace(YOUR_REDIRECT_URI, app.redirect_uri)

    return take


@pytest.fixture(scope="module")
def public(service: Service, developer: Person) -> App:
    return service.app(developer, CALLBACK, type="public")


@pytest.fixture(scope="module")
def tokens(service: Service, person: Person, confidential: App) -> dict[str, Any]:
    return tokens_of(service, person, confidential)


def code_for(service: Service, person: Person, app: App, **more: str) -> tuple[str, str]:
    """A code, and the verifier of its request."""
    verifier = secrets.token_urlsafe(32)
    asked = {"response_type": "code", "client_id": app.client_id, "redirect_uri": app.redirect_uri, **more}
    asked |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256", "state": "x"}
    return answered(person.answer(f"{service.origin}/oauth/authorize?{urlencode(asked)}"))["code"], verifier


def secret_of(app: App) -> dict[str, str]:
    assert app.client_secret
    return {"CLIENT_SECRET": app.client_secret}


# Starts


def test_a_page_exchanges_its_code_as_the_guide_says(
    service: Service, person: Person, public: App, sample: Sample, tmp_path: Path
) -> None:
    check_installed("node")
    (tmp_path / "page.mjs").write_text(
        sample("single-page-app", "exchange", public)
        + "\nconsole.log(JSON.stringify(await exchange(...process.argv.slice(2))))\n"
    )
    code, verifier = code_for(service, person, public)
    assert json.loads(run(tmp_path, f"node page.mjs {code} {verifier}"))["refresh_token"]


def test_appauth_is_given_values_with_which_its_request_succeeds(
    service: Service, person: Person, public: App, sample: Sample
) -> None:
    authorize, token, client_id, redirect_uri, scope = re.findall(r'"([^"]*)"', sample("mobile", "appauth", public))
    assert (authorize, token) == (service.metadata["authorization_endpoint"], service.metadata["token_endpoint"])
    assert code_for(service, person, App(client_id, None, redirect_uri), scope=scope)


def test_the_server_of_a_test_run_starts_as_the_guide_says(
    sample: Sample, tmp_path: Path, short_folder: Callable[[], Path]
) -> None:
    (tmp_path / "oauthsrv").write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/run.py "$@"\n')
    (tmp_path / "oauthsrv").chmod(0o755)
    program = sample("testing", "server").replace("8765", str(free_port()))
    program = program.replace("/tmp/oauthsrv-test", str(short_folder() / "var"))
    run(tmp_path, f"PATH=$PWD:$PATH\nset -e\n{program}\nkill $!\nwait $! || true")
    assert json.loads((tmp_path / "app.json").read_text())["client_secret"]


def test_a_device_connects_as_the_guide_says(
    service: Service, developer: Person, person: Person, sample: Sample, tmp_path: Path
) -> None:
    tv = service.app(developer, CALLBACK, type="public", grants=("authorization_code", "device_code"))
    device = json.loads(run(tmp_path, sample("devices", "request", tv)))
    person.connect(device["verification_uri_complete"])
    got = json.loads(run(tmp_path, sample("devices", "poll", tv), DEVICE_CODE=device["device_code"]))
    assert got["access_token"]


def test_a_program_gets_a_token_of_its_own_as_the_guide_says(
    service: Service, developer: Person, sample: Sample, tmp_path: Path
) -> None:
    export = service.app(developer, CALLBACK, grants=("authorization_code", "client_credentials"))
    service.installation.done("apps", "own-access", export.client_id, "--scope", "read:data")
    assert (
        json.loads(run(tmp_path, sample("machines", "machines", export), **secret_of(export)))["scope"] == "read:data"
    )


def logged_in(service: Service, person: Person, folder: Path, command: str) -> str:
    """What a program says that opens the browser: its user allows, and the browser comes back to it."""
    with subprocess.Popen(
        ["bash", "-ec", command], cwd=folder, env=environment(folder),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as running:  # fmt: skip
        assert running.stdout
        try:
            said = ""
            while not (address := re.search(rf"{re.escape(service.origin)}/oauth/authorize\?\S+", said)):
                line = running.stdout.readline()
                assert line, said
                said += line
            back = person.answer(address[0])
            assert person.browser.get(back, timeout=SECONDS).status_code == 200
            said += running.stdout.read()
        finally:
            running.kill()
    assert running.returncode == 0, said
    return said


def test_the_client_logs_in_and_calls_an_api_as_the_guide_says(
    service: Service, developer: Person, person: Person, sample: Sample, tmp_path: Path
) -> None:
    tool = service.app(developer, "http://127.0.0.1/callback", type="public")
    (tmp_path / "oauthsrv").write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "run.py"} "$@"\n')
    (tmp_path / "report.sh").write_text("#!/bin/sh\necho report made\n")
    for name in ("oauthsrv", "report.sh"):
        (tmp_path / name).chmod(0o755)
    here = {"https://api.example.com/data": f"{service.origin}/oauth/verify", "api.example.com": service.origin}

    def at_our_api(text: str) -> str:
        for elsewhere, address in here.items():
            text = text.replace(elsewhere, address)
        return text

    command = at_our_api(sample("client", "login", tool)).replace("curl -H", "curl -sS -w '%{http_code}' -H")
    said = logged_in(service, person, tmp_path, f"PATH=$PWD:$PATH\n{command}")
    assert "200" in said
    assert "report made" in said

    program = at_our_api(sample("client", "sessions", tool))
    (tmp_path / "program.py").write_text(re.sub(r"(client\.session.*)", r"print(\1)", program))
    assert "<Response [200]>" in logged_in(service, person, tmp_path, "python3 program.py")


def test_what_guides_install_is_served(sample: Sample) -> None:
    installs = [sample("client", "install"), sample("tokens", "install")]
    installs += [sample("guard", "install"), sample("testing", "install")]
    (address,) = {address for command in installs for address in re.findall(r"https?://[^']+", command)}
    assert requests.get(address, timeout=SECONDS).status_code == 200


def test_the_providers_of_the_guide_are_read(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "providers.toml").write_text(sample("client-details", "providers"))
    company = load_providers(tmp_path / "providers.toml")["company"]
    assert list(company.scopes) == ["read_api"]
    assert not company.any_free_port


# Users and access


def test_an_app_learns_who_its_user_is_as_the_guide_says(
    confidential: App, tokens: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    values = {**secret_of(confidential), "ACCESS_TOKEN": tokens["access_token"]}
    said = json.loads(run(tmp_path, sample("identity", "introspect", confidential), **values))
    assert set(json.loads(sample("identity", "introspected"))) == set(said)
    headers = run(tmp_path, sample("identity", "verify"), **values)
    assert re.search(rf"(?im)^x-oauth-subject: {said['sub']}", headers)


def test_a_request_is_pushed_and_answered_as_the_guide_says(
    confidential: App, person: Person, sample: Sample, tmp_path: Path
) -> None:
    values = {**secret_of(confidential), "STATE": "x", "CHALLENGE": challenge_of("v" * 43)}
    pushed = json.loads(run(tmp_path, sample("par", "push", confidential), **values))
    address = sample("par", "send", confidential).replace(
        "urn:ietf:params:oauth:request_uri:…", quote(pushed["request_uri"], safe="")
    )
    assert answered(person.answer(address))["state"] == "x"


def test_an_app_signs_its_requests_as_the_guide_says(
    service: Service, developer: Person, person: Person, sample: Sample, tmp_path: Path
) -> None:
    key = ECKey.generate_key("P-256")
    app = registered(service, developer, key, tmp_path)

    class OnLoopback(OAuth2Client):
        """It refuses http otherwise."""

        @classmethod
        def from_discovery_endpoint(cls, url: str, **more: Any) -> Any:
            return super().from_discovery_endpoint(url, testing=True, **more)

    jwk = key.as_dict(private=True, kid="first")
    names: dict[str, Any] = {"PrivateKeyJwt": PrivateKeyJwt, "OAuth2Client": OnLoopback, "private_jwk": jwk}
    exec(sample("authentication", "requests-oauth2client", app), names)
    code, verifier = code_for(service, person, app)
    first = names["client"].authorization_code(code, code_verifier=verifier, redirect_uri=app.redirect_uri)

    how = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint": service.metadata["token_endpoint"]}
    session = OAuth2Session(app.client_id, key, **how)
    exec(
        sample("authentication", "authlib"), names := {"PrivateKeyJWT": PrivateKeyJWT, "time": time, "session": session}
    )
    second = session.refresh_token(refresh_token=first.refresh_token)

    assertion = PrivateKeyJwt(app.client_id, jwk, alg="ES256", aud=service.origin).client_assertion(service.origin)
    values = {"REFRESH_TOKEN": second["refresh_token"], "ASSERTION": assertion}
    assert json.loads(run(tmp_path, sample("authentication", "send"), **values))["access_token"]


# In production


def test_responses_have_what_the_guides_show(
    service: Service, person: Person, confidential: App, sample: Sample, tmp_path: Path
) -> None:
    first = tokens_of(service, person, confidential)
    values = {**secret_of(confidential), "REFRESH_TOKEN": first["refresh_token"]}
    refreshed = json.loads(run(tmp_path, sample("refresh", "refresh", confidential), **values))
    assert set(json.loads(sample("refresh", "refreshed"))) == set(refreshed)
    checked = run(tmp_path, sample("tokens", "verify"), ACCESS_TOKEN=refreshed["access_token"]).lower()
    for line in sample("limits", "headers").lower().splitlines():
        assert re.sub("[0-9]+", "1", line) in re.sub("[0-9]+", "1", checked)
    values |= {"REFRESH_TOKEN": refreshed["refresh_token"]}
    assert run(tmp_path, sample("revocation", "revoke", confidential), **values) == "{}"


# APIs


def test_the_documents_of_the_mcp_guides_are_those_that_are_read_and_served(service: Service, sample: Sample) -> None:
    document = json.loads(sample("mcp", "document"))
    assert read_document(document, document["client_id"], service.origin).members["name"] == "Example App"
    shown = json.loads(sample("mcp-server", "metadata"))
    made = service.api(shown["resource"] + "/guide", ("read:data",))
    served = requests.get(f"{service.origin}/.well-known/oauth-protected-resource/{made.client_id}", timeout=SECONDS)
    assert set(shown) <= set(served.json())


def test_an_api_introspects_as_the_guide_says(api: App, tokens: dict[str, Any], sample: Sample, tmp_path: Path) -> None:
    values = {"API_ID": api.client_id, "API_SECRET": str(api.client_secret), "ACCESS_TOKEN": tokens["access_token"]}
    said = json.loads(run(tmp_path, sample("tokens", "introspect"), **values))
    assert set(json.loads(sample("tokens", "introspected"))) == set(said)


def test_the_guard_protects_an_application_as_its_guide_says(api: App, tokens: dict[str, Any], sample: Sample) -> None:
    app = Flask("reports")
    for path in ("/reports", "/healthz"):
        app.add_url_rule(path, path, lambda: "fine")
    text = sample("guard", "rules").replace("cli_…", api.client_id).replace("sec_…", str(api.client_secret))
    exec(text, names := {"app": app, "REDIS_URL": None})
    try:
        caller, bearer = app.test_client(), {"Authorization": f"Bearer {tokens['access_token']}"}
        assert [caller.get("/healthz").status_code, caller.get("/reports").status_code] == [200, 401]
        assert caller.get("/reports", headers=bearer).status_code == 200
        assert caller.post("/reports", headers=bearer).status_code == 403
    finally:
        names["guard"].close()


def test_a_redis_user_for_guards_is_made_as_the_guide_says(service: Service, sample: Sample) -> None:
    with databases(service.installation.data) as found, Redis.from_url(found.redis_url) as redis:
        assert redis.execute_command(*shlex.split(sample("guard", "acl")))
        try:
            assert redis.acl_dryrun("guard", "GET", "oauthsrv:ended:x") == b"OK"
            assert redis.acl_dryrun("guard", "SET", "oauthsrv:ended:x", "1") != b"OK"
        finally:
            redis.acl_deluser("guard")


def test_nginx_is_configured_as_the_guide_says(tokens: dict[str, Any], sample: Sample, tmp_path: Path) -> None:
    command = sample("nginx", "nginx").partition("\nnginx -t")[0]  # tests/nginx start it
    command = command.replace("oauthsrv nginx", f"python3 {ROOT}/run.py nginx")
    run(tmp_path, command)
    assert "api.example.com" in (tmp_path / "nginx.conf").read_text()
    assert run(tmp_path, sample("nginx", "verify"), ACCESS_TOKEN=tokens["access_token"]).startswith("HTTP/1.1 200")
