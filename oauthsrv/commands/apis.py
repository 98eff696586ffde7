"""oauthsrv apis: registers APIs, which check tokens by introspection, and lists them."""

import argparse

from oauthsrv.commands import opened, print_all, print_registered
from oauthsrv.config import Settings


def add(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.flows import apis, catalog
    from oauthsrv.flows.audit import Actor

    typed = {
        "name": args.name,
        "resource": args.resource,
        "scopes": args.scope,
        "demands_audience": args.demand_audience,
    }
    with opened(settings) as server:
        api = apis.check_api(typed, [row.scope for row in catalog.offered(server)])
        made = apis.add(server, api, by=Actor())
    assert made is not None  # the id is new and random
    registered = {
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "name": api.name,
        "resource": api.resource,
        "scopes": api.scopes,
        "demands_audience": api.demands_audience,
    }
    title = f"Registered the API “{api.name}” at {api.resource}."
    print_registered(title, registered, as_json=args.json, advice="The API needs both for introspection.")


def show(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.store.database import sql

    print_all(
        settings,
        sql.apis.every,
        "resource",
        lambda api: (api.client_id, api.resource, " ".join(api.scopes) or "-", api.name),
        "There are no APIs yet. Register one with: apis add NAME --resource URI …",
    )
