"""The filters that a template may use: values as IOS writes them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.lab.blocks import networks_of
from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.roles import bridged_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.lab.vpn import VpnOptions
    from mcastlab.render.routers import GreLink

_IKEV2_ENCRYPTION: Final = {
    "AES128": "aes-cbc-128",
    "AES256": "aes-cbc-256",
    "AES128-GCM-16": "aes-gcm-128",
    "AES256-GCM-16": "aes-gcm-256",
}
"""AWS's name of a phase 1 encryption in the words of ``crypto ikev2 proposal``."""
_IKEV2_INTEGRITY: Final = {"SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
"""AWS's name of a phase 1 integrity in the words of ``crypto ikev2 proposal``."""
_ESP_ENCRYPTION: Final = {
    "AES128": "esp-aes",
    "AES256": "esp-aes 256",
    "AES128-GCM-16": "esp-gcm",
    "AES256-GCM-16": "esp-gcm 256",
}
_ESP_INTEGRITY: Final = {"SHA2-256": "esp-sha256-hmac", "SHA2-384": "esp-sha384-hmac", "SHA2-512": "esp-sha512-hmac"}
_CSR_LICENCES: Final = {"network-essentials": "ipbase", "network-advantage": "ax", "network-premier": "ax"}
"""The CSR 1000V's names of licence levels. Source: Cisco, CSR 1000V technology packages."""
_CLASSES: Final = (
    (IPv4Network("0.0.0.0/1"), 8),
    (IPv4Network("128.0.0.0/2"), 16),
    (IPv4Network("192.0.0.0/3"), 24),
)
"""Address classes and their natural mask lengths. Source: RFC 791, section 3.2."""


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


def ios_wildcard(network: IPv4Network) -> str:
    """Return network and wildcard mask as an access list takes them.

    >>> ios_wildcard(IPv4Network("10.10.0.0/16"))
    '10.10.0.0 0.0.255.255'
    """
    return f"{network.network_address} {network.hostmask}"


def ios_bgp_network(network: IPv4Network) -> str:
    """Return a network as ``router bgp`` prints it: the mask only where it is not its class's own.

    >>> ios_bgp_network(IPv4Network("10.254.0.10/32"))
    '10.254.0.10 mask 255.255.255.255'
    >>> ios_bgp_network(IPv4Network("192.168.50.0/24"))
    '192.168.50.0'
    """
    natural = next((length for block, length in _CLASSES if network.subnet_of(block)), None)
    if network.prefixlen == natural:
        return str(network.network_address)
    return f"{network.network_address} mask {network.netmask}"


def esp_transforms(options: VpnOptions) -> str:
    """Return the transforms of ``crypto ipsec transform-set``; GCM authenticates by itself and takes no second.

    >>> from mcastlab.lab.vpn import VpnOptions
    >>> esp_transforms(VpnOptions())
    'esp-aes 256 esp-sha256-hmac'
    >>> esp_transforms(VpnOptions(encryption="AES128-GCM-16"))
    'esp-gcm'
    """
    encryption = _ESP_ENCRYPTION[options.encryption]
    return encryption if options.authenticated else f"{encryption} {_ESP_INTEGRITY[options.integrity]}"


@dataclass(frozen=True, slots=True, order=True)
class MulticastRoute:
    """A static multicast route: what lies behind an interface."""

    network: IPv4Network
    interface: str


def multicast_routes(links: Iterable[GreLink]) -> list[MulticastRoute]:
    """Return what lies behind each GRE tunnel, by address as IOS prints it."""
    return sorted(MulticastRoute(network, link.interface) for link in links for network in link.remote_networks)


def followed_networks(lab: Lab) -> tuple[IPv4Network, ...]:
    """Return the networks of the blocks of groups that the AWS router follows, without those of one listed group."""
    listed = {host_route(group.address) for group in lab.groups}
    return tuple(network for network in networks_of(lab.blocks) if network not in listed)


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "bridged_groups": bridged_groups,
    "csr_licence": _CSR_LICENCES.__getitem__,
    "esp_transforms": esp_transforms,
    "followed_networks": followed_networks,
    "host_route": host_route,
    "ikev2_encryption": _IKEV2_ENCRYPTION.__getitem__,
    "ikev2_integrity": _IKEV2_INTEGRITY.__getitem__,
    "ios_address": ios_address,
    "ios_bgp_network": ios_bgp_network,
    "ios_network": ios_network,
    "ios_wildcard": ios_wildcard,
    "multicast_routes": multicast_routes,
}
