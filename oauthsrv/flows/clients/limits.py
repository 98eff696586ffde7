"""The limits of a client, which administrators set."""

import re
from typing import Any, NamedTuple

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import Problems, check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.usage import DEFAULT_SHARE, SHARED_FROM, share_percent

LIMIT_MAX = 100_000_000


class Limits(NamedTuple):
    """An administrator's settings for one client; without a share of its own the default applies."""

    calls_per_hour: int
    grant_share_percent: int | None
    token_requests_per_minute: int
    access_ttl: int | None = None  # seconds; None: the server's
    refresh_ttl: int | None = None


def limits_of(client: Any) -> Limits:
    return Limits(*(getattr(client, name) for name in Limits._fields))


def are_raised(old: Limits, new: Limits) -> bool:
    """Whether the new limits allow the client, or one of its users, more than before."""
    return bool(
        new.calls_per_hour > old.calls_per_hour
        or new.token_requests_per_minute > old.token_requests_per_minute
        or lives_longer(old.access_ttl, new.access_ttl)
        or lives_longer(old.refresh_ttl, new.refresh_ttl)
        or (share_of(new) > share_of(old) and (new.grant_share_percent or calls_of_one(new) > calls_of_one(old)))
    )


def lives_longer(old: int | None, new: int | None) -> bool:
    return old is not None and (new is None or new > old)


def share_of(limits: Limits) -> int:
    return share_percent(limits.grant_share_percent, limits.calls_per_hour)


def calls_of_one(limits: Limits) -> float:
    """The hourly calls of one user. A limit lowered below SHARED_FROM ends the default share, but may lower this."""
    return limits.calls_per_hour * share_of(limits) / 100


def check_limits(
    server: Server, calls: str, share: str, token_requests: str, access_ttl: str = "", refresh_ttl: str = ""
) -> Limits:
    """Parse what was typed; `share` and the lifetimes may be empty. Raises FieldsRefused."""
    settings, problems = server.settings, Problems()
    limits = Limits(
        check_number(calls, "limit", "calls per hour", LIMIT_MAX, problems),
        check_number(share, "share", "percent", 100, problems) if share else None,
        check_number(token_requests, "token_limit", "requests per minute", LIMIT_MAX, problems),
        check_number(access_ttl, "access_ttl", "seconds", settings.access_ttl, problems) if access_ttl else None,
        check_number(refresh_ttl, "refresh_ttl", "seconds", settings.refresh_ttl, problems) if refresh_ttl else None,
    )
    problems.check()
    return limits


def check_number(text: str, field: str, what: str, most: int, problems: Problems) -> int:
    number = re.sub(r"[ ,_']", "", text)
    if not re.fullmatch(r"[0-9]{1,9}", number) or not 1 <= int(number) <= most:
        problems.add(field, f"Enter a whole number of {what}, from 1 to {most:,}.")
        return 0
    return int(number)


def share_text(client: Any) -> str:
    """The share of one user, as text after the number of calls; empty if one user may make all of them."""
    if client.grant_share_percent is None and client.calls_per_hour >= SHARED_FROM:
        return f", at most {DEFAULT_SHARE} percent of them for one user while others use the app"
    if client.grant_share_percent in (None, 100):
        return ""
    return f", at most {client.grant_share_percent} percent of them for one user"


def lifetimes_text(client: Any) -> str:
    """The lifetimes of a client's tokens, if it has its own; empty if the server's apply."""
    parts = [
        f"access tokens work for {client.access_ttl:,} seconds" if client.access_ttl else "",
        f"refresh tokens end {client.refresh_ttl:,} seconds after their last use" if client.refresh_ttl else "",
    ]
    return ", ".join(filter(None, parts))


def set_limits(server: Server, client_id: str, limits: Limits | int, *, by: Actor, seen: str | None = None) -> bool:
    """Set a client's limits; True if they are in force already. A number sets the calls per hour alone.

    Raises Changed, NotFound, NotAllowed.
    """
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.ADMINISTRATOR, client_id=client_id).client
        old = limits_of(client)
        check_unchanged(seen, old._asdict())
        new = limits if isinstance(limits, Limits) else old._replace(calls_per_hour=limits)
        if new != old:
            sql.clients.set_limits(db, client_id=client_id, **new._asdict())
            pairs = zip(Limits._fields, old, new, strict=True)
            changed = {name: [before, now] for name, before, now in pairs if before != now}
            audit(db, "client.limit_changed", by, user_id=client.owner_id, client_id=client_id, **changed)
    return client_changed(server, client_id)
