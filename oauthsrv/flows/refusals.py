"""Why a flow refuses, and the fingerprint that lets a form notice that its record changed (rule 13)."""

import json
from collections.abc import Mapping
from typing import Any

from oauthsrv.oauth.credentials import digest


class NotDone(Exception):
    """The change can't be made in the present state; the message says why, and what to do."""


class FieldsRefused(Exception):
    """What was typed is refused: `problems` has the messages for each field; "" has those about the whole form."""

    is_attempt = False  # whether a limit counts it; submitting the same form again is not another attempt

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__(str(dict(problems)))
        self.problems = problems


class Problems(dict[str, list[str]]):
    """Field → what is wrong with it and what to do."""

    def add(self, field: str, message: str) -> None:
        self.setdefault(field, []).append(message)

    def check(self) -> None:
        """Raises FieldsRefused if there are any."""
        if self:
            raise FieldsRefused(self)


class LastAdministrator(NotDone):
    """There would be no administrator left."""

    def __init__(self) -> None:
        super().__init__("This is the only administrator. Make another user an administrator first.")


class Changed(Exception):
    """Someone changed the record after the form was opened."""


class NotFound(LookupError):
    """There is no such record, or none that this person may know of."""


class NotAllowed(Exception):
    """This person may see the record, but may not do this with it, or no longer."""


def fingerprint(fields: Mapping[str, Any]) -> str:
    return digest(json.dumps(dict(fields), sort_keys=True, default=sorted)).hex()


def check_unchanged(seen: str | None, fields: Mapping[str, Any]) -> None:
    """Compare `seen`, the fingerprint in the form (None on the command line), with the locked record's `fields`."""
    if seen is not None and seen != fingerprint(fields):
        raise Changed


def version(row: Any) -> str:
    """The version of a client or API, which every change replaces."""
    return str(row.changed_at.isoformat())
