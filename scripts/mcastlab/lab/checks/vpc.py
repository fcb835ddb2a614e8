"""The VPC, its subnets, and the AWS router's loopback beside it."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.addresses import LINK_LOCAL, NOT_FOR_HOSTS, RFC_1918
from mcastlab.lab.checks.finding import design_check, error
from mcastlab.lab.checks.networks import Block, nested
from mcastlab.lab.design.addresses import loopback_block, loopback_subnet, subnet_of_each_zone
from mcastlab.lab.design.names import ssm_services
from mcastlab.lab.generated import router_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

LARGEST, SMALLEST = 16, 28
KEPT_AT_THE_START: Final = 4

_UNUSABLE: Final = (*NOT_FOR_HOSTS, LINK_LOCAL)
_ALSO_REFUSED: Final = IPv4Network("198.19.0.0/16")


@design_check("AWS VPC user guide, VPC CIDR blocks")
def vpc_block_can_be_had(lab: Lab) -> Iterator[Observation]:
    """The VPC's block is one that AWS gives: /16 to /28, not loopback, link-local or multicast."""
    cidr = lab.vpc.cidr
    if not LARGEST <= cidr.prefixlen <= SMALLEST:
        yield error("vpc.cidr", f"{cidr} is no size for a VPC", f"write a block of /{LARGEST} to /{SMALLEST}")
    if any(cidr.overlaps(unusable) for unusable in _UNUSABLE):
        yield error("vpc.cidr", f"{cidr} is not for hosts", "write a private block such as 10.10.0.0/16")


@design_check("AWS VPC user guide, Subnet CIDR blocks")
def subnets_lie_in_the_vpc(lab: Lab) -> Iterator[Observation]:
    """Every subnet is a part of the VPC's block, /16 to /28."""
    for subnet in lab.vpc.subnets:
        path = f"vpc.subnets[{subnet.name}].cidr"
        if not subnet.cidr.subnet_of(lab.vpc.cidr):
            yield error(
                path, f"{subnet.cidr} is no part of the VPC's {lab.vpc.cidr}", "write a part of the VPC's block"
            )
        if not LARGEST <= subnet.cidr.prefixlen <= SMALLEST:
            yield error(path, f"{subnet.cidr} is no size for a subnet", f"write a block of /{LARGEST} to /{SMALLEST}")


@design_check("AWS VPC user guide, Subnet CIDR blocks")
def subnets_do_not_overlap(lab: Lab) -> Iterator[Observation]:
    """No address is in two subnets."""
    blocks = (
        Block(f"vpc.subnets[{subnet.name}].cidr", "cidr", subnet.cidr, rank=rank)
        for rank, subnet in enumerate(lab.vpc.subnets)
    )
    for first, second in nested(blocks):
        yield error(
            second.path, f"{second.network} overlaps {first.network} of {first.path}", "write a block of its own"
        )


@design_check("AWS VPC user guide, Subnet CIDR blocks: five addresses of every subnet are kept")
def subnets_are_large_enough(lab: Lab) -> Iterator[Observation]:
    """Every subnet has an address for each host, the router, the endpoints and the gateway's attachment."""
    hosts = Counter[str]()
    for entry in lab.hosts:
        hosts[entry.subnet] += entry.count
    first_of_zone = subnet_of_each_zone(lab)
    for subnet in lab.vpc.subnets:
        router = 2 if lab.router.subnet == subnet.name else 0  # its interface and its connect endpoint
        # The gateway's attachment and the SSM endpoints, one set a zone.
        shared = 1 + len(ssm_services(lab.region)) if first_of_zone[subnet.zone] == subnet.name else 0
        usable = subnet.cidr.num_addresses - KEPT_AT_THE_START - 1
        needed = hosts[subnet.name] + router + shared
        if needed > usable:
            yield error(
                f"vpc.subnets[{subnet.name}].cidr",
                f"{subnet.cidr} has {max(usable, 0)} addresses to give, and {needed} are needed",
                "write a larger block, or put hosts into another subnet",
            )


@design_check(
    "AWS VPC user guide, Route tables: within the VPC's block only whole subnets can be routed to an interface"
)
def loopback_lies_outside_the_vpc(lab: Lab) -> Iterator[Observation]:
    """The AWS router's loopback is in no block of the VPC, where it could not be routed to the router."""
    if loopback_block(lab).overlaps(lab.vpc.cidr):
        yield error(
            "router.loopback",
            f"{lab.router.loopback} lies, with its block {loopback_block(lab)}, inside the VPC's {lab.vpc.cidr}",
            f"write loopback: {router_loopback(lab.vpc.cidr)}",
        )


@design_check("AWS VPC user guide, Subnet CIDR blocks: the first four addresses and the last are kept")
def loopback_is_free_in_its_subnet(lab: Lab) -> Iterator[Observation]:
    """The AWS router's loopback is none of the addresses that AWS keeps in its /28."""
    subnet, loopback = loopback_subnet(lab), lab.router.loopback
    position = int(loopback) - int(subnet.network_address)
    if position < KEPT_AT_THE_START or loopback == subnet.broadcast_address:
        yield error(
            "router.loopback",
            f"{loopback} is kept by AWS in {subnet}",
            f"write an address from {subnet[KEPT_AT_THE_START]} to {subnet[-2]}",
        )


@design_check("AWS VPC user guide, IPv4 CIDR block association restrictions")
def loopback_block_can_join_the_vpc(lab: Lab) -> Iterator[Observation]:
    """The loopback's block is one that AWS lets the VPC take as a secondary block."""
    block, vpc = loopback_block(lab), lab.vpc.cidr
    own = next((private for private in RFC_1918 if vpc.subnet_of(private)), None)
    foreign = next((private for private in RFC_1918 if block.subnet_of(private) and private != own), None)
    unusable = any(block.overlaps(network) for network in _UNUSABLE)
    first_blocks = vpc.subnet_of(IPv4Network("10.0.0.0/15")) and block.subnet_of(IPv4Network("10.0.0.0/16"))
    if unusable or foreign is not None or block.subnet_of(_ALSO_REFUSED) or first_blocks:
        yield error(
            "router.loopback",
            f"AWS does not add its block {block} to a VPC of {vpc}",
            f"write loopback: {router_loopback(vpc)}",
        )
