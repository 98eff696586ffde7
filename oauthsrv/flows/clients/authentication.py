"""How a client authenticates: its set of methods and its keys go together (rule 10)."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.client_authentication import NONE
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql


class Authentication(NamedTuple):
    """`methods` by their registered names; keys as a JWK Set that was checked, or where they are, or neither."""

    methods: Collection[str]
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    allows_endpoint_audience: bool = False


def set_authentication(db: Connection, client: Any, new: Authentication, by: Actor) -> int | None:
    """Change it in the transaction that locked `client`, a row of sql.clients.lock.

    A client that gains `none` is public from now on: it has no secret, and loses all its tokens, as those were given to
    whoever proved to be the client. Then the revocation's id is returned, for `revocations.finish_of_client`.
    """
    client_id = client.client_id
    sql.clients.set_authentication(
        db,
        client_id=client_id,
        authentication_methods=sorted(new.methods),
        jwks=json.dumps(new.jwks) if new.jwks else None,
        jwks_uri=new.jwks_uri,
        allows_endpoint_audience=new.allows_endpoint_audience,
    )
    if NONE not in new.methods or NONE in client.authentication_methods:
        return None
    sql.clients.delete_secrets(db, client_id=client_id)
    return revocations.start_of_client(db, client_id, by)
