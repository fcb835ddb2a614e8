"""What each router of a lab is to be: where it runs PIM, where its members are, and where its GRE tunnels end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.lab.design.names import AWS_INTERFACE, LOOPBACK, aws_router_name, remote_router_name

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab, Site


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
    gre_ends: tuple[IPv4Address, ...]
    """The loopbacks at the other ends of its GRE tunnels."""


def designed_routers(lab: Lab) -> tuple[RouterDesign, ...]:
    """Return every router of the design, the AWS router first."""
    return (
        RouterDesign(
            name=aws_router_name(lab),
            site=None,
            pim_interfaces=(LOOPBACK, AWS_INTERFACE, *(site.gre_interface for site in lab.sites)),
            member_interface=AWS_INTERFACE,
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
