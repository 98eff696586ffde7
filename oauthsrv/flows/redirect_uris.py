"""One more redirect URI for an app, by a click.

A form of all settings would write back what it was filled with, and undo what another developer changed meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

from oauthsrv.flows import app_changes, endings
from oauthsrv.flows.app_fields import REDIRECT_URIS_MAX, check_one_redirect_uri
from oauthsrv.flows.app_versions import proposed, version_of
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.register import NotDone
from oauthsrv.flows.rights import locked_for_team
from oauthsrv.oauth.redirect_uris import RedirectUriRefused
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction


def add_redirect_uri(server: Server, client_id: str, uri: str, *, by: Actor) -> bool:
    """Whether it is in force already; raises NotDone, or NoSuchApp."""
    with transaction(server.database) as db:
        old = locked_for_team(db, client_id, by)
        proposal = app_changes.waiting(sql.proposals.find(db, client_id=client_id))
        new = proposed(old, proposal) if proposal else version_of(old)
        if uri not in new.redirect_uris:
            check_one_more(server, uri, old.type, len(new.redirect_uris))
            new = replace(new, redirect_uris=[*new.redirect_uris, uri])
            app_changes.save(server, db, old, proposal, new, by)
    # Struck even if nothing changed: repeating what was recorded only brings it into force.
    return endings.client_changed(server, client_id)


def check_one_more(server: Server, uri: str, client_type: str, there: int) -> None:
    if there >= REDIRECT_URIS_MAX:
        raise NotDone(f"An app may have {REDIRECT_URIS_MAX} redirect URIs. Remove one that is not used any more first.")
    try:
        check_one_redirect_uri(uri, client_type, server.settings.issuer)
    except RedirectUriRefused as refused:
        raise NotDone(f"{refused}.") from None
