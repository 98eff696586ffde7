"""What a code exchange must fit, before the code is spent (RFC 6749 §4.1.3, RFC 7636 §4.6)."""

from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.pkce import check_verifier
from oauthsrv.oauth.records import AuthorizationCode, Client


def check_code(code: AuthorizationCode, client: Client, parameters: Parameters) -> None:
    """InvalidGrant when `code` is another client's, or was sent elsewhere, or lacks its verifier.

    It has no effect: a request that fails here spends nothing and ends nothing (rule 2).
    """
    if code.client_id != client.client_id:
        # Told as if it were unknown: another client's code is nobody else's business.
        raise InvalidGrant("another client's code", problem="code_of_another")
    redirect_uri = parameters.get("redirect_uri")
    # OAuth 2.1 no longer asks for it here, as PKCE binds the code to its request; without PKCE this alone does,
    # also where the authorization request left it out, as RFC 6749 §4.1.3 would allow (rule 3).
    if redirect_uri is None and code.code_challenge is None:
        raise InvalidGrant(
            description="redirect_uri is missing: without PKCE, send the one that the code was sent to.",
            problem="code_redirect_uri",
        )
    if redirect_uri is not None and redirect_uri != code.redirect_uri:
        raise InvalidGrant(
            description="redirect_uri is not the one of the authorization request: "
            "send the same, port included, or leave it out.",
            problem="code_redirect_uri",
        )
    check_verifier(code.code_challenge, parameters.get("code_verifier"))
