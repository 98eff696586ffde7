"""One more redirect URI for an app, by a click.

A form of all settings would write back what it was filled with, and undo what another developer changed meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oauthsrv.flows import endings
from oauthsrv.flows.app_fields import REDIRECT_URIS_MAX, check_one_redirect_uri
from oauthsrv.flows.endings import Actor, audit
from oauthsrv.flows.register import NotDone
from oauthsrv.flows.rights import locked_for_team
from oauthsrv.oauth.redirect_uris import RedirectUriRefused
from oauthsrv.store.database import sql, transaction

if TYPE_CHECKING:
    from oauthsrv.server import Server


def add_redirect_uri(server: Server, client_id: str, uri: str, *, by: Actor) -> bool:
    """Whether it is in force already; raises NotDone, or NoSuchApp."""
    with transaction(server.database) as db:
        old = locked_for_team(db, client_id, by)
        if uri not in old.redirect_uris:
            check_one_more(server, uri, old.type, len(old.redirect_uris))
            sql.register.add_redirect_uri(db, client_id=client_id, redirect_uri=uri)
            audit(db, "client.changed", by, user_id=old.owner_id, client_id=client_id, changed=["redirect_uris"])
    # Struck even if nothing changed: repeating what was recorded only brings it into force.
    return endings.client_changed(server, client_id)


def check_one_more(server: Server, uri: str, client_type: str, there: int) -> None:
    if there >= REDIRECT_URIS_MAX:
        raise NotDone(f"An app may have {REDIRECT_URIS_MAX} redirect URIs. Remove one that is not used any more first.")
    try:
        check_one_redirect_uri(uri, client_type, server.settings.issuer)
    except RedirectUriRefused as refused:
        raise NotDone(f"{refused}.") from None
