"""Which IP addresses are the public Internet: our own table, for Python's calls 192.0.0.8 and 3fff::/20 public. Pure.

From the IANA special-purpose registries (RFC 6890 and its updates). An IPv4 address inside an IPv6 one is judged as what it is.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host; Linux connects it to itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
GLOBAL_UNICAST_6 = IPv6Network("2000::/3")  # the only part of IPv6 that is handed out
NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo carries an address of somebody's choice
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
# where an IPv4 address stands inside an IPv6 one: the network, and how far to shift it down
_EMBEDDED = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # translated (SIIT)
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64: on a network without IPv4 it is how the rest is reached
    (IPv6Network("2002::/16"), 80),  # 6to4
)


@lru_cache(maxsize=64)
def parse_networks(networks: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks that were configured as CIDR; bits of the host part are let pass."""
    return tuple(ip_network(network, strict=False) for network in networks)


def is_admitted(address: str, allow: tuple[str, ...] = ()) -> bool:
    """Whether `address` may be connected to: it is public, or in one of the networks `allow`; no address at all is not."""
    try:
        parsed = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    allowed = any(parsed.version == network.version and parsed in network for network in parse_networks(allow))
    return allowed or _is_public(parsed)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    return address in GLOBAL_UNICAST_6 and not any(address in network for network in NOT_PUBLIC_6)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        for network, shift in _EMBEDDED:
            if address in network:
                return IPv4Address(int(address) >> shift & 0xFFFFFFFF)
    return address
