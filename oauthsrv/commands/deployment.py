"""oauthsrv systemd and oauthsrv containerfile: files to deploy it with, and what to do with them."""

import argparse
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from oauthsrv import wheel
from oauthsrv.commands import Refused, file_from, print_file
from oauthsrv.config import Settings
from oauthsrv.setting_values import is_loopback

SETTINGS_FILE = "/etc/oauthsrv.env"
UNIT_FILE = "/etc/systemd/system/oauthsrv.service"
PODMAN_GATEWAY = "10.88.0.1"  # requests to the machine's published port come from here
# Paths that systemd takes literally: no quotes, spaces, `%` of specifiers or `$` of variables.
PLAIN_PATH = re.compile(r"/[\w./+@-]*", re.ASCII)


def systemd(args: argparse.Namespace, settings: Settings) -> None:
    program = Path(sys.executable)
    if not PLAIN_PATH.fullmatch(str(program)):
        raise Refused(f"systemd can't use the path {program}. Install oauthsrv in a folder such as /opt/oauthsrv")
    text = file_from(
        "oauthsrv.service.mako",
        program=program,
        listen=settings.listen,
        settings_file=SETTINGS_FILE,
        needs_capability=settings.listen.port < 1024,
        is_in_home=program.is_relative_to("/home"),
    )
    print_file(text, unit_steps(settings, program))


def unit_steps(settings: Settings, program: Path) -> Iterator[str]:
    if closed := [folder for folder in program.parents if not folder.stat().st_mode & stat.S_IXOTH]:
        yield f"the service runs as another user, who can't open {closed[-1]}: install oauthsrv in /opt/oauthsrv"
    yield f"save this as {UNIT_FILE}"
    lines = ", ".join(settings_to_write(settings, "127.0.0.1"))
    yield f"write the settings to {SETTINGS_FILE} (chmod 600), one per line: {lines}"
    yield "run: systemctl daemon-reload && systemctl enable --now oauthsrv"
    yield "run: journalctl -u oauthsrv, which shows the link for the first administrator, or what is wrong"
    yield f"run other commands with the same settings: (set -a; . {SETTINGS_FILE}; oauthsrv users list)"


def settings_to_write(settings: Settings, proxy: str) -> Iterator[str]:
    """The settings a service needs, with their present values, except for the two URLs, which may contain passwords."""
    yield "DATABASE_URL=postgresql://…"
    yield "REDIS_URL=redis://…"
    is_local = is_loopback(str(urlsplit(settings.issuer).hostname))
    yield "OAUTHSRV_ISSUER=" + ("https://login.example.com" if is_local else settings.issuer)
    yield f"OAUTHSRV_TRUSTED_PROXIES={','.join(map(str, settings.trusted_proxies)) or proxy}"


def containerfile(args: argparse.Namespace, settings: Settings) -> None:
    port = settings.listen.port
    print_file(file_from("Containerfile.mako", wheel=wheel.FILE, port=port), image_steps(settings, port))


def image_steps(settings: Settings, port: int) -> Iterator[str]:
    yield "save this as Containerfile, and write the wheel beside it: oauthsrv wheel"
    yield "run: podman build --format docker -t oauthsrv .   (or docker build -t oauthsrv -f Containerfile .)"
    lines = ", ".join(settings_to_write(settings, PODMAN_GATEWAY))
    yield f"write the settings to a file, one per line: {lines} (the proxy, as the container sees it), OAUTHSRV_KEY=…"
    yield f"run: podman run -d --env-file FILE -p 127.0.0.1:{port}:{port} -v oauthsrv:/var/lib/oauthsrv oauthsrv"
