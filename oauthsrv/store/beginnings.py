"""A new family's access token, written in the trip that reads its code and its client's stamp (rule 2, rule 6, rule 9).

This saves a confidential client's exchange a trip. Where Redis has anything else than what this process expects, it
writes nothing, and the exchange goes on with what was read.
"""

import time

from oauthsrv.oauth.client_authentication import Authenticated
from oauthsrv.oauth.credentials import digest, new_access_token, new_family_id
from oauthsrv.oauth.records import AccessToken, AuthorizationCode, Client
from oauthsrv.store.authorization import GRANTED_BY_CODE
from oauthsrv.store.limits import COUNT, LIMITS, Attempt, Window
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script
from oauthsrv.store.tokens import MARKER, Tokens

# KEYS: stamp, counter, code; then record, marker, the family's latest access tokens. ARGV: the stamp that is expected,
# the number that is too many, how the record ends, its seconds, the marker's, the counter's. Returns the values of the
# first three keys, and the state of the counter, as text, if it wrote.
BEGIN = Script(f"""
{COUNT}
local found = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
if found[1] ~= ARGV[1] or tonumber(found[2] or 0) >= tonumber(ARGV[2]) then return found end
local set, token = string.match(found[3] or '', '{GRANTED_BY_CODE}')
if not set then return found end
redis.call('SET', KEYS[4], token .. ARGV[3], 'EX', ARGV[4])
redis.call('SET', KEYS[5], '{MARKER.decode()}', 'EX', ARGV[5])
redis.call('SET', KEYS[6], set .. KEYS[4], 'EX', ARGV[5])
found[4] = count(KEYS[2], ARGV[6])
return found
""")


class Beginning:
    """The access token of a family that may begin, of a client that this process keeps, as `by` proved.

    If it was written, `window` is the state of the client's limit. No one knows the token before the family's row is
    inserted: whoever revokes the family then finds its marker.
    """

    window: Window | None = None

    def __init__(
        self, redis: Redis, tokens: Tokens, stamp: bytes, by: Authenticated[Client], lifetime: int, counting: Attempt
    ) -> None:
        now = time.time()
        self.by, self.lifetime = by, lifetime
        self.family_id = new_family_id(now)
        self.text = new_access_token(by.client.client_id, self.family_id)
        self._redis, self._tokens, self._stamp, self._counting = redis, tokens, stamp, counting
        self._issued_at = int(now)

    def read(self, keys: list[bytes]) -> list[bytes | None]:
        """The values of `keys`: the client's stamp, its counter and the code."""
        client, counting = self.by.client, self._counting
        values: list[bytes | None] = BEGIN.run(
            self._redis.connection(),
            [*keys, *self._tokens.keys_of_new(digest(self.text), self.family_id)],
            self._stamp,
            client.token_requests_per_minute,
            f',"iat":{self._issued_at},"exp":{self._issued_at + self.lifetime},"epoch":{client.epoch}}}',
            self.lifetime,
            self._tokens.marker_ttl,
            LIMITS[counting.limit].seconds,
        )
        if len(values) > len(keys):
            counted = values.pop()
            assert counted
            self.window = counting.window(*map(int, counted.split()))
        return values

    def token(self, code: AuthorizationCode) -> AccessToken:
        """What it wrote for this code."""
        return AccessToken(
            client_id=code.client_id,
            family_id=self.family_id,
            grant_id=code.grant_id,
            subject=code.subject,
            scopes=code.scopes,
            resources=code.resources,
            issued_at=self._issued_at,
            expires_at=self._issued_at + self.lifetime,
            epoch=self.by.client.epoch,
        )
