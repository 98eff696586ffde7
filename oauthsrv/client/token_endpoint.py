"""What a client asks of the token endpoint and its neighbour: tokens, new tokens, an end of tokens (RFC 6749, 7009)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

from oauthsrv.client.display import plain
from oauthsrv.client.http import HTTP_SECONDS, Answer, NotUnderstood, ask
from oauthsrv.client.results import Trouble
from oauthsrv.client.values import OAuthConfig, OAuthTokens

GITHUB_TOKENS = "https://api.github.com/applications/"


class Refused(Exception):
    """The server answered, and not with what was asked for; `error` is its code, where it gave one (RFC 6749 §5.2)."""

    def __init__(self, reason: str, error: str | None = None) -> None:
        super().__init__(reason)
        self.error = error


def exchange_code(
    config: OAuthConfig, code: str, *, verifier: str, redirect_uri: str, seconds: float = HTTP_SECONDS
) -> OAuthTokens:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return tokens_of(asked(config, config.token_url, form, seconds), asked=config.scopes)


def refresh(
    config: OAuthConfig, tokens: OAuthTokens, *, scopes: Iterable[str] = (), seconds: float = HTTP_SECONDS
) -> OAuthTokens:
    """New tokens for the refresh token that `tokens` holds; `scopes` may narrow them (RFC 6749 §6)."""
    assert tokens.refresh_token
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    if narrower := " ".join(scopes):
        form["scope"] = narrower
    return tokens_of(asked(config, config.token_url, form, seconds), previous=tokens)


def asked(config: OAuthConfig, url: str, form: dict[str, str], seconds: float) -> dict[str, Any]:
    """The values of a good answer to a form that the client signs with its credentials; or Refused."""
    form, basic = signed(config, form)
    return good_values(ask("POST", url, form=form, basic=basic, seconds=seconds))


def signed(config: OAuthConfig, form: dict[str, str]) -> tuple[dict[str, str], tuple[str, str] | None]:
    """The form, and credentials for Basic if that is how this client proves itself (RFC 6749 §2.3.1)."""
    if not config.client_secret:
        return form | {"client_id": config.client_id}, None
    if config.token_auth_method == "client_secret_basic":  # noqa: S105 (no password)
        # Form-encoded each before they are joined: the part of §2.3.1 that is easily missed.
        return form, (quote_plus(config.client_id), quote_plus(config.client_secret))
    return form | {"client_id": config.client_id, "client_secret": config.client_secret}, None


def good_values(answer: Answer) -> dict[str, Any]:
    """An error is an error whatever its status: GitHub sends its own with 200."""
    if 300 <= answer.status < 400:
        raise Refused(f"{answer.url} redirects to another address, and credentials are not sent on")
    try:
        values = answer.values()
    except NotUnderstood:
        raise Refused(f"{answer.url} answered {answer.status} with what is neither JSON nor a form") from None
    if values.get("error"):
        error = plain(values["error"])
        description = values.get("error_description")
        raise Refused(f"the server says {error}" + (f": {plain(description)}" if description else ""), error)
    if not 200 <= answer.status < 300:
        raise Refused(f"{answer.url} answered {answer.status}")
    return values


def tokens_of(values: dict[str, Any], **known: Any) -> OAuthTokens:
    try:
        return OAuthTokens.from_response(values, **known)
    except ValueError as error:
        raise Refused(f"the server's answer holds no usable tokens: {error}") from None


def revoke(config: OAuthConfig, tokens: OAuthTokens, *, seconds: float = HTTP_SECONDS) -> str | None:
    """Ends the tokens at the server (RFC 7009); why not, if that did not work.

    The refresh token goes first: a server may keep it when only an access token is given back (§2.1).
    """
    if config.revocation_url is None:
        return f"{config.display_name} has no address at which a program can end tokens"
    try:
        if config.revocation_url.startswith(GITHUB_TOKENS):
            return revoke_at_github(config, tokens, seconds)
        for kind in ("refresh_token", "access_token"):
            if token := getattr(tokens, kind):
                form, basic = signed(config, {"token": token, "token_type_hint": kind})
                answer = ask("POST", config.revocation_url, form=form, basic=basic, seconds=seconds)
                if not 200 <= answer.status < 300:
                    good_values(answer)
    except Refused as refused:
        return str(refused)
    except Trouble as trouble:
        return trouble.failure.error
    return None


def revoke_at_github(config: OAuthConfig, tokens: OAuthTokens, seconds: float) -> str | None:
    """GitHub has an interface of its own: DELETE /applications/{client_id}/token, with Basic."""
    if not config.client_secret:
        return "GitHub ends a token only for an app that sends its secret too"
    url = f"{GITHUB_TOKENS}{quote_plus(config.client_id)}/token"
    credentials = config.client_id, config.client_secret
    answer = ask("DELETE", url, body={"access_token": tokens.access_token}, basic=credentials, seconds=seconds)
    # 404 and 422: GitHub does not know it any more.
    return None if answer.status in (204, 404, 422) else f"GitHub answered {answer.status}"
