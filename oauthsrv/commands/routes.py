"""oauthsrv routes: the map of every URL."""

import argparse
from typing import Any

from oauthsrv.commands import in_columns
from oauthsrv.config import Settings


def run(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.routes import MAP

    rows = [
        (method, path, f"[{', '.join(map(name_of, guards))}]", f"{module_of(handler)}.{name_of(handler)}")
        for method, path, guards, handler in MAP
    ]
    for line in in_columns(rows):
        print(line)


def name_of(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def module_of(handler: Any) -> str:
    return str(handler.__module__).removeprefix("oauthsrv.routes.")
