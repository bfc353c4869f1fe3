"""Which IP addresses are the public internet, and which lead to this machine, its network or its cloud's secrets.

`ipaddress.is_global` is no guard: in Python 3.11 it calls 64:ff9b::a9fe:a9fe, 2002:7f00:1::, ::7f00:1, fec0::1 and
224.0.0.1 global. The ranges here are IANA's registries of special-purpose addresses (2024), read strictly: whatever
carries an IPv4 address inside an IPv6 one is refused whatever that is, and of IPv6 only 2000::/3 is public at all.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What answers with a machine's credentials in some cloud, in ranges that an intranet or the internet may use.
_METADATA: Final = tuple(
    ip_network(text) for text in ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
)

_INTRANET: Final = (
    ("this machine", ("127.0.0.0/8", "::1")),
    ("a private network", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    ("a provider's network", ("100.64.0.0/10",)),
)

_NOBODY: Final = (
    ("no host", ("0.0.0.0/8", "::")),
    ("a link-local address", ("169.254.0.0/16", "fe80::/10")),
    ("a reserved address", ("192.0.0.0/24", "240.0.0.0/4", "100::/64", "2001::/23", "5f00::/16")),
    ("an address for documentation", ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")),
    ("an address for documentation", ("2001:db8::/32", "3fff::/20")),
    ("an address for benchmarks", ("198.18.0.0/15",)),
    ("a relay of IPv6", ("192.88.99.0/24",)),
    ("a multicast address", ("224.0.0.0/4", "ff00::/8")),
    ("a site-local address", ("fec0::/10",)),
)

# IPv6 ranges with an IPv4 address in them, and how many bits stand after that.
_TUNNELS: Final = (
    ("::ffff:0:0/96", 0),  # mapped
    ("::ffff:0:0:0/96", 0),  # translated (SIIT)
    ("::/96", 0),  # compatible
    ("64:ff9b::/96", 0),  # NAT64
    ("64:ff9b:1::/48", 0),  # NAT64 in a network of one's own
    ("2002::/16", 80),  # 6to4
    ("2001::/32", 0),  # Teredo: the last 32 bits, each of them turned over
)
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})  # bits 64 to 96 of any address

_PUBLIC_V6: Final = IPv6Network("2000::/3")


def _table(rows: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(text), words) for words, texts in rows for text in texts)


_INTRANET_TABLE: Final = _table(_INTRANET)
_NOBODY_TABLE: Final = _table(_NOBODY)
_TUNNEL_TABLE: Final = tuple((IPv6Network(text), shift) for text, shift in _TUNNELS)


def refusal(address: Address, *, is_intranet: bool = False) -> str:
    """Return in words why an address may not be asked: "this machine", "a private network"; "" if it may.

    is_intranet: private networks and this machine may be asked; what is link-local, reserved, embedded or known to
    give away credentials may not even then.
    """
    if any(address in network for network in _METADATA):
        return "a cloud's store of credentials"
    if words := _within(address, _INTRANET_TABLE):
        return "" if is_intranet else words
    if inner := embedded(address):
        return f"an IPv6 form of {inner}"
    if words := _within(address, _NOBODY_TABLE):
        return words
    if address.version == 6 and address not in _PUBLIC_V6:
        return "an address that nobody has"
    return ""


def embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address carries to a tunnel or translator, if it is of that kind."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return None
    for network, shift in _TUNNEL_TABLE:
        if address in network:
            bits = int(address) >> shift & 0xFFFFFFFF
            return IPv4Address(bits ^ 0xFFFFFFFF if network == _TEREDO else bits)
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _within(address: Address, table: tuple[tuple[Network, str], ...]) -> str:
    return next((words for network, words in table if address in network), "")
