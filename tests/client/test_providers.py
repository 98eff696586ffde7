"""Providers: those built in, held as data; those of a file; what the environment and a missing client ID do."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.provider import Provider
from oauthsrv.client import (
    ATLASSIAN,
    BUILT_IN,
    GITHUB,
    ErrorCode,
    Failure,
    MemoryTokenStorage,
    OAuthProvider,
    OAuthService,
    Success,
    load_providers,
)
from oauthsrv.client.configuration import Given
from oauthsrv.client.login import BrowserLogin
from oauthsrv.client.results import Trouble


def test_the_built_in_providers() -> None:
    assert set(BUILT_IN) == {"github", "atlassian", "oauthsrv"}
    assert {name: each.service_name for name, each in BUILT_IN.items()} == {name: name for name in BUILT_IN}


def test_github_as_its_documentation_has_it() -> None:
    assert GITHUB.auth_url == "https://github.com/login/oauth/authorize"
    assert GITHUB.token_url == "https://github.com/login/oauth/access_token"
    assert GITHUB.device_url == "https://github.com/login/device/code"
    assert GITHUB.scopes == ["repo", "read:user"]
    assert GITHUB.setup_url == "https://github.com/settings/developers"
    assert (GITHUB.redirect_host, GITHUB.redirect_ports) == ("127.0.0.1", (8080, 3000, 57548))
    assert GITHUB.any_free_port


def test_atlassian_as_its_documentation_has_it() -> None:
    assert ATLASSIAN.auth_url == "https://auth.atlassian.com/authorize"
    assert ATLASSIAN.token_url == "https://auth.atlassian.com/oauth/token"
    assert ATLASSIAN.audience == "api.atlassian.com"
    assert ATLASSIAN.scopes == ["read:jira-work", "offline_access"]
    assert ATLASSIAN.resources_url == "https://api.atlassian.com/oauth/token/accessible-resources"
    assert ATLASSIAN.extra_auth_params == {"prompt": "consent"}
    assert (ATLASSIAN.redirect_host, ATLASSIAN.any_free_port) == ("localhost", False)


def test_the_address_for_atlassian_holds_what_it_asks_for() -> None:
    address = BrowserLogin(ATLASSIAN.to_config("id", "s"), "http://localhost:8080/callback").address
    assert address.startswith("https://auth.atlassian.com/authorize?prompt=consent&audience=api.atlassian.com&scope=")
    for part in ("read%3Ajira-work+offline_access", "code_challenge_method=S256", "response_type=code", "client_id=id"):
        assert part in address
    assert "redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback" in address


def test_an_address_that_has_a_query_keeps_it() -> None:
    provider = OAuthProvider("mine", auth_url="https://a.example/go?tenant=7", token_url="https://a.example/token")
    assert BrowserLogin(provider.to_config("id"), "http://127.0.0.1:1/callback").address.startswith(
        "https://a.example/go?tenant=7&response_type=code"
    )


def service(environ: dict[str, str], *providers: OAuthProvider) -> OAuthService:
    return OAuthService(MemoryTokenStorage(), providers=providers, environ=environ)


def test_credentials_come_from_the_variables_of_the_service_or_as_arguments() -> None:
    environ = {"GITHUB_CLIENT_ID": "from-env", "GITHUB_CLIENT_SECRET": "secret-env"}
    found = service(environ).login("github", None).for_login(None)
    assert (found.client_id, found.client_secret) == ("from-env", "secret-env")
    given = Given(client_id="expected", client_secret="secret-expected")
    expected = service(environ).login("github", None, given).for_login(None)
    assert (expected.client_id, expected.client_secret) == ("expected", "secret-expected")


def test_the_secret_of_one_client_is_never_sent_for_another() -> None:
    environ = {"GITHUB_CLIENT_ID": "from-env", "GITHUB_CLIENT_SECRET": "secret-env"}
    with pytest.raises(Trouble, match="GITHUB_CLIENT_SECRET"):
        service(environ).login("github", None, Given(client_id="another")).for_login(None)


def test_the_name_of_a_variable_has_no_hyphens() -> None:
    provider = OAuthProvider("my-app.v2", auth_url="https://a.example/a", token_url="https://a.example/t")
    result = service({}, provider).authenticate("my-app.v2")
    assert isinstance(result, Failure)
    assert "MY_APP_V2_CLIENT_ID" in result.error
    environ = {"MY_APP_V2_CLIENT_ID": "x"}
    assert service(environ, provider).login("my-app.v2", None).for_login(None).client_id == "x"


@pytest.mark.parametrize(
    ("environ", "named"), [({}, "GITHUB_CLIENT_ID"), ({"GITHUB_CLIENT_ID": "x"}, "GITHUB_CLIENT_SECRET")]
)
def test_what_is_missing_is_named_with_the_page_to_get_it_from(environ: dict[str, str], named: str) -> None:
    result = service(environ).authenticate("github")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.CONFIG_MISSING
    assert named in result.error
    assert "https://github.com/settings/developers" in result.error


def test_an_unknown_service_is_not_found_and_the_known_ones_are_named() -> None:
    result = service({}).authenticate("nowhere")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.NOT_FOUND
    for name in (*BUILT_IN, "--issuer"):
        assert name in result.error


def test_oauthsrv_is_any_server_and_must_be_named(provider: Provider) -> None:
    result = service({}).authenticate("oauthsrv")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.CONFIG_MISSING
    assert "OAUTHSRV_ISSUER" in result.error
    environ = {"OAUTHSRV_ISSUER": provider.issuer, "OAUTHSRV_CLIENT_ID": "x"}
    assert service(environ).login("oauthsrv", None).for_login(None).token_url == f"{provider.origin}/token"


FILE = """
[gitlab]
display_name = "GitLab"
auth_url = "https://gitlab.example/oauth/authorize"
token_url = "https://gitlab.example/oauth/token"
scopes = ["read_api", "openid"]
setup_url = "https://gitlab.example/-/user_settings/applications"
redirect_ports = [8080]
any_free_port = false

[gitlab.extra_auth_params]
prompt = "consent"

[company]
issuer = "https://auth.company.example"
"""


def test_a_file_adds_providers(own_home: Path) -> None:
    path = own_home / ".oauthsrv" / "providers.toml"
    path.parent.mkdir()
    path.write_text(FILE)
    found = load_providers(path)
    assert set(found) == {"gitlab", "company"}
    assert found["gitlab"].extra_auth_params == {"prompt": "consent"}
    assert found["gitlab"].scopes == ["read_api", "openid"]
    assert found["gitlab"].redirect_ports == (8080,)
    assert found["company"].issuer == "https://auth.company.example"
    known = OAuthService(MemoryTokenStorage()).get_providers()
    assert isinstance(known, Success)
    assert set(known.value) == {*BUILT_IN, "gitlab", "company"}


def test_the_file_may_lie_elsewhere_and_what_code_adds_counts_first(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(FILE)
    in_code = OAuthProvider("company", issuer="https://other.example")
    known = service({"OAUTHSRV_PROVIDERS": str(tmp_path / "p.toml")}, in_code).get_providers()
    assert isinstance(known, Success)
    assert known.value["company"] is in_code
    assert "gitlab" in known.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[x", "wrong"),
        ("x = 1", "outside"),
        ("[x]\nscopes = ['a']", "needs an issuer"),
        ("[x]\nissuer = 'http://a.example'", "plain http"),
        ("[x]\nissuer = 'https://a.example'\ncolor = 'red'", "no key 'color'"),
        ("[x]\nissuer = 'https://a.example'\nclient_secret = 's'", "no key 'client_secret'"),
        ("['../x']\nissuer = 'https://a.example'", "not a valid"),
        ("[x]\nissuer = 7", r"\[x\]"),
        ("[x]\nissuer = 'https://a.example'\nscopes = 7", r"\[x\]"),
        ("[x]\nissuer = 'https://a.example'\nextra_auth_params = {prompt = 1}", "extra_auth_params"),
        ("[x]\nissuer = 'https://a.example'\nredirect_ports = ['a']", r"\[x\]"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_is_wrong_in_it(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    result = service({"OAUTHSRV_PROVIDERS": str(path)}).authenticate("x", "cli_1")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.CONFIG_MISSING
    assert str(path) in result.error
    with pytest.raises(Trouble, match=expected):
        load_providers(path)


def test_a_provider_made_in_code_is_known_from_then_on(opened: list[str], mine: OAuthProvider) -> None:
    oauth = OAuthService(MemoryTokenStorage())
    assert oauth.authenticate(mine, "cli_1").ok
    assert oauth.get_bearer_token("mine").ok


def test_a_configuration_made_in_code_brings_its_credentials(
    provider: Provider, opened: list[str], mine: OAuthProvider
) -> None:
    oauth = OAuthService(MemoryTokenStorage(), http_seconds=5)
    assert oauth.authenticate(mine.to_config("in-code", "its secret&")).ok
    assert provider.last("/token").basic == ("in-code", "its secret&")
    assert oauth.refresh_tokens("mine").ok
    assert provider.last("/token").basic == ("in-code", "its secret&")
