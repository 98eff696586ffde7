"""The audit log: who did what, written in the transaction of what was done."""

from typing import Any, NamedTuple

from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql


class Actor(NamedTuple):
    """Who acts, and from which address; the user's id is None for a client, the command line and the server itself."""

    actor_id: str | None = None
    address: str | None = None


def audit(
    db: Connection, action: str, by: Actor, *, user_id: str | None = None, client_id: str | None = None, **details: Any
) -> None:
    """Add one line to the audit log. Never put a secret among the details."""
    sql.audit.add(
        db,
        action=action,
        actor_id=by.actor_id,
        user_id=user_id,
        client_id=client_id,
        address=by.address,
        details=details,
    )
