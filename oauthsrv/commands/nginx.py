"""oauthsrv nginx: a configuration for nginx in front of the server and an API, made from the settings."""

import argparse
import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from oauthsrv.commands import Refused, file_from, print_file
from oauthsrv.commands.nginx_rules import map_lines
from oauthsrv.config import Settings
from oauthsrv.setting_values import DEFAULT_PORTS, HOST_NAME, ORIGIN, Listen, check_proxies, is_loopback

API = re.compile(r"http://(?P<server>(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?)/?")
# In a quoted string of nginx these would end the string, or start a variable.
UNQUOTABLE = re.compile(r'["\\$\x00-\x1f\x7f]')
RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")

# Usual addresses of a load balancer: no other client can send from these to an nginx on a public address.
PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")


def run(args: argparse.Namespace, settings: Settings) -> None:
    print_file(configuration(args, settings), steps(args, settings))


def configuration(args: argparse.Namespace, settings: Settings) -> str:
    from oauthsrv.routes.guards import EXPOSED

    check_tls(args, settings)
    issuer = urlsplit(settings.issuer)
    listen = listen_of(settings, tls_elsewhere=args.tls_elsewhere is not None)
    port = public_port(args, settings)
    api_host = check_api_host(args.api_host, settings)
    return file_from(
        "nginx.conf.mako",
        issuer=settings.issuer,
        scheme=issuer.scheme,
        host=str(issuer.hostname),
        port=port,
        authority=authority(str(issuer.hostname), port, issuer.scheme),
        api_host=api_host,
        api_authority=authority(api_host, port, issuer.scheme) if api_host else "",
        api_origin=args.api,
        api_address=check_api(args.api),
        server_address=str(settings.listen.from_this_machine()),
        trusted="" if trusts_loopback(settings) else ",\n# which it does not yet: OAUTHSRV_TRUSTED_PROXIES=127.0.0.1",
        certificate=quoted(args.certificate, "--certificate"),
        key=quoted(args.key, "--key"),
        ipv6=args.ipv6,
        listen=listen_addresses(listen, ipv6=args.ipv6),
        redirects=redirects(settings, api_host) if args.certificate else [],
        proxies=proxies(args.tls_elsewhere),
        rules=map_lines(args.rule, below="/" if api_host else "/api"),
        resource=resource_parameter(args.resource),
        origins=check_origins(args.origin),
        exposed=EXPOSED,
    )


def check_tls(args: argparse.Namespace, settings: Settings) -> None:
    is_https = settings.issuer.startswith("https://")
    if (args.certificate is None) != (args.key is None):
        raise Refused(
            "--certificate and --key go together: give both, or --tls-elsewhere if TLS is terminated before nginx"
        )
    if args.certificate and args.tls_elsewhere is not None:
        raise Refused("give either --certificate or --tls-elsewhere, not both: TLS is terminated in one place")
    if (args.certificate or args.tls_elsewhere is not None) and not is_https:
        raise Refused(
            f"with TLS the issuer must begin with https://, but it is {settings.issuer}. "
            "Example: OAUTHSRV_ISSUER=https://login.example.com"
        )
    if is_https and not args.certificate and args.tls_elsewhere is None:
        raise Refused(
            f"{settings.issuer} needs TLS: give --certificate and --key, or --tls-elsewhere if a load balancer in "
            "front of this nginx has the certificate"
        )


def steps(args: argparse.Namespace, settings: Settings) -> Iterator[str]:
    listen = listen_of(settings, tls_elsewhere=args.tls_elsewhere is not None)
    yield "save this as nginx.conf, and check it: nginx -t -c $PWD/nginx.conf"
    if not args.rule:
        yield "replace its map of rules, an example for the demo API, or pass your own with --rule"
    if args.tls_elsewhere is not None:
        yield (
            f"let only the load balancer reach port {listen.port}, which has no TLS: "
            f"X-Forwarded-For is trusted from {', '.join(proxies(args.tls_elsewhere))}"
        )
    elif listen.port != public_port_of(settings):
        yield (
            "set OAUTHSRV_ISSUER to the address that people use: "
            f"{settings.issuer} is the server's own, so this nginx listens on {listen}"
        )
    missing = "" if trusts_loopback(settings) else ", with OAUTHSRV_TRUSTED_PROXIES=127.0.0.1"
    yield f"start the server behind it{missing} (as a service: oauthsrv systemd), then nginx -c $PWD/nginx.conf"
    yield f"check that it answers: curl -i {settings.issuer}/readyz"


def check_api(text: str) -> str:
    api = API.fullmatch(text)
    if api is None:
        raise Refused(
            f"--api is wrong: {text!r} is not an origin that begins with http://. Example: --api http://127.0.0.1:9000"
        )
    return api["server"]


def check_api_host(host: str | None, settings: Settings) -> str | None:
    if host is None:
        return None
    example = "Example: --api-host api.example.com"
    if not HOST_NAME.match(host):
        raise Refused(f"--api-host is wrong: {host!r} is not a lowercase host name. {example}")
    if host == urlsplit(settings.issuer).hostname:
        raise Refused(f"--api-host is wrong: {host} is the issuer's host, and the API needs another one. {example}")
    if settings.issuer.startswith("http://") and not is_loopback(host):
        raise Refused(
            f"--api-host is wrong: without TLS {host} must be a loopback name. Example: --api-host api.localhost"
        )
    return host


def check_origins(origins: Sequence[str]) -> Sequence[str]:
    for origin in origins:
        if origin != "*" and not ORIGIN.match(origin):
            raise Refused(
                f"--origin is wrong: {origin!r} is neither an origin, as browsers send it, nor *. "
                "Example: --origin https://app.example.com"
            )
    return origins


def resource_parameter(resource: str | None) -> str:
    if resource is None:
        return ""
    if not RESOURCE.fullmatch(resource):
        raise Refused(f"--resource is wrong: {resource!r} is not a URI. Example: --resource https://api.example.com")
    return f"&resource={quote(resource, safe='')}"


def proxies(tls_elsewhere: str | None) -> Sequence[str]:
    """The addresses whose X-Forwarded-For nginx trusts."""
    if not tls_elsewhere:
        return () if tls_elsewhere is None else PRIVATE
    try:
        return [str(network) for network in check_proxies(tls_elsewhere)]
    except ValueError as error:
        raise Refused(f"--tls-elsewhere is wrong: {error}. Example: --tls-elsewhere 10.0.0.7") from None


def listen_of(settings: Settings, *, tls_elsewhere: bool) -> Listen:
    """The address nginx listens at: the issuer's, or on another port if the server itself is there."""
    host = str(urlsplit(settings.issuer).hostname)
    port = public_port_of(settings)
    if not is_loopback(host):
        return Listen("", 80 if tls_elsewhere else port)
    if tls_elsewhere or (port == settings.listen.port and is_loopback(settings.listen.host)):
        port = 8080 if 8080 not in (port, settings.listen.port) else 8081
    return Listen("::1" if ":" in host else "127.0.0.1", port)


def public_port_of(settings: Settings) -> int:
    issuer = urlsplit(settings.issuer)
    return issuer.port or DEFAULT_PORTS[issuer.scheme]


def public_port(args: argparse.Namespace, settings: Settings) -> int:
    """The port in the addresses that clients use."""
    if args.tls_elsewhere is not None:
        return public_port_of(settings)
    return listen_of(settings, tls_elsewhere=False).port


def authority(host: str, port: int, scheme: str) -> str:
    return str(Listen(host, port)).removesuffix(f":{DEFAULT_PORTS[scheme]}")


def listen_addresses(listen: Listen, *, ipv6: bool) -> list[str]:
    if listen.host:
        return [str(listen)]
    return [str(listen.port), *([f"[::]:{listen.port}"] if ipv6 else [])]


def redirects(settings: Settings, api_host: str | None) -> list[tuple[str, str]]:
    """The names whose plain http is redirected to https, if both have their default ports."""
    host = str(urlsplit(settings.issuer).hostname)
    if public_port_of(settings) != DEFAULT_PORTS["https"] or is_loopback(host):
        return []
    return [(name, name) for name in (host, api_host) if name]


def quoted(path: str | None, option: str) -> str | None:
    if path is None:
        return None
    absolute = str(Path(path).expanduser().absolute())
    if UNQUOTABLE.search(absolute):
        raise Refused(f"{option} is wrong: nginx cannot be given a path with a quote, backslash, dollar or control")
    return f'"{absolute}"'


def trusts_loopback(settings: Settings) -> bool:
    return any(ip_address("127.0.0.1") in network for network in settings.trusted_proxies)
