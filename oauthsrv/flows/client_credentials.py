"""Tokens that a client gets for itself, without a user (RFC 6749 §4.4; rule 6).

All tokens of a client with the same scopes and resources belong to one family, so that they are listed and revoked like
any others. Its row is written once; from then on the family's marker says that it is active, without PostgreSQL.
"""

import time
from contextlib import suppress
from typing import Any, NamedTuple

from oauthsrv.flows.audit import audit
from oauthsrv.flows.issuing import FAMILIES_PER_GRANT, Issued, TokenRequest, access_lifetime, issue, remember, trim
from oauthsrv.oauth import own_access
from oauthsrv.oauth.credentials import new_family_id, new_grant_id
from oauthsrv.oauth.errors import UnauthorizedClient
from oauthsrv.oauth.token_request import token_response
from oauthsrv.store import StoreUnavailable, limits
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.limits import Attempt
from oauthsrv.store.own_families import OwnFamily
from oauthsrv.store.tokens import NEW_FAMILY, PROLONG, MarkerMissing

UNUSED_DAYS = 30  # then its row ends
ATTEMPTS = 3  # a family may end, or another process add it, between one statement and the next


def client_credentials(request: TokenRequest) -> dict[str, Any]:
    client, parameters = request.client, request.parameters
    granted = own_access.requested_scopes(client, parameters)
    meant_for = own_access.requested_resources(client, parameters)
    new = _NewToken(request, granted, meant_for, own_access.key_of(granted, meant_for))
    issued = new.of_known_family() or new.of_row()
    return token_response(access_token=issued.text, expires_in=issued.lifetime, scopes=granted)


class _NewToken(NamedTuple):
    request: TokenRequest
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    own_key: bytes

    def of_known_family(self) -> Issued | None:
        """Issue in one trip to Redis; None if this process does not know the family, or it has no marker."""
        client = self.request.client
        family = self.request.server.own_families.find(client.client_id, client.epoch, self.own_key)
        if family is not None:
            with suppress(MarkerMissing):
                return self._written(family, PROLONG)
        return None

    def of_row(self) -> Issued:
        for _ in range(ATTEMPTS):
            if issued := self._of_family_in_use() or self._of_new_family():
                return issued
        raise StoreUnavailable("PostgreSQL: the family was ended or added by others at every attempt")

    def _of_family_in_use(self) -> Issued | None:
        server, client_id = self.request.server, self.request.client.client_id
        with reading(server.database) as db:
            family_id = sql.families.find_own(db, client_id=client_id, own_key=self.own_key)
        if family_id is None:
            return None
        intent = server.tokens.intend(family_id)
        with transaction(server.database) as db:
            row = sql.families.lock_own(db, family_id=family_id, days=UNUSED_DAYS)
            if row is None:
                return None
            family = OwnFamily(client_id, family_id, row.grant_id, row.epoch)
            issued = self._written(family, intent)
        server.own_families.note(family, self.own_key)
        return issued

    def _of_new_family(self) -> Issued | None:
        """Issue from a new family; None if another process added it first."""
        server, client_id = self.request.server, self.request.client.client_id
        limits.take(server.redis, Attempt("own_families", client_id))
        with transaction(server.database) as db:
            added = self._add(db, self._give(db))
            if added is None:
                return None
            family = OwnFamily(client_id, added.family_id, added.grant_id, added.epoch)
            issued = self._written(family, NEW_FAMILY)
        server.own_families.note(family, self.own_key)
        if added.others >= FAMILIES_PER_GRANT:
            trim(server, added.grant_id)
        return issued

    def _give(self, db: Connection) -> Any:
        """The client's one grant without a user, locked, so that no one ends it or raises the client's epoch."""
        client_id = self.request.client.client_id
        client = sql.clients.lock_for_grant(db, client_id=client_id)
        if client is None:
            raise UnauthorizedClient("its owner is disabled, or it was deleted", problem="owner_disabled")
        sql.grants.end_own_revoked(db, client_id=client_id, epoch=client.epoch)
        grant = sql.grants.give_to_itself(
            db, grant_id=new_grant_id(time.time()), client_id=client_id, epoch=client.epoch, scopes=list(self.scopes)
        )
        if grant.is_new:
            audit(db, "client.own_access_used", self.request.by, client_id=client_id)
        return grant

    def _add(self, db: Connection, grant: Any) -> Any:
        return sql.families.add_own(
            db,
            family_id=new_family_id(time.time()),
            grant_id=grant.grant_id,
            epoch=grant.epoch,
            client_id=self.request.client.client_id,
            scopes=list(self.scopes),
            resources=list(self.resources),
            own_key=self.own_key,
            address=self.request.by.address,
            days=UNUSED_DAYS,
        )

    def _written(self, family: OwnFamily, intent: bytes) -> Issued:
        request = self.request
        lifetime = access_lifetime(request.server, request.client)
        issued = issue(family, request.client, family.epoch, self.scopes, self.resources, lifetime)
        remember(request.server, request.meter, issued, intent)
        return issued
