"""oauthsrv nginx: a configuration for nginx in front of the server and of an API, made from the settings."""

import argparse
import re
import sys
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from oauthsrv.commands import Refused
from oauthsrv.config import DEFAULT_PORTS, Listen, Settings, is_loopback

API = re.compile(r"http://(?P<server>(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?)/?")
# In a quoted string of nginx these would end it, or begin a variable.
UNQUOTABLE = re.compile(r'["\\$\x00-\x1f\x7f]')
RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")

COMMON = """\
proxy_set_header Host $host;
proxy_set_header Connection "";
# Replaced, not added to: what a caller says of its own address is nobody's business.
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto <<scheme>>;
proxy_set_header X-Forwarded-Host $host;
proxy_set_header Forwarded "";"""


def run(args: argparse.Namespace, settings: Settings) -> None:
    certificate, key = args.certificate, args.key
    if (certificate is None) != (key is None):
        raise Refused("--certificate and --key go together: give both, or none where TLS ends in front of this nginx")
    issuer = urlsplit(settings.issuer)
    if certificate and issuer.scheme != "https":
        raise Refused(
            f"with a certificate the issuer must begin with https://, and it is {settings.issuer}. "
            "Example: OAUTHSRV_ISSUER=https://login.example.com"
        )
    api = API.fullmatch(args.api)
    if api is None:
        raise Refused(
            f"--api is wrong: {args.api!r} is not an origin that begins with http://. Example: --api http://127.0.0.1:9000"
        )
    if args.resource is not None and not RESOURCE.fullmatch(args.resource):
        raise Refused(f"--resource is wrong: {args.resource!r} is no URI. Example: --resource https://api.example.com")
    listen = listen_of(settings)
    values = {
        "issuer": settings.issuer,
        "api": args.api,
        "trusted": ""
        if trusts_loopback(settings)
        else ",\n# which it does not yet: OAUTHSRV_TRUSTED_PROXIES=127.0.0.1",
        "server": str(reachable(settings.listen)),
        "api_server": api["server"],
        "listen": "\n".join(listen_lines(listen, certificate, key)),
        "host": str(issuer.hostname),
        "common": COMMON.replace("<<scheme>>", issuer.scheme),
        "resource": f"&resource={quote(args.resource, safe='')}" if args.resource else "",
    }
    print(filled(Path(__file__).with_name("nginx.conf").read_text(encoding="utf-8"), values), end="")
    if not trusts_loopback(settings):
        print("oauthsrv: start the server with OAUTHSRV_TRUSTED_PROXIES=127.0.0.1 behind this nginx", file=sys.stderr)
    if listen.port != (issuer.port or DEFAULT_PORTS[issuer.scheme]):
        print(
            f"oauthsrv: {settings.issuer} is the server itself, so this nginx listens on {listen}; "
            "set OAUTHSRV_ISSUER to the address that people shall use",
            file=sys.stderr,
        )


def listen_of(settings: Settings) -> Listen:
    """Where nginx is to listen: at the issuer's address, or beside it if the server itself is there."""
    issuer = urlsplit(settings.issuer)
    host = str(issuer.hostname)
    port = issuer.port or DEFAULT_PORTS[issuer.scheme]
    if not is_loopback(host):
        return Listen("", port)
    if port == settings.listen.port and is_loopback(settings.listen.host):
        port = 8080 if port != 8080 else 8081
    return Listen("::1" if ":" in host else "127.0.0.1", port)


def listen_lines(listen: Listen, certificate: str | None, key: str | None) -> list[str]:
    address = str(listen) if listen.host else str(listen.port)
    tls = " ssl" if certificate else ""
    lines = [f"listen {address}{tls};"]
    if not listen.host:
        lines.append(f"# listen [::]:{listen.port}{tls};  # where the machine has IPv6")
    if certificate and key:
        lines += [
            f"ssl_certificate {quoted(certificate, '--certificate')};",
            f"ssl_certificate_key {quoted(key, '--key')};",
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_session_cache shared:oauthsrv:5m;",
        ]
    return lines


def quoted(path: str, option: str) -> str:
    absolute = str(Path(path).expanduser().absolute())
    if UNQUOTABLE.search(absolute):
        raise Refused(f"{option} is wrong: nginx cannot be given a path with a quote, backslash, dollar or control")
    return f'"{absolute}"'


def reachable(listen: Listen) -> Listen:
    """Where a server that listens everywhere is found on its own machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    return Listen(everywhere.get(listen.host, listen.host), listen.port)


def trusts_loopback(settings: Settings) -> bool:
    return any(ip_address("127.0.0.1") in network for network in settings.trusted_proxies)


def filled(template: str, values: dict[str, str]) -> str:
    """Each `<<name>>` replaced; the lines of a value are indented like the place they fill."""

    def fill(match: re.Match[str]) -> str:
        indent, name = match.groups()
        return indent + values[name].replace("\n", "\n" + indent)

    return re.sub(r"(^ +|)<<(\w+)>>", fill, template, flags=re.MULTILINE)
