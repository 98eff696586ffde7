"""Whether an address is on the public Internet; the server fetches from no other (oauthsrv/fetching.py)."""

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

# ipaddress.is_global is not enough: these are not on the public Internet either, or differ for each machine.
DENIED = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments; the metadata service of a cloud
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure: the host of a virtual machine
        "224.0.0.0/4",  # multicast
        "2001::/23",  # IETF protocol assignments
        "3fff::/20",  # documentation
    )
)
GLOBAL_UNICAST = ip_network("2000::/3")  # every public IPv6 address
# IPv4-compatible, and translated by NAT64 (RFC 6052): the last four bytes are an IPv4 address.
WITH_IPV4_AT_THE_END = (ip_network("::/96"), ip_network("64:ff9b::/96"))


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet; one that contains IPv4 addresses is public if they are."""
    wrapped = wrapped_in(address)
    if wrapped:
        return all(is_public(inner) for inner in wrapped)
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not any(address in network for network in DENIED)


def wrapped_in(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses inside a mapped, compatible, 6to4, Teredo or NAT64 address, which reaches them."""
    if isinstance(address, IPv4Address):
        return ()
    if any(address in network for network in WITH_IPV4_AT_THE_END):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return address.teredo or tuple(filter(None, (address.ipv4_mapped, address.sixtofour)))
