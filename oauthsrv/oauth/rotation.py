"""What happens to a refresh token that is presented: rotation, grace and reuse (rule 5; RFC 9700 §4.14.2)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from hmac import compare_digest

from oauthsrv.oauth.credentials import RefreshToken
from oauthsrv.oauth.records import Family

LONGEST_GRACE = timedelta(seconds=60)
MOST_ROTATIONS = 64


class Verdict(Enum):
    ROTATE = "the current token: it is superseded by a new one"
    REPEAT = "superseded just now, and its successor not yet used: the same successor again"
    REFUSE = "invalid_grant, and nothing ends"
    REUSE = "invalid_grant, and the family ends"


def judge(family: Family, token: RefreshToken, now: datetime, grace: timedelta) -> Verdict:
    """The verdict over `token`, whose handle is that of `family`; its client was authenticated and matched before.

    `now` is the database's clock, read after the family's row was locked.
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
    if not was_superseded_within(family.rotations, behind, now, grace):
        return Verdict.REUSE
    # Further behind no hash is left to compare, nor anything to repeat: two tabs that ran a race.
    return Verdict.REPEAT if behind == 1 and family.sealed is not None else Verdict.REFUSE


def was_superseded_within(rotations: tuple[datetime, ...], behind: int, now: datetime, grace: timedelta) -> bool:
    """Whether the token `behind` generations behind was superseded less than `grace` ago."""
    if grace <= timedelta(0):
        # Asked first: a rotation that committed while we waited may lie after our `now`.
        return False
    if behind <= len(rotations):
        return now < rotations[behind - 1] + grace
    # Older than all that are kept. If the array is full, that may be a matter of number, not of time.
    return len(rotations) >= MOST_ROTATIONS and now < rotations[-1] + grace


def is_current(family: Family, token: RefreshToken, now: datetime) -> bool:
    """Whether `token` would rotate if it were presented; looking has no effect."""
    return judge(family, token, now, timedelta(0)) is Verdict.ROTATE


def same(sent: bytes, stored: bytes | None) -> bool:
    return stored is not None and compare_digest(sent, stored)


def rotations_kept(rotations: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
    """What is kept of `rotations`, newest first: at most the longest grace time, and a bounded number.

    A rotation stores `rotations_kept((now, *family.rotations), now)`.
    """
    return tuple(time for time in rotations if now - time <= LONGEST_GRACE)[:MOST_ROTATIONS]
