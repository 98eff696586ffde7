"""What a form was filled with, as a hash that it carries: saving it replaces exactly that, or nothing (rule 13)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from oauthsrv.oauth.credentials import digest


class Changed(Exception):
    """Someone changed the record after the form was opened."""


def fingerprint(fields: Mapping[str, Any]) -> str:
    return digest(json.dumps(dict(fields), sort_keys=True, default=sorted)).hex()


def check_unchanged(seen: str | None, fields: Mapping[str, Any]) -> None:
    """`fields` are those of the locked record. A form without a hash gets Changed; None is for the command line."""
    if seen is not None and seen != fingerprint(fields):
        raise Changed
