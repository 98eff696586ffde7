"""Against servers that others wrote: npm's oidc-provider and django-oauth-toolkit, really run."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from client import others
from client.others import Browser, service
from client.swallowing import Swallowing
from end_to_end.node import Node
from end_to_end.running import SECONDS
from oauthsrv.client import Failure, OAuthProvider, OAuthService, Success


@pytest.fixture(scope="module")
def oidc(node: Node) -> Iterator[str]:
    with others.oidc_provider(node) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with others.django_provider(tmp_path_factory.mktemp("django")) as origin:
        yield origin


def toolkit(origin: str, **more: str) -> OAuthProvider:
    """django-oauth-toolkit without its metadata, as a person writes it down."""
    addresses = {"auth_url": "authorize/", "token_url": "token/", "revocation_url": "revoke_token/"} | more
    return OAuthProvider(
        "mine",
        scopes=["read"],
        **{name: f"{origin}/o/{path}" for name, path in addresses.items()},
    )


def token(oauth: OAuthService) -> str:
    found = oauth.get_bearer_token("mine")
    assert isinstance(found, Success), found
    return found.value


def is_alive(issuer: str, access_token: str) -> bool:
    form = {"token": access_token, "client_id": "cli"}
    answer = requests.post(f"{issuer}/token/introspection", form, timeout=SECONDS).json()
    return bool(answer["active"])


@pytest.mark.parametrize(("client_id", "secret"), [("cli", None), ("secret", "s+ c")])
def test_a_whole_life_at_oidc_provider(oidc: str, client_id: str, secret: str | None) -> None:
    oauth = service()
    done = oauth.authenticate(
        "mine", client_id, secret, False, issuer=oidc, scopes="openid offline_access", prompt="consent"
    )
    assert isinstance(done, Success), done
    assert done.value.id_token
    first = token(oauth)
    renewed = oauth.refresh_tokens("mine")
    assert isinstance(renewed, Success), renewed
    assert token(oauth) == renewed.value.access_token != first
    out = oauth.logout("mine")
    assert isinstance(out, Success)
    assert [each.sentence for each in out.value.tokens] == ["refresh token revoked", "access token revoked"]
    if secret is None:
        assert not is_alive(oidc, renewed.value.access_token)


def test_logging_in_again_at_a_server_that_ends_both_together_ends_with_a_login_that_works(oidc: str) -> None:
    """oidc-provider ends all that this person allowed this client when one of its refresh tokens is revoked."""
    oauth = service()
    options = {"issuer": oidc, "scopes": "openid offline_access", "prompt": "consent"}
    assert oauth.authenticate("mine", "cli", None, False, **options).ok
    first = token(oauth)
    assert oauth.authenticate("mine", "cli", None, False, **options).ok
    assert isinstance(oauth.terminal, Browser)
    assert "revoked the new login along with the old one" in oauth.terminal.said
    assert not is_alive(oidc, first)
    assert is_alive(oidc, token(oauth))
    assert oauth.refresh_tokens("mine").ok


def test_a_client_registers_itself_at_oidc_provider_and_goes_with_its_login(oidc: str) -> None:
    oauth = service()
    assert oauth.authenticate("mine", open_browser=False, issuer=oidc, scopes="openid").ok
    record = oauth.storage.load("mine")
    assert record
    assert record.registration
    assert oauth.refresh_tokens("mine").ok
    assert oauth.logout("mine").ok
    headers = {"Authorization": f"Bearer {record.registration.access_token}"}
    assert requests.get(str(record.registration.address), headers=headers, timeout=SECONDS).status_code == 401


def test_a_login_by_device_at_oidc_provider(oidc: str) -> None:
    class Phone(Browser):
        def show_code(self, address: str) -> None:
            threading.Thread(target=self.confirm, args=(address,), daemon=True).start()

        def confirm(self, address: str) -> None:
            """The code, the sign-in, the consent, as forms one after the other."""
            answer = self.session.get(address, timeout=SECONDS)
            while "<form" in answer.text:
                address, fields = others.form_of(answer.text, answer.url)
                answer = self.session.post(address, {**fields, "confirm": "yes"}, timeout=SECONDS)

    oauth = service(Phone())
    done = oauth.authenticate("mine", "cli", issuer=oidc, scopes="openid", device=True)
    assert isinstance(done, Success), done
    assert oauth.refresh_tokens("mine").ok


def test_a_resource_at_oidc_provider(oidc: str) -> None:
    """RFC 8707: requested at the login, and again at each refresh, without naming it again."""
    oauth = service()
    api = "https://api.example.com/"
    done = oauth.authenticate(
        "mine", "cli", None, False, issuer=oidc, scopes="read offline_access", resource=api, prompt="consent"
    )
    assert isinstance(done, Success), done
    assert done.value.scopes >= {"read"}
    renewed = oauth.refresh_tokens("mine")
    assert isinstance(renewed, Success)
    assert renewed.value.scopes >= {"read"}


@pytest.mark.parametrize(("client_id", "secret"), [("cli", None), ("secret", "s+ c")])
def test_a_whole_life_at_django_oauth_toolkit(django: str, client_id: str, secret: str | None) -> None:
    oauth = service(providers=[toolkit(django)])
    done = oauth.authenticate("mine", client_id, secret, open_browser=False)
    assert isinstance(done, Success), done
    api = {"Authorization": f"Bearer {token(oauth)}"}
    assert requests.get(f"{django}/api", headers=api, timeout=SECONDS).text == "hello"
    renewed = oauth.refresh_tokens("mine")
    assert isinstance(renewed, Success), renewed
    api = {"Authorization": f"Bearer {renewed.value.access_token}"}
    assert requests.get(f"{django}/api", headers=api, timeout=SECONDS).text == "hello"
    again = oauth.authenticate("mine", client_id, secret, open_browser=False)
    assert isinstance(again, Success), again
    assert requests.get(f"{django}/api", headers=api, timeout=SECONDS).status_code == 403
    assert oauth.logout("mine").ok


def test_after_a_lost_answer_of_django_oauth_toolkit_the_refresh_is_sent_again(django: str) -> None:
    """It gives the successor again within its grace time."""
    with Swallowing(django, "/o/token/") as proxy:
        oauth = service(providers=[toolkit(proxy.origin)], http_seconds=3)
        assert oauth.authenticate("mine", "cli", open_browser=False).ok
        proxy.swallow(1)
        assert oauth.refresh_tokens("mine").ok
        assert oauth.refresh_tokens("mine").ok
        assert proxy.swallowed == 1


def test_what_a_server_refuses_is_shown_in_its_own_words(oidc: str, django: str) -> None:
    refused = service().authenticate("mine", "cli", None, False, issuer=oidc, scopes="openid", prompt="none")
    assert isinstance(refused, Failure)
    assert refused.server_error == "login_required"
    oauth = service(providers=[toolkit(django)])
    assert oauth.authenticate("mine", "cli", open_browser=False).ok
    assert oauth.logout("mine").ok
    wrong = OAuthService(oauth.storage, terminal=Browser(), providers=[toolkit(django)])
    failed = wrong.authenticate("mine", "secret", "wrong", open_browser=False)
    assert isinstance(failed, Failure)
    assert failed.server_error == "invalid_client"
