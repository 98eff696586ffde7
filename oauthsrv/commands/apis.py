"""oauthsrv apis: registers APIs, which check tokens by introspection, and lists them."""

import argparse
import json
from typing import TYPE_CHECKING

from oauthsrv.commands import Refused, every, opened
from oauthsrv.commands.apps import in_one_line
from oauthsrv.commands.columns import in_columns
from oauthsrv.config import Settings

if TYPE_CHECKING:
    pass


def add(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import apis, catalog
    from oauthsrv.flows.audit import Actor
    from oauthsrv.flows.names import Problems

    typed = apis.TypedApi(
        name=args.name, resource=args.resource, scopes=args.scope, demands_audience=args.demand_audience
    )
    with opened(settings) as server:
        api = apis.check_api(typed, [row.scope for row in catalog.offered(server)])
        made = api if isinstance(api, Problems) else apis.add(server, api, by=Actor(None, None))
    if isinstance(made, Problems):
        raise Refused(in_one_line(made))
    assert made is not None and isinstance(api, apis.CheckedApi)  # its id was drawn just now
    if args.json:
        print(
            json.dumps(
                {
                    "client_id": made.client_id,
                    "client_secret": made.client_secret,
                    "name": api.name,
                    "resource": api.resource,
                    "scopes": api.scopes,
                    "demands_audience": api.demands_audience,
                }
            )
        )
        return
    print(f"Registered the API “{api.name}” at {api.resource}.")
    print(f"client_id:     {made.client_id}")
    print(f"client_secret: {made.client_secret}")
    print("The secret won't be shown again. The API needs both to ask about tokens (introspection).")


def show(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.store.database import sql

    with opened(settings) as server:
        rows = [
            (api.client_id, api.resource, " ".join(api.scopes) or "-", api.name)
            for api in every(server, sql.apis.every, "resource")
        ]
    if not rows:
        print("There are no APIs yet. Register one with: apis add NAME --resource URI …")
    for line in in_columns(rows):
        print(line)
