"""Deleting, after a commit, what processes and guards cache of the changed records (rule 6).

Each function returns True when the change is in force, False when it is recorded but Redis cannot be reached: then the
sweep completes it. Calls can be repeated.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable

log = logging.getLogger(__name__)


def client_changed(server: Server, client_id: str) -> bool:
    return in_force(partial(server.invalidator.invalidate, clients=[client_id]))


def clients_changed(server: Server, clients: Iterable[Any]) -> bool:
    """Invalidate the clients of these rows, which have a `client_id`."""
    results = [client_changed(server, client.client_id) for client in clients]
    return all(results)


def families_revoked(server: Server, family_ids: Iterable[str]) -> bool:
    return in_force(partial(server.invalidator.invalidate, families=family_ids))


def access_token_revoked(server: Server, text: str) -> bool:
    return in_force(partial(server.invalidator.invalidate, tokens=[digest(text)]))


def client_ids_changed(server: Server) -> bool:
    """Make processes reread the list of all ids, after a client or an API was added or deleted."""
    return in_force(partial(server.clients.ids.changed, server.clients.ids.NAME))


def apis_changed(server: Server) -> bool:
    return in_force(partial(server.apis.changed, server.apis.NAME))


def in_force(change: Callable[[], object]) -> bool:
    try:
        change()
    except StoreUnavailable as error:
        log.warning("a change is recorded but not yet in force: %s", error)
        return False
    return True
