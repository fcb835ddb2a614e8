"""The filters that a template may use: addresses and masks as IOS writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Interface, IPv4Network


def ios_address(address: IPv4Interface) -> str:
    """Return address and mask as ``ip address`` takes them.

    >>> ios_address(IPv4Interface("172.16.200.1/30"))
    '172.16.200.1 255.255.255.252'
    """
    return f"{address.ip} {address.netmask}"


def ios_network(network: IPv4Network) -> str:
    """Return network and mask as ``ip route`` and ``ip mroute`` take them.

    >>> ios_network(IPv4Network("192.168.50.0/24"))
    '192.168.50.0 255.255.255.0'
    """
    return f"{network.network_address} {network.netmask}"


def ios_bgp_network(network: IPv4Network) -> str:
    """Return network and mask as ``network`` under ``router bgp`` takes them.

    >>> ios_bgp_network(IPv4Network("10.254.0.10/32"))
    '10.254.0.10 mask 255.255.255.255'
    """
    return f"{network.network_address} mask {network.netmask}"


FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "ios_address": ios_address,
    "ios_network": ios_network,
    "ios_bgp_network": ios_bgp_network,
}
