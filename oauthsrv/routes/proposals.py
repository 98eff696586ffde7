"""Proposed changes beside the approved values, for developers' pages and the review queue."""

import base64
from typing import Any, NamedTuple

from oauthsrv.flows.clients.fields import ROWS, ClientFields, current, differences, proposed
from oauthsrv.store.rows import AppRow

LABELS = {name: row.label for name, row in ROWS.items()} | {"skips_pkce": "PKCE"}


class ProposedLine(NamedTuple):
    text: str
    is_new: bool


class Proposed(NamedTuple):
    label: str
    current: list[ProposedLine]
    proposed: list[ProposedLine]
    picture: str = ""  # the address of a new logo


def proposed_changes(app: AppRow, proposal: Any) -> list[Proposed]:
    """The fields in which an app's row and its proposal's row differ."""
    old, new = current(app), proposed(app, proposal)
    return [change_of(field, old, new) for field in differences(old, new)]


def change_of(field: str, old: ClientFields, new: ClientFields) -> Proposed:
    if field == "logo":
        picture = base64.b64encode(new.logo or b"").decode()
        return Proposed(LABELS[field], [], [], f"data:image/png;base64,{picture}")
    before, after = values(getattr(old, field)), values(getattr(new, field))
    return Proposed(
        LABELS[field],
        [ProposedLine(text, False) for text in before] or [ProposedLine("–", False)],
        [ProposedLine(text, text not in before) for text in after] or [ProposedLine("–", False)],
    )


def values(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["not required" if value else "required"]
    return [value] * bool(value) if isinstance(value, str) else list(value)
