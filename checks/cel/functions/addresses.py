"""IP addresses and networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from checks.cel.functions.special import Special, special, text_of


def ip(text: str) -> Special:
    address = ipaddress.ip_address(text)
    if "%" in text or (address.version == 6 and address.ipv4_mapped is not None):
        raise ValueError("addresses with a zone, and IPv4 in IPv6, are not taken")
    return special("ip", str(address))


def _address(value: Special) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text_of(value, "ip"))


def of_ip(name: str) -> Callable[[Special], Any]:
    """One of the questions about an address."""

    def ask(value: Special) -> Any:
        address = _address(value)
        on_link = address.is_multicast and (
            address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16")
        )
        broadcast = address == ipaddress.ip_address("255.255.255.255")
        special_purpose = address.is_unspecified or address.is_loopback or address.is_multicast
        return {
            "family": address.version,
            "unspecified": address.is_unspecified,
            "loopback": address.is_loopback,
            "link_multicast": on_link,
            "link_unicast": address.is_link_local,
            "global_unicast": not (special_purpose or address.is_link_local or broadcast),
        }[name]

    return ask


def is_canonical(text: str) -> bool:
    return ip(text)["text"] == text


def cidr(text: str) -> Special:
    address, slash, length = text.partition("/")
    if not slash or not length.isdigit() or (len(length) > 1 and length[0] == "0"):
        raise ValueError("this is no network in CIDR notation")
    ip(address)
    return special("cidr", str(ipaddress.ip_interface(text)))


def _interface(value: Special) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(text_of(value, "cidr"))


def contains_ip(value: Special, address: Special | str) -> bool:
    given = ip(address) if isinstance(address, str) else address
    return _address(given) in _interface(value).network


def contains_cidr(value: Special, other: Special | str) -> bool:
    inner = _interface(cidr(other) if isinstance(other, str) else other).network
    outer = _interface(value).network
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def address_of(value: Special) -> Special:
    return special("ip", str(_interface(value).ip))


def masked(value: Special) -> Special:
    return special("cidr", str(_interface(value).network))


def prefix_length(value: Special) -> int:
    return int(_interface(value).network.prefixlen)


def written(value: Special) -> str:
    """An address or a network as text."""
    if value.get("is") not in {"ip", "cidr"}:
        raise ValueError("this has no text")
    return value["text"]
