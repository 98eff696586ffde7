"""The token endpoint's decisions: may a code be exchanged, what does a refresh token get, which tokens remain valid?

RFC 6749 §4.1.3, §5.1 and §6, RFC 7636 §4.6, RFC 9700 §4.14.2; rules 2, 3 and 5.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from hmac import compare_digest
from typing import Any

from oauthsrv.oauth.credentials import RefreshToken
from oauthsrv.oauth.errors import InvalidClient, InvalidGrant
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.pkce import check_verifier
from oauthsrv.oauth.records import AuthorizationCode, Client, Family

MOST_ROTATIONS = 64  # kept, newest first, by sql.families.rotate


def check_code(code: AuthorizationCode, client: Client, parameters: Parameters) -> None:
    """Check client, redirect URI and verifier of a code. Raises InvalidGrant.

    Nothing is changed: a request that fails here neither spends the code nor revokes anything (rule 2).
    """
    if code.client_id != client.client_id:
        # The same error as for an unknown code, so that a client learns nothing about another's codes.
        raise InvalidGrant("another client's code", problem="code_of_another")
    redirect_uri = parameters.get("redirect_uri")
    # OAuth 2.1 no longer requires it, as PKCE binds the code to its request. Without PKCE nothing else does, so it is
    # required even if the authorization request left it out, which RFC 6749 §4.1.3 would allow (rule 3).
    is_needed = redirect_uri is not None or code.code_challenge is None
    if is_needed and redirect_uri != code.redirect_uri:
        raise InvalidGrant(problem="code_redirect_uri")
    check_verifier(code.code_challenge, parameters.get("code_verifier"))


class Verdict(Enum):
    """What happens to a refresh token."""

    ROTATE = "the current token: it is superseded by a new one"
    REPEAT = "superseded just now, and its successor not yet used: the same successor again"
    REFUSE = "invalid_grant, and nothing ends"
    REUSE = "invalid_grant, and the family ends"


def judge(
    family: Family, token: RefreshToken, now: datetime, grace: timedelta, *, keeps_successor: bool = False
) -> Verdict:
    """Decide what a refresh token of `family` gets. Its client was authenticated and compared before.

    `now` is the database's clock, read after the family's row was locked. A client that `keeps_successor` gets it
    again until its first use, and the grace time begins with that.
    """
    if family.is_over(now):
        return Verdict.REFUSE
    behind = family.generation - token.generation
    if behind < 0:
        # The database was restored to an earlier state: the client is honest, and ahead of us.
        return Verdict.REFUSE
    if behind == 0:
        return Verdict.ROTATE if same(token.token_hash, family.current_hash) else Verdict.REUSE
    if behind == 1 and not same(token.token_hash, family.previous_hash):
        return Verdict.REUSE
    is_available = behind == 1 and family.available_until is not None and now < family.available_until
    since = behind - 1 if keeps_successor and behind > 1 else behind
    if not is_available and not was_superseded_within(family.rotations, since, now, grace):
        return Verdict.REUSE
    # Further behind there is no hash to compare and no response to repeat: the client refreshed several times at once.
    return Verdict.REPEAT if behind == 1 and family.sealed is not None else Verdict.REFUSE


def was_superseded_within(rotations: tuple[datetime, ...], behind: int, now: datetime, grace: timedelta) -> bool:
    """Whether the token `behind` generations behind was superseded less than `grace` ago."""
    if grace <= timedelta(0):
        # Checked first: a rotation that committed while we waited may be later than our `now`.
        return False
    if behind <= len(rotations):
        return now < rotations[behind - 1] + grace
    # Older than every kept rotation. If the array is full, it may have been dropped for its number, not its age.
    return len(rotations) >= MOST_ROTATIONS and now < rotations[-1] + grace


def check_bound(family: Family, with_credential: bool, now: datetime) -> Family:
    """A family that began with a credential is its holder's alone: a client whose set has `none` too needs it here."""
    if family.credential_bound and not with_credential and not family.is_over(now):
        raise InvalidClient("the family began with a credential", problem="credential_missing")
    return family


def is_current(family: Family, token: RefreshToken, now: datetime) -> bool:
    """Whether `token` would rotate if it were presented; looking has no effect."""
    return judge(family, token, now, timedelta(0)) is Verdict.ROTATE


def same(sent: bytes, stored: bytes | None) -> bool:
    return stored is not None and compare_digest(sent, stored)


def token_response(
    *,
    access_token: str,
    expires_in: int,
    scopes: Iterable[str],
    refresh_token: str | None = None,
    refresh_expires_in: int = 0,
) -> dict[str, Any]:
    """The JSON of RFC 6749 §5.1. The scope is always included, as it may differ from the requested one.

    Many clients know refresh_token_expires_in: in how many seconds the refresh token ends if it is not used.
    """
    response: dict[str, Any] = {"access_token": access_token, "token_type": "Bearer", "expires_in": expires_in}
    if refresh_token is not None:
        response |= {"refresh_token": refresh_token, "refresh_token_expires_in": refresh_expires_in}
    return response | {"scope": " ".join(scopes)}
