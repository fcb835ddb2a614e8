"""A remote site's own addresses, and what AWS needs to know of its router."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, note, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab, RouterPort

LARGEST_LINK: Final = 30

_OF_VIRTUAL_ROUTERS: Final = re.compile(r"GigabitEthernet\d+")

_PRIVATE_ASNS: Final = (range(64512, 65535), range(4200000000, 4294967295))
"""RFC 6996, section 5."""

_ASNS_OF_AWS: Final = {7224: "us-east-1", 9059: "eu-west-1", 10124: "ap-northeast-1", 17943: "ap-southeast-1"}
"""AWS Site-to-Site VPN user guide, Customer gateway options: reserved in these regions."""

_AS_TRANS: Final = 23456
_LAST_16_BIT: Final = 65535


@design_check("RFC 950, section 2.1; RFC 919, section 7: a network's first and last addresses are no host's")
def router_addresses_are_hosts(lab: Lab) -> Iterator[Observation]:
    """WAN and LAN addresses of remote routers are host addresses of networks with room for a neighbour."""
    for site in lab.sites:
        for name, port in (("wan", site.router.wan), ("lan", site.router.lan)):
            if not _is_host(port):
                yield error(
                    f"sites[{site.name}].router.{name}.address",
                    f"{port.address} is no host's address with a neighbour in its network",
                    f"write an address between the first and the last of a network of /{LARGEST_LINK} or larger",
                )


def _is_host(port: RouterPort) -> bool:
    network, address = port.address.network, port.address.ip
    return network.prefixlen <= LARGEST_LINK and address not in {network.network_address, network.broadcast_address}


@design_check("Cisco IOS IP addressing: an interface has one primary address")
def wan_and_lan_are_two_interfaces(lab: Lab) -> Iterator[Observation]:
    """A remote router's WAN and LAN are different interfaces."""
    for site in lab.sites:
        if site.router.wan.interface == site.router.lan.interface:
            yield error(
                f"sites[{site.name}].router.lan.interface",
                f"{site.router.lan.interface} is also the WAN interface",
                "write lan: {interface: GigabitEthernet2, address: ...}",
            )


@design_check("Cisco Catalyst 8000V installation guide, Interface mapping: GigabitEthernet1 and up, without slots")
def remote_interfaces_are_of_the_platform(lab: Lab) -> Iterator[Observation]:
    """WAN and LAN are interfaces that the remote router's platform has."""
    for site in lab.sites:
        for name, port in (("wan", site.router.wan), ("lan", site.router.lan)):
            if _OF_VIRTUAL_ROUTERS.fullmatch(port.interface) is None:
                yield warning(
                    f"sites[{site.name}].router.{name}.interface",
                    f"a {site.router.platform} has no {port.interface}, and the twin's router refuses it",
                    "write GigabitEthernet1 or another without slots, unless the router is another platform",
                )


@design_check("RFC 1112, section 6: a datagram of a host outside the LAN's network is not taken for a local one")
def devices_stand_in_their_lan(lab: Lab) -> Iterator[Observation]:
    """Every device has an address of its own in its site's LAN."""
    for site in lab.sites:
        kept = {site.lan.network_address, site.lan.broadcast_address}
        owners = {site.router.lan.address.ip: "the router"}
        for device in site.devices:
            path = f"sites[{site.name}].devices[{device.name}].address"
            owner = owners.setdefault(device.address, device.name)
            if device.address not in site.lan or device.address in kept:
                yield error(path, f"{device.address} is no host's address in the LAN {site.lan}", "write one that is")
            elif owner != device.name:
                yield error(path, f"{device.address} is the address of {owner}", f"write another address of {site.lan}")


@design_check("RFC 4271, section 5.1.2; AWS EC2 API, CreateTransitGateway, AmazonSideAsn: private numbers only")
def gateway_asn_is_private(lab: Lab) -> Iterator[Observation]:
    """The gateway's autonomous system is one that AWS takes, and no remote router's."""
    if not any(lab.amazon_asn in private for private in _PRIVATE_ASNS):
        yield error(
            "amazon_asn",
            f"AWS does not take {lab.amazon_asn} for a gateway",
            "write 64512 to 65534, or 4200000000 to 4294967294",
        )
    for site in lab.sites:
        if site.router.asn == lab.amazon_asn:
            yield error(
                f"sites[{site.name}].router.asn",
                f"{site.router.asn} is the gateway's own number, and both speak external BGP",
                f"write another, such as {65000 if lab.amazon_asn != 65000 else 65001}",  # noqa: PLR2004  (an example)
            )


@design_check("RFC 6996, section 5; RFC 6793, section 9; RFC 7300; AWS, Customer gateway options: reserved numbers")
def remote_asns_can_be_used(lab: Lab) -> Iterator[Observation]:
    """A remote router's autonomous system is neither reserved nor somebody else's."""
    for site in lab.sites:
        path, asn = f"sites[{site.name}].router.asn", site.router.asn
        if asn in {_AS_TRANS, _LAST_16_BIT} or _ASNS_OF_AWS.get(asn) == lab.region:
            yield error(path, f"{asn} is reserved", "write a private number, 64512 to 65534")
        elif not any(asn in private for private in _PRIVATE_ASNS):
            yield warning(path, f"{asn} is a public number", "write 64512 to 65534, unless that number is yours")


@design_check("RFC 4271, section 9.1.2: a route with the receiver's own number in its path is not used")
def remote_asns_differ(lab: Lab) -> Iterator[Observation]:
    """Sites with one number do not hear of each other's networks by BGP."""
    owners: dict[int, str] = {}
    for site in lab.sites:
        owner = owners.setdefault(site.router.asn, site.name)
        if owner != site.name:
            yield note(
                f"sites[{site.name}].router.asn",
                f"{site.router.asn} is the number of {owner} too: unicast between the two sites will not be routed",
                "write a number for each site, if their devices are to talk",
            )
