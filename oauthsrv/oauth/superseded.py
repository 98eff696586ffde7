"""Which access tokens of a family live on when it gets another one.

One is kept for each set of scopes and resources, as a client may hold one for each API (RFC 8707), and of those only
the latest few: whoever refreshes without end does not fill the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.records import AccessToken

SETS_KEPT = 4
SET_BYTES = 8
# Seconds that a superseded one lives on: requests under way, and other threads of the client, still use it.
LIVES_ON = 60


def entry(text: str, token: AccessToken) -> bytes:
    """What a family keeps of its access token: what it is for, and its hash."""
    purpose = json.dumps([sorted(token.scopes), sorted(token.resources)])
    return sha256(purpose.encode()).digest()[:SET_BYTES] + digest(text)


def supersede(kept: Iterable[bytes], new: bytes) -> tuple[list[bytes], list[bytes]]:
    """What is kept from now on, newest first, and the hashes of the tokens that `new` supersedes."""
    others = [one for one in kept if one[:SET_BYTES] != new[:SET_BYTES]]
    staying = [new, *others][:SETS_KEPT]
    return staying, [one[SET_BYTES:] for one in kept if one not in staying]
