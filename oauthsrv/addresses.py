"""Senders' addresses: which one to trust behind proxies, and how limits and queues count them."""

import functools
import logging
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

log = logging.getLogger(__name__)

LONGEST_CHAIN = 20  # proxies
LONGEST_KEPT = 100  # characters of text that a client can make as long as it likes
ADDRESSES_KEPT = 4096  # parsed addresses: parsing costs more than a lookup


@functools.lru_cache(ADDRESSES_KEPT)
def counted_address(address: str) -> str:
    """The address that limits count: an IPv4 address, or the /64 of an IPv6 subscriber."""
    return _network(address, 64)


def counted_network(counted: str) -> str:
    """The /48 that an IPv6 subscriber may have, of a counted address; an IPv4 address stays as it is."""
    return _network(counted.partition("/")[0], 48)


def _network(address: str, prefix: int) -> str:
    if ":" not in address:
        return address
    without_zone, _, _ = address.partition("%")  # as in fe80::1%eth0
    return str(ip_network(f"{without_zone}/{prefix}", strict=False))


def sender_address(environ: Mapping[str, Any], trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The address of a request's sender; X-Forwarded-For is trusted only from trusted proxies.

    Each proxy appends the address it got the request from, so the right-most address that is not a trusted proxy's is
    the last one that a trusted machine has seen.
    """
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
    known = _known_sender if len(forwarded) <= LONGEST_KEPT else _sender
    return known(environ.get("REMOTE_ADDR", ""), forwarded, tuple(trusted))


def _sender(peer: str, forwarded: str, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    address = read_address(peer)
    if address is None:
        return "unknown"
    hops = [hop for hop in forwarded.split(",") if hop.strip()]
    if hops and not any(address in network for network in trusted):
        warning.give(str(address))
    for hop in reversed(hops[-LONGEST_CHAIN:]):
        if not any(address in network for network in trusted):
            break
        before = read_address(hop)
        if before is None:
            break
        address = before
    return str(address)


_known_sender = functools.lru_cache(ADDRESSES_KEPT)(_sender)


class IgnoredHeaderWarning:
    """Logged once per process: if the setting was forgotten, limits take all senders for one."""

    def __init__(self) -> None:
        self._is_given = False

    def give(self, peer: str) -> None:
        if self._is_given:
            return
        self._is_given = True
        log.warning(
            "X-Forwarded-For from %s is ignored, and limits count that address instead. If it is a proxy of yours, set "
            "OAUTHSRV_TRUSTED_PROXIES=%s",
            peer,
            peer,
        )


warning = IgnoredHeaderWarning()


@functools.lru_cache(ADDRESSES_KEPT)
def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, also in the forms some proxies use: with a port, or in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
