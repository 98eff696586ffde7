"""How limits and queues count addresses: an IPv4 address alone, IPv6 by the networks that one holder may have."""

from __future__ import annotations

from ipaddress import ip_network


def counted_address(address: str) -> str:
    """An IPv4 address, or the /64 that one IPv6 subscriber has at the least."""
    return _network(address, 64)


def counted_network(counted: str) -> str:
    """Of a counted address: the /48 that one IPv6 subscriber may have; an IPv4 address stays as it is."""
    return _network(counted.partition("/")[0], 48)


def _network(address: str, prefix: int) -> str:
    if ":" not in address:
        return address
    without_zone, _, _ = address.partition("%")  # as in fe80::1%eth0
    return str(ip_network(f"{without_zone}/{prefix}", strict=False))
