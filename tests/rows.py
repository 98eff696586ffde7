"""What tests see and change behind the product's back: rows in PostgreSQL, keys in Redis, the passing of time."""

from __future__ import annotations

from typing import Any

from oauthsrv.oauth.credentials import parse_refresh_token
from oauthsrv.server import Server
from oauthsrv.store.database import reading

FAMILY = """
SELECT family_id, grant_id, client_id, code_hash, handle_hash, generation, current_hash, previous_hash, rotations,
       sealed, created_at, last_used_at, expires_at, ended_at, end_reason,
       epoch = (SELECT epoch FROM client WHERE client.client_id = family.client_id) AS is_of_epoch
FROM family
"""


def rows(server: Server, query: str, **values: Any) -> list[Any]:
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def family(server: Server, refresh_token: str) -> Any:
    """The row of the family that this refresh token names."""
    token = parse_refresh_token(refresh_token)
    assert token is not None
    [row] = rows(server, f"{FAMILY} WHERE handle_hash = %(handle_hash)s", handle_hash=token.handle_hash)
    return row


def lives(server: Server, refresh_token: str) -> bool:
    row = family(server, refresh_token)
    return row.ended_at is None and row.is_of_epoch


def has_marker(server: Server, family_id: str) -> bool:
    return bool(server.redis.connection().exists(server.tokens.marker_key(family_id)))


def let_pass(server: Server, refresh_token: str, seconds: float) -> None:
    """As if the family had last been used so much longer ago: PostgreSQL's clock is the one that counts."""
    rows(
        server,
        """
        UPDATE family
        SET last_used_at = last_used_at - make_interval(secs => %(seconds)s),
            available_until = available_until - make_interval(secs => %(seconds)s),
            rotations = ARRAY(SELECT at - make_interval(secs => %(seconds)s) FROM unnest(rotations) AS at)
        WHERE family_id = %(family_id)s
        """,
        seconds=seconds,
        family_id=family(server, refresh_token).family_id,
    )


def grow_old(server: Server, refresh_token: str, seconds: float) -> None:
    """As if the family had been made so much earlier, and used ever since."""
    rows(
        server,
        """
        UPDATE family
        SET created_at = created_at - make_interval(secs => %(seconds)s)
        WHERE family_id = %(family_id)s
        """,
        seconds=seconds,
        family_id=family(server, refresh_token).family_id,
    )


def events(server: Server, action: str, client_id: str) -> list[Any]:
    return rows(
        server,
        "SELECT action, user_id, client_id, address, details FROM audit_event "
        "WHERE action = %(action)s AND client_id = %(client_id)s ORDER BY event_id",
        action=action,
        client_id=client_id,
    )


def latest_events(server: Server) -> list[Any]:
    return rows(server, "SELECT * FROM audit_event ORDER BY event_id DESC LIMIT 100")


def audited(server: Server, action: str, user_id: str | None) -> int:
    """How often, lately."""
    return sum(event.action == action and event.user_id == user_id for event in latest_events(server))


def grants(server: Server, user_id: str, client_id: str) -> list[Any]:
    """What this user ever allowed this client, the oldest first."""
    return rows(
        server,
        'SELECT grant_id, ended_at, end_reason FROM "grant" '
        "WHERE user_id = %(user_id)s AND client_id = %(client_id)s ORDER BY created_at",
        user_id=user_id,
        client_id=client_id,
    )


def active_grant(server: Server, user_id: str, client_id: str) -> str:
    [grant_id] = [row.grant_id for row in grants(server, user_id, client_id) if row.ended_at is None]
    return str(grant_id)
