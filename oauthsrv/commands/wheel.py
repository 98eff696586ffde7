"""oauthsrv wheel: this package as a file for pip, the same that the portal serves."""

import argparse
from pathlib import Path

from oauthsrv import wheel
from oauthsrv.commands import Refused


def run(args: argparse.Namespace) -> None:
    path = Path(args.folder) / wheel.FILE
    try:
        path.write_bytes(wheel.content())
    except OSError as error:
        raise Refused(f"the wheel cannot be written: {error}") from error
    print(path)
