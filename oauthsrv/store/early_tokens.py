"""The access token of an exchange, written in the trip that reads its code (rule 2, rule 6, rule 9).

This saves a confidential client's exchange a trip. If anything in Redis differs from what this process expects, nothing
is written, and the request takes the ordinary way.
"""

import time
from typing import NamedTuple

from oauthsrv.oauth.client_authentication import Authenticated
from oauthsrv.oauth.credentials import digest, new_access_token, new_family_id
from oauthsrv.oauth.records import AccessToken, AuthorizationCode, Client
from oauthsrv.store.authorization import CODE_PATTERN
from oauthsrv.store.limits import COUNT, Attempt, Window, key_of
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script
from oauthsrv.store.tokens import MARKER, Tokens

# KEYS: the client's stamp and counter, the code; the token's record, its family's marker and latest access tokens.
# ARGV: the stamp and the client ID that are expected, the number that is too many, how the record ends, its seconds,
# the marker's, the counter's. Returns the code and the state of the counter, as text, if the token is written: also
# if this was sent twice, as an answer was lost.
WRITE = Script(f"""
{COUNT}
local stamp, counted, code, record = unpack(redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4]))
if record then return {{code, string.format('%d %d', counted or 0, redis.call('PTTL', KEYS[2]))}} end
if stamp ~= ARGV[1] or tonumber(counted or 0) >= tonumber(ARGV[3]) then return false end
local set, token, client = string.match(code or '', '{CODE_PATTERN}')
if client ~= ARGV[2] then return false end
redis.call('SET', KEYS[4], token .. ARGV[4], 'EX', ARGV[5])
redis.call('SET', KEYS[5], '{MARKER.decode()}', 'EX', ARGV[6])
redis.call('SET', KEYS[6], set .. KEYS[4], 'EX', ARGV[6])
return {{code, count(KEYS[2], ARGV[7])}}
""")


class EarlyToken(NamedTuple):
    """What was written: the text of a token that no one is given yet, its family's id, its times, and its client.

    `found` has the code's record by its key, `window` is the state of the client's limit with this request.
    """

    text: str
    family_id: str
    issued_at: int
    lifetime: int
    by: Authenticated[Client]
    found: dict[bytes, bytes | None]
    window: Window

    def token(self, code: AuthorizationCode) -> AccessToken:
        return AccessToken(
            client_id=code.client_id,
            family_id=self.family_id,
            grant_id=code.grant_id,
            subject=code.subject,
            scopes=code.scopes,
            resources=code.resources,
            issued_at=self.issued_at,
            expires_at=self.issued_at + self.lifetime,
            epoch=self.by.client.epoch,
        )


def write(
    redis: Redis,
    tokens: Tokens,
    stamp: tuple[bytes, bytes],
    by: Authenticated[Client],
    code_key: bytes,
    lifetime: int,
    counting: Attempt,
) -> EarlyToken | None:
    """Write the token of a new family for a client that proved itself, as this process keeps it under `stamp`.

    The family's row is inserted later: whoever revokes the family then finds its marker. `stamp` is its key and value.
    """
    client, now = by.client, int(time.time())
    family_id = new_family_id(time.time())
    text = new_access_token(client.client_id, family_id)
    limit = counting.window(0, -1)
    keys = (stamp[0], key_of(redis, counting), code_key, *tokens.keys_of_new(digest(text), family_id))
    rest = f',"iat":{now},"exp":{now + lifetime},"epoch":{client.epoch}}}'
    values = (stamp[1], client.client_id, limit.most, rest, lifetime, tokens.marker_ttl, limit.seconds)
    written = WRITE.run(redis.connection(), keys, *values)
    if not written:
        return None
    window = counting.window(*map(int, written[1].split()))
    return EarlyToken(text, family_id, now, lifetime, by, {code_key: written[0]}, window)
