"""Addresses and blocks of them, IPv4 and IPv6. What is neither is in nothing and holds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

METADATA = ("169.254.169.254", "fd00:ec2::254")
"""Where a cloud's machines ask for their own credentials."""

PUBLIC = (
    "1.1.1.1",
    "34.117.59.81",
    "66.102.9.104",
    "99.86.4.10",
    "140.82.121.4",
    "151.101.1.69",
    "185.199.108.153",
    "208.80.154.224",
)
PUBLIC_V6 = ("2001:4860:4860::8888", "2606:4700:4700::1111", "2620:fe::fe", "2a00:1450:4001:80b::200e")
"""Addresses spread over the public space: whoever reaches most of them reaches the Internet, and not just
the few hosts that somebody has chosen."""


@lru_cache(maxsize=65_536)
def block(text: str) -> IPv4Network | IPv6Network | None:
    """A block as it is written, host bits cut off; None for what is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=65_536)
def address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as it is written; None for what is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def within(ip: str, cidr: str, exceptions: Iterable[str] = ()) -> bool:
    """Whether an address is in a block and in none of the exceptions. The families never mix."""
    found, around = address(ip), block(cidr)
    if found is None or around is None or found not in around:
        return False
    return not any((hole := block(each)) is not None and found in hole for each in exceptions)
