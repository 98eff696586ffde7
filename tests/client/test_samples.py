"""The samples of the library that this client follows: each runs with nothing but the name of the package changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from client.provider import Provider
from client.screen import Screen
from oauthsrv.client import MemoryTokenStorage, OAuthService, Success

ROOT = Path(__file__).resolve().parents[2]

SAMPLES = {
    "pkce": """
from context_harness.primitives import PKCEChallenge
pkce = PKCEChallenge.generate()
assert pkce.code_challenge_method == "S256" and pkce.code_challenge and pkce.code_verifier
""",
    "tokens": """
import time
from context_harness.primitives import OAuthTokens
tokens = OAuthTokens(
    access_token="abc123",
    token_type="Bearer",
    expires_in=3600,
    refresh_token="xyz",
    scope="read:jira-work offline_access",
    issued_at=time.time(),
)
assert not tokens.is_expired(buffer_seconds=60)
data = tokens.to_dict()
assert OAuthTokens.from_dict(data) == tokens
assert OAuthTokens.from_response({"access_token": "abc", "expires_in": 60}).access_token == "abc"
""",
    "provider and configuration": """
from context_harness.primitives import OAuthConfig, OAuthProvider
provider = OAuthProvider(
    service_name="github",
    auth_url="https://github.com/login/oauth/authorize",
    token_url="https://github.com/login/oauth/access_token",
    scopes=["repo", "user"],
    display_name="GitHub",
    setup_url="https://github.com/settings/developers",
)
config = provider.to_config(client_id="your-client-id", client_secret="your-client-secret")
assert config.scopes == ["repo", "user"] and config.client_secret == "your-client-secret"
config = OAuthConfig(
    service_name="atlassian",
    client_id="",
    auth_url="https://auth.atlassian.com/authorize",
    token_url="https://auth.atlassian.com/oauth/token",
    scopes=["read:jira-work", "offline_access"],
    audience="api.atlassian.com",
    resources_url="https://api.atlassian.com/oauth/token/accessible-resources",
    extra_auth_params={"prompt": "consent"},
    display_name="Atlassian",
)
assert config.extra_auth_params == {"prompt": "consent"}
""",
    "status": """
from context_harness.primitives import AuthStatus, Failure, Success
from context_harness.services import OAuthService
service = OAuthService()
result = service.get_status("atlassian")
assert isinstance(result, Success)
assert result.value == AuthStatus.NOT_AUTHENTICATED
""",
    "a whole login": """
from context_harness.primitives import Failure, Success
from context_harness.services import OAuthService
service = OAuthService()
result = service.authenticate("atlassian", client_id="your-client-id", open_browser=True)
assert isinstance(result, Success), result
tokens = result.value
result = service.ensure_valid_token("atlassian", client_id="your-client-id")
assert isinstance(result, Success) and result.value.access_token == tokens.access_token
result = service.get_bearer_token("atlassian")
assert isinstance(result, Success)
headers = {"Authorization": f"Bearer {result.value}"}
result = service.refresh_tokens("atlassian", client_id="your-client-id")
assert isinstance(result, Success) and result.value.access_token != tokens.access_token
assert service.get_tokens("atlassian").value == result.value
""",
    "error codes": """
from context_harness.primitives import ErrorCode, Failure
from context_harness.services import OAuthService
service = OAuthService()
for code in (
    ErrorCode.AUTH_REQUIRED, ErrorCode.AUTH_FAILED, ErrorCode.AUTH_CANCELLED, ErrorCode.TOKEN_EXPIRED,
    ErrorCode.TOKEN_REFRESH_FAILED, ErrorCode.CONFIG_MISSING, ErrorCode.NOT_FOUND, ErrorCode.TIMEOUT,
    ErrorCode.NETWORK_ERROR,
):
    assert code.value
result = service.get_tokens("atlassian")
assert isinstance(result, Failure) and result.code == ErrorCode.AUTH_REQUIRED and result.error
""",
    "sdk": """
from context_harness.primitives import AuthStatus, Failure, Success
from context_harness.interfaces.sdk import create_client
client = create_client()
result = client.oauth.get_status("atlassian")
assert isinstance(result, Success)
if result.value == AuthStatus.NOT_AUTHENTICATED:
    auth_result = client.oauth.authenticate("atlassian", client_id="your-client-id")
    assert isinstance(auth_result, Success), auth_result
tokens = client.oauth.get_tokens("atlassian")
assert isinstance(tokens, Success)
valid = client.oauth.ensure_valid("atlassian")
assert isinstance(valid, Success)
assert client.oauth.logout("atlassian")
""",
    "storage in memory": """
import time
from context_harness.primitives import AuthStatus, OAuthTokens, Success
from context_harness.services import OAuthService
from context_harness.services.oauth_service import OAUTH_PROVIDERS, MemoryTokenStorage
storage = MemoryTokenStorage()
service = OAuthService(token_storage=storage)
storage.save_tokens("atlassian", OAuthTokens(access_token="valid-token", expires_in=3600))
assert service.get_status("atlassian") == Success(AuthStatus.AUTHENTICATED)
storage.save_tokens("atlassian", OAuthTokens(access_token="t", expires_in=3600, issued_at=time.time() - 7200))
assert service.get_status("atlassian") == Success(AuthStatus.TOKEN_EXPIRED)
assert "offline_access" in OAUTH_PROVIDERS["atlassian"].scopes
for provider in service.list_providers().value:
    assert provider.auth_url and provider.token_url
assert service.logout("atlassian").value
assert not service.logout("atlassian").value
""",
    "storage in files": """
from pathlib import Path
from context_harness.primitives import OAuthTokens
from context_harness.services.oauth_service import FileTokenStorage
storage = FileTokenStorage(use_keyring=False)
storage.save_tokens("github", OAuthTokens(access_token="t"))
path = Path.home() / FileTokenStorage.TOKEN_DIR / "github.json"
assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
assert FileTokenStorage.SERVICE_PREFIX
assert storage.load_tokens("github").access_token == "t"
assert storage.delete_tokens("github") is True and storage.delete_tokens("github") is False
""",
}


@pytest.fixture
def atlassian(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The built-in provider, at addresses of this machine, without a secret, as the samples have it."""
    from dataclasses import replace

    from oauthsrv.client import ATLASSIAN, configuration

    here = replace(
        ATLASSIAN,
        auth_url=f"{provider.origin}/authorize",
        token_url=f"{provider.origin}/token",
        resources_url=f"{provider.origin}/resources",
        revocation_url=f"{provider.origin}/revoke",
        requires_secret=False,
        redirect_ports=(),
        any_free_port=True,
    )
    provider.callback = {"iss": None}
    monkeypatch.setattr(configuration, "BUILT_IN", {"atlassian": here})
    monkeypatch.setattr("oauthsrv.client.logins.BUILT_IN", {"atlassian": here})
    return provider


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_runs_with_only_the_name_of_the_package_changed(
    name: str, atlassian: Provider, opened: list[str]
) -> None:
    exec(compile(SAMPLES[name].replace("context_harness", "oauthsrv.client"), name, "exec"), {})


def test_the_modules_of_the_samples_need_no_httpx() -> None:
    """The extra `client` does not install it."""
    lines = [line for sample in SAMPLES.values() for line in sample.splitlines() if "context_harness" in line]
    imports = "\n".join(lines).replace("context_harness", "oauthsrv.client")
    program = f"import sys; sys.modules['httpx'] = None\n{imports}"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=60)


def test_the_resources_of_atlassian_are_listed_with_the_token(atlassian: Provider, opened: list[str]) -> None:
    sites = [{"id": "1324a887", "name": "site1", "url": "https://site1.atlassian.net", "scopes": ["read:jira-work"]}]

    def resources(received: Any) -> Any:
        from client.provider import as_json

        return as_json(sites if received.authorization.removeprefix("Bearer ") in atlassian.living else {}, 200)

    atlassian.instead["/resources"] = resources
    oauth = OAuthService(MemoryTokenStorage(), terminal=Screen(), http_seconds=5)
    assert oauth.authenticate("atlassian", "cli_1").ok
    assert "audience=api.atlassian.com" in opened[0]
    assert oauth.get_resources("atlassian") == Success(sites)
    atlassian.living.clear()
    failed = oauth.get_resources("atlassian")
    assert not failed.ok
    assert not oauth.get_resources("github").ok


def test_what_a_server_adds_to_its_answer_is_kept_through_refreshes(
    oauth: OAuthService, provider: Provider, opened: list[str]
) -> None:
    provider.tokens = {"id_token": "a.b.c", "account_id": "42", "nested": {"a": [1]}}
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer).ok
    provider.tokens = {"account_id": "43"}
    done = oauth.refresh_tokens("mine")
    assert isinstance(done, Success)
    assert (done.value.id_token, done.value.extra) == ("a.b.c", {"account_id": "43", "nested": {"a": [1]}})


def test_the_parameters_of_a_login_reach_the_server(oauth: OAuthService, provider: Provider, opened: list[str]) -> None:
    done = oauth.authenticate(
        "mine",
        "cli_1",
        issuer=provider.issuer,
        prompt="select_account",
        login_hint="ada@example.com",
        resource="https://api.example.com/",
    )
    assert done.ok
    for part in ("prompt=select_account", "login_hint=ada%40example.com", "resource=https%3A%2F%2Fapi.example.com%2F"):
        assert part in opened[0]
    assert provider.last("/token").form["resource"] == "https://api.example.com/"
    assert oauth.refresh_tokens("mine").ok
    assert provider.last("/token").form["resource"] == "https://api.example.com/"
    assert oauth.authenticate("mine", "cli_1").ok
    assert "resource=" in opened[1]
    assert "prompt=" not in opened[1]


# Where a token goes


def test_a_token_goes_to_the_hosts_that_were_given_and_no_other(
    oauth: OAuthService, provider: Provider, opened: list[str]
) -> None:
    import httpx

    from oauthsrv.client import Client

    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer).ok
    client = Client(oauth)
    with Provider() as other:
        given = {"hosts": [provider.origin]}
        with client.session("mine", **given) as session:
            assert session.get(f"{provider.origin}/api", timeout=5).ok
            assert session.get(f"{other.origin}/api", timeout=5).status_code == 401
        auth = client.httpx_auth("mine", **given)
        assert httpx.get(f"{provider.origin}/api", auth=auth, trust_env=False).is_success
        assert httpx.get(f"{other.origin}/api", auth=auth, trust_env=False).status_code == 401
        with client.session("mine") as session:  # without any, the first is the one
            assert session.get(f"{provider.origin}/api", timeout=5).ok
            assert session.get(f"{other.origin}/api", timeout=5).status_code == 401
        assert [received.authorization for received in other.received] == ["", "", ""]


def test_a_token_does_not_go_over_plain_http(oauth: OAuthService, provider: Provider, opened: list[str]) -> None:
    from oauthsrv.client import Client

    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer).ok
    auth = Client(oauth).requests_auth("mine", hosts=["api.example.com"])
    for url, carries in (
        ("https://api.example.com/x", True),
        ("https://api.example.com:443/x", True),
        ("http://api.example.com/x", False),
        ("https://api.example.com:8443/x", False),
        ("https://api.example.com.evil.example/x", False),
        ("https://api.example.com@evil.example/x", False),
        ("https://API.example.com/x", True),
    ):
        request = requests.Request("GET", url).prepare()
        assert ("Authorization" in auth(request).headers) is carries, url
    with pytest.raises(ValueError, match="plain http"):
        Client(oauth).requests_auth("mine", hosts=["http://api.example.com"])


# Several accounts


def test_several_accounts_of_one_service(oauth: OAuthService, provider: Provider, opened: list[str]) -> None:
    def token(account: str | None = None) -> str:
        found = oauth.get_bearer_token("mine", account=account)
        assert isinstance(found, Success), found
        return found.value

    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer, scopes="a").ok
    plain = token()
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer, scopes="b", account="work").ok
    work = token()  # whoever logged in last is meant
    assert work == token("work") != plain
    listed = oauth.list_logins()
    assert isinstance(listed, Success)
    assert [(each.account, each.is_active, each.tokens and each.tokens.scope) for each in listed.value] == [
        (None, False, "a"),
        ("work", True, "b"),
    ]
    assert oauth.switch("mine", None).ok
    assert token() == plain
    assert not oauth.switch("mine", "nobody").ok
    assert oauth.switch("mine", "work").ok
    assert oauth.refresh_tokens("mine").ok
    assert token() != work
    assert oauth.logout("mine").ok  # of the one that is meant
    assert token() == plain
    assert plain in provider.living
    for name in ("../x", "a b", "x" * 65):
        assert not oauth.authenticate("mine", "cli_1", account=name).ok


def test_a_login_that_is_the_only_one_is_meant_whatever_its_name(
    oauth: OAuthService, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer, account="work").ok
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer, account="home").ok
    assert oauth.logout("mine").ok
    assert oauth.get_bearer_token("mine") == oauth.get_bearer_token("mine", account="work")
    assert oauth.get_bearer_token("mine").ok


def test_a_token_of_the_environment_wins_and_is_neither_stored_nor_renewed(
    provider: Provider, opened: list[str]
) -> None:
    storage, environ = MemoryTokenStorage(), {"MINE_TOKEN": "of-the-environment"}
    oauth = OAuthService(storage, terminal=Screen(), environ=environ)
    assert oauth.get_bearer_token("mine") == Success("of-the-environment")
    assert storage.names() == []
    assert not oauth.refresh_tokens("mine").ok
    assert not oauth.ensure_valid_token("mine", rejected="of-the-environment").ok
    found = oauth.get_login("mine")
    assert isinstance(found, Success)
    assert "MINE_TOKEN" in found.value.storage
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer, account="work").ok
    assert oauth.get_bearer_token("mine", account="work") != Success("of-the-environment")
    environ["MINE_TOKEN"] = "with\nlines"
    assert not oauth.get_bearer_token("mine").ok
    del environ["MINE_TOKEN"]
    assert oauth.get_bearer_token("mine") == oauth.get_bearer_token("mine", account="work")


def test_a_token_that_was_got_elsewhere_is_kept_and_revoked_at_logout(oauth: OAuthService, provider: Provider) -> None:
    from oauthsrv.client import Given

    given = Given(issuer=provider.issuer, client_id="cli_1")
    assert oauth.store_token("mine", "from-elsewhere", given=given).ok
    assert oauth.get_bearer_token("mine") == Success("from-elsewhere")
    assert oauth.logout("mine").ok
    assert provider.last("/revoke").form["token"] == "from-elsewhere"
    assert oauth.store_token("unknown", "from-elsewhere").ok
    assert oauth.get_bearer_token("unknown").ok
    out = oauth.logout("unknown")
    assert isinstance(out, Success)
    assert out.value.note == "access token not revoked: it is unknown which server issued it"
    assert not oauth.store_token("mine", "no token\n").ok
