"""Which kind of address something has: private, of the Internet, or for no host at all."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, note, warning
from mcastlab.lab.checks.networks import Block, OpenBlocks, blocks, by_address
from mcastlab.lab.design.addresses import host_route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab


def _networks(*texts: str) -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(text) for text in texts)


RFC_1918: Final = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
PRIVATE: Final = (*RFC_1918, *_networks("100.64.0.0/10"))
"""Source: RFC 1918, section 3; RFC 6598, section 7."""

LINK_LOCAL: Final = IPv4Network("169.254.0.0/16")
"""Source: RFC 3927, section 2.1."""

BENCHMARKS: Final = IPv4Network("198.18.0.0/15")
"""Source: RFC 2544, appendix C.2.2."""

DOCUMENTATION: Final = _networks("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
"""Source: RFC 5737, section 3."""

NOT_FOR_HOSTS: Final = _networks("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4")
"""Source: RFC 1122, section 3.2.1.3; RFC 5771, section 3."""

NOT_INTERNET: Final = (*PRIVATE, LINK_LOCAL, BENCHMARKS, *NOT_FOR_HOSTS, *_networks("192.0.0.0/24"))
"""Source: IANA IPv4 Special-Purpose Address Registry."""


def within(address: IPv4Address, networks: Iterable[IPv4Network]) -> bool:
    """Say whether an address is of one of some networks."""
    return any(address in network for network in networks)


@design_check("RFC 1122, section 3.2.1.3; RFC 5771, section 3; RFC 3927, section 2.7")
def networks_are_for_hosts(lab: Lab) -> Iterator[Observation]:
    """LANs, WANs, loopbacks and GRE networks are of addresses that hosts can have and routers forward."""
    for block in blocks(lab):
        if block.site is None or block.field == "tunnels":
            continue  # vpc-block-can-be-had, loopback-block-can-join-the-vpc and inside-networks-can-be-had say more
        unusable = NOT_FOR_HOSTS if block.field == "gre" else (*NOT_FOR_HOSTS, LINK_LOCAL)
        if any(block.network.overlaps(each) for each in unusable):
            yield error(
                block.path, f"{block.network} is not for hosts", "write a private network, such as 10.20.0.0/24"
            )


@design_check("AWS VPC user guide, VPC CIDR blocks (RFC 1918 is recommended); RFC 6598; RFC 2544")
def inner_networks_are_private(lab: Lab) -> Iterator[Observation]:
    """VPC, LANs, loopbacks and GRE networks take no addresses that are others' on the Internet."""
    for block in blocks(lab):
        allowed = PRIVATE if block.field == "cidr" else (*PRIVATE, BENCHMARKS)
        unusable = (*NOT_FOR_HOSTS, LINK_LOCAL)  # networks-are-for-hosts says more
        if block.field in {"wan", "tunnels"} or any(block.network.overlaps(each) for each in unusable):
            continue
        if not any(block.network.subnet_of(each) for each in allowed):
            yield warning(
                block.path,
                f"{block.network} is not private: whoever has these addresses on the Internet cannot be reached "
                "from the lab",
                "write a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10), unless this one "
                "is yours",
            )


@design_check("AWS Site-to-Site VPN user guide, Customer gateway options: an address that the Internet routes")
def customer_address_is_public(lab: Lab) -> Iterator[Observation]:
    """AWS knows an address under which it can reach the remote router."""
    examples = []
    for site in lab.sites:
        address = site.router.customer_address
        if within(address, NOT_INTERNET):
            yield error(
                f"sites[{site.name}].router.public_address",
                f"AWS cannot reach the router at {address}",
                "write public_address: with the address that the NAT in front of it shows to the Internet",
            )
        elif within(address, DOCUMENTATION):
            examples.append(site)
    if examples:
        others = f", as are {len(examples) - 1} more of the sites" if len(examples) > 1 else ""
        yield note(
            f"sites[{examples[0].name}].router.wan",
            f"{examples[0].router.customer_address} is an address of examples (RFC 5737), which no router has on the "
            f"Internet{others}",
            "the twin takes it; for AWS write the address that the router has",
        )


@design_check("RFC 3947; RFC 3948: only behind a NAT do peers differ by port. EC2 API, CreateCustomerGateway")
def customer_addresses_differ(lab: Lab) -> Iterator[Observation]:
    """Only routers behind one NAT share a public address."""
    owners: dict[IPv4Address, str] = {}
    exposed = {site.router.wan.address.ip: site.name for site in lab.sites if not site.router.behind_nat}
    for site in lab.sites:
        address, name = site.router.customer_address, site.name
        owner = owners.setdefault(address, name)
        if owner == name:
            continue
        if address in exposed:
            path = "public_address" if site.router.behind_nat else "wan"
            yield error(
                f"sites[{name}].router.{path}",
                f"{address} is the address of {owner} too, and {exposed[address]} is behind no NAT: one address, one "
                "router",
                "give each remote router an address of its own, or both the public_address of the NAT before them",
            )
        else:
            yield warning(
                f"sites[{name}].router.public_address",
                f"{address} is the address of {owner} too: the NAT has to tell their tunnels apart by port",
                "give each remote router a public address of its own, if the tunnels do not come up",
            )


@design_check("RFC 4632, section 3.1: an address is in one place")
def customer_address_is_outside(lab: Lab) -> Iterator[Observation]:
    """The address that AWS sees of a remote router is within no network behind a router."""
    around = OpenBlocks()
    seen = (
        Block("", "customer", host_route(site.router.customer_address), site.name, rank)
        for rank, site in enumerate(lab.sites)
    )
    for block in by_address([*(each for each in blocks(lab) if each.field != "wan"), *seen]):
        if block.field != "customer":
            around.add(block)
        elif (inside := around.innermost(block.network)) is not None:
            site = lab.sites[block.rank]
            path = "public_address" if site.router.behind_nat else "wan"
            yield error(
                f"sites[{site.name}].router.{path}",
                f"{site.router.customer_address} is of {inside.network}, {inside.path}",
                "write the address that the Internet knows, or give that network another block",
            )
