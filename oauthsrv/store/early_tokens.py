"""Early tokens: the access token of an exchange, written in the trip that reads the code (rule 2, rule 6, rule 9).

An exchange that authenticates with a secret saves a trip to Redis this way. If anything in Redis differs from what this
process expects, nothing is written, and the exchange takes two trips, like any other.
"""

import time
from typing import NamedTuple

import orjson

from oauthsrv.oauth.client_authentication import Authenticated
from oauthsrv.oauth.credentials import new_access_token, new_family_id
from oauthsrv.oauth.records import AccessToken, AuthorizationCode, Client
from oauthsrv.store.authorization import CODE_PATTERN, code_record
from oauthsrv.store.limits import COUNT_IN_LUA, Attempt, Window, key_of
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script
from oauthsrv.store.tokens import MARKER, Tokens, record_end

# KEYS: the client's stamp and counter, the code; the token's record, its family's marker and latest access tokens.
# ARGV: the expected stamp and client ID, the client's limit, the end of the token's record; in seconds: the lifetime of
# the record, that of the marker, the counter's window. Returns the code's record and the counter's state as text, or
# nothing if nothing was written. If the token's record exists, this was sent again because the answer was lost: it
# returns the same, and counts nothing.
WRITE = Script(f"""
{COUNT_IN_LUA}
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
    """An access token that is in Redis and not handed out yet, and the client that proved itself before it was written.

    `window` is the state of the client's limit with this request counted.
    """

    text: str
    token: AccessToken
    code: AuthorizationCode
    proved: Authenticated[Client]
    window: Window


def write(
    redis: Redis,
    tokens: Tokens,
    stamp: tuple[bytes, bytes],
    proved: Authenticated[Client],
    code_key: bytes,
    lifetime: int,
    counting: Attempt,
) -> EarlyToken | None:
    """Write the first access token of a new family, for a client that proved itself; None if nothing was written.

    `stamp` is the key and value of the stamp that the client is cached under; `lifetime` is in seconds. The family's
    row is inserted later, so whoever revokes the family finds its marker.
    """
    client, now, limit = proved.client, time.time(), counting.window(0, -1)
    family_id, issued_at, expires_at = new_family_id(now), int(now), int(now) + lifetime
    text = new_access_token(client.client_id, family_id)
    keys = (stamp[0], key_of(redis, counting), code_key, *tokens.keys_to_write(text, family_id))
    rest = b"," + orjson.dumps(record_end(issued_at, expires_at, client.epoch))[1:]
    values = (stamp[1], client.client_id, limit.most, rest, lifetime, tokens.marker_ttl, limit.seconds)
    written = WRITE.run(redis.connection(), keys, *values)
    if not written or written[0] is None:
        return None
    code = code_record(written[0])
    of_code = (code.grant_id, code.subject, code.scopes, code.resources)
    token = AccessToken(client.client_id, family_id, *of_code, issued_at, expires_at, client.epoch)
    return EarlyToken(text, token, code, proved, counting.window(*map(int, written[1].split())))
