"""Whether a server can start on this Redis, and what to do if not."""

import re
import secrets
from contextlib import closing
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from oauthsrv.store import CannotStart
from oauthsrv.store.redis_client import text_of

OLDEST = 7  # SET with NX and GET, EXPIRE with GT
SECONDS = 5.0

REMEDIES = (
    (r"WRONGPASS|invalid password|invalid username|AUTH|NOAUTH|Authentication", "Check its user and password"),
    (r"NOPERM|no permissions", "Allow it: ACL SETUSER … +@all ~* &*"),
    (r"DB index|invalid DB", "Correct the number of the database at the end of the URL, or raise `databases`"),
    (r"LOADING", "Try again once it has loaded its data"),
    (r"OOM|used memory", "Raise its maxmemory"),
    (r"MISCONF|persist|No space", "Free space on its disk: it cannot save writes"),
    (r"READONLY|read only replica", "The URL must point to the primary"),
    (r"max number of clients", "Raise its maxclients"),
    (r"MOVED|CROSSSLOT|cluster", "Use a Redis without cluster mode"),
    (r"protected mode", "Set a password for it"),
    (r"SSL|TLS|certificate|WRONG_VERSION", "Check whether it speaks TLS (rediss://) and its certificates"),
    (r"Name or service|nodename|resolve|No address", "Check the host in the URL"),
    (r"timed out|Timeout", "Check host, port and firewall, and whether it speaks TLS as the URL says"),
    (r"refused|No such file|closed by server|Error \d+ connecting|reset", "Start it, or check the host and port"),
)
OTHERWISE = "Its log says more"

# Every kind of command that the server sends, on a key of its own.
SCRIPT = "return redis.call('PUBLISH', KEYS[1], 'start')"


def check_redis(url: str, installation_id: str) -> None:
    """Check version, role, eviction policy, and every command that is used. Raises CannotStart."""
    try:
        with closing(_client(url)) as client:
            _check_kind(client)
            _check_commands(client, f"{installation_id}:start:{secrets.token_hex(8)}")
    except (redis.RedisError, OSError, ValueError) as error:
        text = " ".join(text_of(error).split()) or type(error).__name__
        remedy = next((remedy for reason, remedy in REMEDIES if re.search(reason, text, re.I)), OTHERWISE)
        raise _refusal(f"Redis cannot be used: {text}", remedy) from None


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, protocol=2, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0)
    )


def _check_kind(client: redis.Redis) -> None:
    server: dict[str, Any] = client.info("server")
    version = str(server.get("redis_version", "0"))
    if int(version.split(".")[0]) < OLDEST:
        raise _refusal(f"Redis {version} is too old", f"Use Redis {OLDEST} or newer, or Valkey")
    if client.info("cluster").get("cluster_enabled"):
        raise _refusal("this Redis is in cluster mode", "Use one without it: oauthsrv changes several keys in one step")
    if (role := _role(client)) != "master":
        raise _refusal(f"this Redis is a {role}, which is read-only", "The URL must point to the primary")
    memory: dict[str, Any] = client.info("memory")
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if int(memory.get("maxmemory", 0)) and policy != "noeviction":
        raise _refusal(
            f"its maxmemory-policy is {policy}, which would evict sessions and counts of failed sign-ins",
            "Set it to noeviction",
        )


def _role(client: redis.Redis) -> str:
    answer: Any = client.execute_command("ROLE")  # type: ignore[no-untyped-call]
    role = answer[0]
    text = role.decode() if isinstance(role, bytes) else str(role)
    return "replica" if text == "slave" else text


def _check_commands(client: redis.Redis, key: str) -> None:
    pipe = client.pipeline(transaction=True)
    pipe.set(key, "1", nx=True, get=True, ex=60)
    pipe.expire(key, 60, gt=True)
    pipe.mget([key])
    pipe.unlink(key)
    pipe.hincrby(key, "field", 1)
    pipe.hsetnx(key, "other", "1")
    pipe.hgetall(key)
    pipe.unlink(key)
    pipe.zadd(key, {"member": 1})
    pipe.zrange(key, 0, -1)
    pipe.unlink(key)
    pipe.incrby(key, 1)
    pipe.ttl(key)
    pipe.execute()
    client.eval(SCRIPT, 1, key)
    client.unlink(key)


def _refusal(reason: str, remedy: str) -> CannotStart:
    return CannotStart.because("REDIS_URL", reason, remedy)
