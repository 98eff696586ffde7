"""oauthsrv migrate: brings the tables up to date; safe when several start at once."""

import argparse

from oauthsrv.commands import migrated
from oauthsrv.config import Settings


def run(args: argparse.Namespace, settings: Settings) -> None:
    with migrated(settings) as (_, applied):
        for name in applied:
            print(name)
        if not applied:
            print("Nothing to do: the tables are up to date.")
