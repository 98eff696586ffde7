"""Access tokens in Redis: one MGET reads all that decides whether one is good (rule 6)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from oauthsrv.oauth.credentials import AccessTokenReference, digest, parse_access_token
from oauthsrv.oauth.records import AccessToken, Api, Client
from oauthsrv.store.clients import Apis, Clients
from oauthsrv.store.redis import Redis

if TYPE_CHECKING:
    from collections.abc import Mapping

# A family's sign of life outlives the longest access token by this much, in seconds.
SIGN_MARGIN = 60


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at Redis told: the good token, if it is one, its client, and what else was asked for."""

    token: AccessToken | None = None
    client: Client | None = None
    asking: Client | Api | None = None
    apis: Mapping[str, Api] | None = None


class Tokens:
    def __init__(self, redis: Redis, clients: Clients, apis: Apis, longest_access_ttl: int) -> None:
        self._redis = redis
        self._clients = clients
        self._apis = apis
        self._sign_ttl = longest_access_ttl + SIGN_MARGIN

    def look(self, text: str, *, asking: str | None = None, with_apis: bool = False) -> Sight:
        """The token behind `text`; from the same MGET the client or API with the id `asking`, and all APIs."""
        reference = parse_access_token(text)
        keys = [] if reference is None else self._keys(text, reference)
        own = len(keys)
        if asking:
            keys.append(self._clients.stamp_key(asking))
        if with_apis:
            keys.append(self._apis.stamp_key(self._apis.NAME))
        if not keys:
            return Sight()
        values: list[bytes | None] = self._redis.connection().mget(keys)  # type: ignore[assignment]
        apis = self._apis.resolve(self._apis.NAME, values.pop()) or {} if with_apis else None
        asker = self._clients.resolve(asking, values.pop()) if asking else None
        token, client = (None, None) if reference is None else self._judge(reference, values[:own])
        return Sight(token, client, asker, apis)

    def _judge(
        self, reference: AccessTokenReference, values: list[bytes | None]
    ) -> tuple[AccessToken | None, Client | None]:
        """Yes only on positive signs: the record, the family's sign of life if it has a family, the client's stamp."""
        *signs, stamp = values
        record = signs[0]
        if record is None or None in signs:
            return None, None
        client = self._clients.resolve(reference.client_id, stamp)
        if not isinstance(client, Client) or client.suspended:
            return None, None
        token = _read(record, reference)
        return (token, client) if token.expires_at > time.time() else (None, None)

    def remember(self, text: str, token: AccessToken, lifetime: int) -> None:
        """Write a new token's record, and its family's sign of life.

        Only for one whose transaction holds the family's row lock, or makes the row, and sees it living:
        the ending of that family then waits, and strikes afterwards.
        """
        pipe = self._redis.connection().pipeline(transaction=False)
        pipe.set(self.token_key(digest(text)), _written(token), ex=lifetime)
        if token.family_id:
            sign = self.sign_key(token.family_id)
            pipe.set(sign, b"1", ex=self._sign_ttl, nx=True)
            pipe.expire(sign, self._sign_ttl, gt=True)
        pipe.execute()

    def subject_of(self, text: str) -> str | None:
        """Whom a token acts for, as its record says; an empty text where it acts for no user, None without a record."""
        record = self._redis.connection().get(self.token_key(digest(text)))
        return None if record is None else orjson.loads(record)["sub"] or ""

    def lives(self, text: str, family_id: str) -> bool:
        record, sign = self._redis.connection().mget([self.token_key(digest(text)), self.sign_key(family_id)])
        return record is not None and sign is not None

    def sign_key(self, family_id: str) -> bytes:
        return self._redis.key("f", family_id)

    def token_key(self, token_hash: bytes) -> bytes:
        return self._redis.key("t", token_hash.hex())

    def _keys(self, text: str, reference: AccessTokenReference) -> list[bytes]:
        keys = [self.token_key(digest(text))]
        if reference.family_id:
            keys.append(self.sign_key(reference.family_id))
        keys.append(self._clients.stamp_key(reference.client_id))
        return keys


def _written(token: AccessToken) -> bytes:
    """What the token's text tells already (client and family) is not written again."""
    return orjson.dumps(
        {
            "grant": token.grant_id,
            "sub": token.subject,
            "scopes": token.scopes,
            "resources": token.resources,
            "iat": token.issued_at,
            "exp": token.expires_at,
        }
    )


def _read(record: bytes, reference: AccessTokenReference) -> AccessToken:
    values = orjson.loads(record)
    return AccessToken(
        client_id=reference.client_id,
        family_id=reference.family_id,
        grant_id=values["grant"],
        subject=values["sub"],
        scopes=tuple(values["scopes"]),
        resources=tuple(values["resources"]),
        issued_at=values["iat"],
        expires_at=values["exp"],
    )
