"""What the lists of the admin pages share: an address that keeps the filters."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from oauthsrv.routes.forms import Form


def address(path: str, query: Form, filters: Iterable[str], **more: str) -> str:
    kept = {name: query.text(name) for name in filters if query.text(name)}
    return f"{path}?{urlencode(kept | more)}" if kept or more else path
