"""A family's row as the record that the protocol's rules judge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from oauthsrv.oauth.records import Family


def family_record(row: Any, max_age: int) -> Family:
    return Family(
        family_id=row.family_id,
        grant_id=row.grant_id,
        client_id=row.client_id,
        subject=row.subject,
        scopes=tuple(row.scopes),
        resources=tuple(row.resources),
        generation=row.generation,
        current_hash=bytes(row.current_hash),
        previous_hash=None if row.previous_hash is None else bytes(row.previous_hash),
        rotations=tuple(row.rotations),
        sealed=None if row.sealed is None else bytes(row.sealed),
        created_at=row.created_at,
        # A lowered OAUTHSRV_REFRESH_MAX_AGE holds for families that live already.
        expires_at=min(row.expires_at, row.created_at + timedelta(seconds=max_age)),
        ended_at=row.ended_at,
        epoch=row.epoch,
        is_of_epoch=row.is_of_epoch,
        access_tokens=tuple(map(bytes, row.access_tokens)),
    )
