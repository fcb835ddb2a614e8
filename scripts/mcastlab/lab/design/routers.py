"""What each router of a lab is to be: where it runs PIM, where its members are, and where its GRE tunnels end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.lab.design.names import AWS_INTERFACE, LOOPBACK, aws_interface, aws_router_name, remote_router_name
from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab, Site, Subnet


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcInterface:
    """An interface of the AWS router in a member subnet."""

    name: str
    """On the router: ``GigabitEthernet1``."""
    index: int
    """The device index of the network interface."""
    subnet: Subnet


def vpc_interfaces(lab: Lab) -> tuple[VpcInterface, ...]:
    """Return the AWS router's interfaces in the VPC.

    The first one, in the router's own subnet, takes part in every group: what comes from afar leaves by it alone. The
    others are beside senders of other subnets, whose datagrams they take in, and nothing leaves by them.
    """
    subnets = {subnet.name: subnet for subnet in lab.vpc.subnets}
    return tuple(
        VpcInterface(name=aws_interface(index), index=index, subnet=subnets[name])
        for index, name in enumerate(Roles(lab).router_subnets)
    )


def sender_interfaces(lab: Lab) -> tuple[VpcInterface, ...]:
    """Return the AWS router's interfaces beside its first one."""
    return vpc_interfaces(lab)[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterDesign:
    """What a router of the design has. `site` is None for the AWS router."""

    name: str
    """In reports."""
    site: Site | None
    pim_interfaces: tuple[str, ...]
    """Every interface of a path, on which PIM must run."""
    member_interface: str
    """The interface with the members and the senders of its side."""
    sender_interfaces: tuple[str, ...] = ()
    """Further interfaces, with senders alone."""
    gre_ends: tuple[IPv4Address, ...]
    """The loopbacks at the other ends of its GRE tunnels."""


def designed_routers(lab: Lab) -> tuple[RouterDesign, ...]:
    """Return every router of the design, the AWS router first."""
    further = tuple(each.name for each in sender_interfaces(lab))
    return (
        RouterDesign(
            name=aws_router_name(lab),
            site=None,
            pim_interfaces=(LOOPBACK, AWS_INTERFACE, *further, *(site.gre_interface for site in lab.sites)),
            member_interface=AWS_INTERFACE,
            sender_interfaces=further,
            gre_ends=tuple(site.router.loopback for site in lab.sites),
        ),
        *(
            RouterDesign(
                name=remote_router_name(lab, site),
                site=site,
                pim_interfaces=(site.router.loopback_interface, site.router.lan.interface, site.gre_interface),
                member_interface=site.router.lan.interface,
                gre_ends=(lab.router.loopback,),
            )
            for site in lab.sites
        ),
    )
