"""Rate limits: the table of all limits, and their counters in Redis (kind l).

A window begins with the first attempt and is never extended, so whoever keeps trying is not locked out forever.
Failures are counted before the attempt and given back if it succeeds, so that a hundred simultaneous attempts cannot
all pass before the first is counted.
"""

import functools
import time
from typing import NamedTuple

from oauthsrv.oauth.credentials import digest
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script

COUNTERS_KEPT = 4096  # names of counters: hashing one costs more than a lookup


class Limit(NamedTuple):
    most: int
    seconds: int
    counts: str


LIMITS = {
    # Failures; given back if the attempt succeeds.
    "login_account": Limit(10, 900, "failed sign-ins to one email, from browsers that have never signed in to it"),
    "login_browser": Limit(10, 900, "failed sign-ins from one browser to an account it has signed in to before"),
    "login_address": Limit(100, 900, "failed sign-ins from one address (IPv6: /64)"),
    "login_network": Limit(300, 900, "failed sign-ins from one IPv6 network (/48)"),
    "signup_address": Limit(
        100, 3600, "sign-ups from one address (IPv6: /64), including for emails that have an account"
    ),
    "signup_network": Limit(200, 3600, "the same, from one IPv6 network (/48)"),
    # Use; checking a right password costs as much as a wrong one.
    "password_user": Limit(100, 900, "right passwords for one account: at sign-in, to change it, to confirm an action"),
    "form_user": Limit(600, 600, "forms submitted by one person, also from a browser they have signed out of"),
    "form_address": Limit(3000, 600, "forms submitted from one address, by browsers that nobody has signed in with"),
    "rename_user": Limit(20, 3600, "changes of one person's own name, which consent pages of their apps show"),
    "download_user": Limit(60, 3600, "lists downloaded as files by one administrator"),
    "report_user": Limit(20, 86400, "apps that one person reports"),
    "code_app": Limit(100, 600, "authorization codes for one person in one app"),
    "code_user": Limit(1000, 600, "the same, in all apps"),
    "pending_address": Limit(
        300, 3600, "apps' long requests that wait for a sign-in, from one address: Redis keeps them"
    ),
    "pending_network": Limit(1000, 3600, "the same, from one IPv6 /48"),
    "pending_user": Limit(200, 3600, "the same, by one person who is signed in"),
    "document_url": Limit(1, 60, "fetches of one metadata document"),
    "document_user": Limit(10, 3600, "new metadata documents loaded for one person"),
    "consent_user": Limit(200, 600, "consent pages shown to one person: each is kept until it is answered"),
    "user_code_user": Limit(10, 900, "wrong codes for a device entered by one person"),
    "user_code_address": Limit(50, 900, "the same, from one address (IPv6: /64)"),
    "user_code_network": Limit(150, 900, "the same, from one IPv6 network (/48)"),
    "confirm_user": Limit(10, 900, "wrong passwords from someone signed in who has to confirm an action"),
    "invite_user": Limit(20, 3600, "invitations made by one developer"),
    "invite_address": Limit(100, 3600, "invitations made from one address"),
    "logo_user": Limit(30, 3600, "logos uploaded by one person"),
    "register_address": Limit(100, 3600, "apps that register themselves from one address (IPv6: /64), without a token"),
    "register_network": Limit(300, 3600, "the same, from one IPv6 network (/48)"),
    "register_token": Limit(1000, 3600, "apps that register themselves with one initial access token"),
    "register_unused": Limit(
        10_000, 86_400, "self-registered apps nobody has connected yet (deleted after a day); then one needs a token"
    ),
    "proof_address": Limit(
        100, 60, "requests from one address with wrong secrets, or unknown codes or tokens; good ones pass"
    ),
    "client_keys": Limit(
        1, 60, "loads of the keys at one jwks_uri: hourly, and when an assertion names an unknown key"
    ),
    # Use, by an authenticated client. An administrator can set another number for each client.
    "calls": Limit(1000, 3600, "successful API calls with one app's tokens"),
    "share": Limit(250, 3600, "the same, by one user while others use the app too"),
    "token": Limit(6000, 60, "requests of one app at the token endpoint"),
    "token_share": Limit(1500, 60, "the same, for one user of a public app: a quarter"),
    "token_connection": Limit(30, 60, "the same, with tokens of one connection, or one code, of a public app"),
    "device_address": Limit(100, 900, "device codes requested by public apps from one address (IPv6: /64)"),
    "device_network": Limit(300, 900, "the same, from one IPv6 network (/48)"),
    "own_families": Limit(
        60, 3600, "new sets of scopes and resources that one app requests for itself, without a user"
    ),
    "revoke": Limit(6000, 60, "requests of one app at the revocation endpoint"),
    "revoke_share": Limit(1500, 60, "the same, for one user of a public app: a quarter"),
    "revoke_connection": Limit(30, 60, "the same, with tokens of one connection of a public app"),
    "revoke_unknown": Limit(
        60, 3600, "revocations of one connection's access tokens that this server has no record of"
    ),
    "par": Limit(6000, 60, "authorization requests pushed by one confidential app"),
    "par_address": Limit(300, 60, "authorization requests pushed for public apps from one address (IPv6: /64)"),
    "par_network": Limit(1000, 60, "the same, from one IPv6 network (/48)"),
}


class Window(NamedTuple):
    """The state of a limit after an attempt was counted."""

    name: str
    most: int
    seconds: int
    counted: int
    resets_in: int  # seconds, at least 1

    @property
    def is_over(self) -> bool:
        return self.counted > self.most

    @property
    def left(self) -> int:
        return max(0, self.most - self.counted)


class TooMany(Exception):
    """The limit is reached; its window ends in `retry_after` seconds."""

    def __init__(self, window: Window) -> None:
        super().__init__(window.name)
        self.window = window
        self.retry_after = window.resets_in


class Attempt(NamedTuple):
    """What counts against which limit: `key` is the user, app or address; `most` replaces the table's number."""

    limit: str
    key: str
    most: int | None = None

    def window(self, counted: int, milliseconds: int) -> Window:
        """The state of its limit; `milliseconds` are left of the window, negative if none has begun."""
        most, seconds, _ = LIMITS[self.limit]
        resets_in = (-(-milliseconds // 1000) or 1) if milliseconds >= 0 else seconds
        return Window(self.limit, most if self.most is None else self.most, seconds, counted, resets_in)


class Taken(NamedTuple):
    key: bytes
    seconds: int
    until: float  # by this process's monotonic clock: when its window ends
    window: Window


# For each key: the most there may be, and the window's seconds. Returns the position of the first key that is full, or
# 0 after raising all of them; then for each key its number and the milliseconds left.
TAKE = Script("""
local full, answer = 0, {}
for n, key in ipairs(KEYS) do
  if full == 0 and tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[2 * n - 1]) then full = n end
end
for n, key in ipairs(KEYS) do
  if full == 0 then
    redis.call('SET', key, 0, 'EX', ARGV[2 * n], 'NX')
    redis.call('INCR', key)
  end
  answer[2 * n - 1] = tonumber(redis.call('GET', key) or 0)
  answer[2 * n] = redis.call('PTTL', key)
end
table.insert(answer, 1, full)
return answer
""")


# A Lua function: count in a counter, and begin its window if there is none. Returns its number and the milliseconds
# left, as text.
COUNT_IN_LUA = """
local function count(key, seconds)
  local counted, milliseconds = redis.call('INCR', key), redis.call('PTTL', key)
  if milliseconds < 0 then
    milliseconds = seconds * 1000
    redis.call('PEXPIRE', key, milliseconds)
  end
  return string.format('%d %d', counted, milliseconds)
end
"""
COUNT = Script(COUNT_IN_LUA + "return count(KEYS[1], ARGV[1])")


def check(redis: Redis, *attempts: Attempt) -> list[Window]:
    """Raise TooMany if `take` would, without counting: for use before a queue or expensive work."""
    pipe = redis.connection().pipeline(transaction=False)
    for attempt in attempts:
        pipe.get(key_of(redis, attempt))
        pipe.pttl(key_of(redis, attempt))
    answers = iter(pipe.execute())
    windows = []
    for attempt, counted, left in zip(attempts, answers, answers, strict=True):
        windows.append(attempt.window(int(counted or 0), left))
        if not windows[-1].left:
            raise TooMany(windows[-1])
    return windows


def look(redis: Redis, attempt: Attempt) -> Window | None:
    """The window as it is, without counting; None if none is open."""
    pipe = redis.connection().pipeline(transaction=True)
    pipe.get(key_of(redis, attempt))
    pipe.pttl(key_of(redis, attempt))
    counted, left = pipe.execute()
    return None if counted is None else attempt.window(int(counted), left)


def take(redis: Redis, *attempts: Attempt) -> list[Taken]:
    """Count all of them or none, in one step. Raises TooMany if one was full."""
    keys = [key_of(redis, attempt) for attempt in attempts]
    limits = [attempt.window(0, -1) for attempt in attempts]
    arguments = [number for limit in limits for number in (limit.most, limit.seconds)]
    full, *answers = TAKE.run(redis.connection(), keys, *arguments)
    pairs = zip(answers[::2], answers[1::2], strict=True)
    windows = [attempt.window(*pair) for attempt, pair in zip(attempts, pairs, strict=True)]
    if full:
        raise TooMany(windows[full - 1])
    now = time.monotonic()
    return [Taken(key, one.seconds, now + one.resets_in, one) for key, one in zip(keys, windows, strict=True)]


def count(redis: Redis, attempt: Attempt) -> Window:
    """Count what has happened already, even beyond the limit, in one round trip."""
    counted = COUNT.run(redis.connection(), [key_of(redis, attempt)], LIMITS[attempt.limit].seconds)
    return attempt.window(*map(int, counted.split()))


def key_of(redis: Redis, attempt: Attempt) -> bytes:
    return _counter(redis, attempt.limit, attempt.key)


@functools.lru_cache(COUNTERS_KEPT)
def _counter(redis: Redis, limit: str, key: str) -> bytes:
    """Hashed, as the key may be an email, and may be long."""
    return redis.key("l", f"{limit}:{digest(key).hex()}")


def give_back(redis: Redis, *taken: Taken) -> None:
    """Undo the count, as the attempt did not fail. If its window has ended, the count is gone already."""
    open_still = [one for one in taken if time.monotonic() < one.until]
    if not open_still:
        return
    pipe = redis.connection().pipeline(transaction=True)
    for one in open_still:
        # If the window ends right now, DECR must not leave a counter behind that never expires.
        pipe.set(one.key, 0, ex=one.seconds, nx=True)
        pipe.decr(one.key)
    pipe.execute()
