"""Addresses out of their texts. A configuration is read after each change, hundreds of routers hold the same ones."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network


@lru_cache(maxsize=4096)
def ipv4(text: str) -> IPv4Address:
    """Return the address that a text names.

    Raises:
        ValueError: it names none.
    """
    return IPv4Address(text)


@lru_cache(maxsize=4096)
def interface_address(address: str, mask: str) -> IPv4Interface:
    """Return an interface's address with its network.

    Raises:
        ValueError: one of the two is none.
    """
    return IPv4Interface(f"{address}/{mask}")


@lru_cache(maxsize=4096)
def network_around(address: str, mask: str) -> IPv4Network:
    """Return the network with that mask in which an address lies.

    Raises:
        ValueError: one of the two is none.
    """
    return IPv4Network(f"{address}/{mask}", strict=False)
