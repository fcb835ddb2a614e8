"""Names that more than one part must agree on: stacks and their outputs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


AWS_ROUTER: Final = "aws-router"
"""The AWS router's host name, and what reports call it."""

ROUTER_TAG: Final = "router"
"""Its Name tag."""

INTERNET: Final = "internet"
"""The twin's network between AWS and the sites."""


def far_router_name(site: str) -> str:
    """Return what reports call a far router, within a lab."""
    return f"{site}-router"


def lan_name(site: str) -> str:
    """Return what the twin's shell calls a site's LAN."""
    return f"{site}-lan"


class StackRole(StrEnum):
    """The stacks of a lab that it has one of."""

    NETWORK = "Network"
    ROUTER = "Router"
    HOSTS = "Hosts"


def stack_name(lab: Lab, role: StackRole) -> str:
    """Return the name of a stack: the lab's name and the stack's role."""
    return f"{lab.name}-{role}"


def site_stack_name(lab: Lab, site: str) -> str:
    """Return the name of a far site's stack."""
    return f"{lab.name}-Site-{site}"


def stack_names(lab: Lab) -> tuple[str, ...]:
    """Return the names of all stacks of a lab, in the order in which they can be made."""
    return (
        stack_name(lab, StackRole.NETWORK),
        *(site_stack_name(lab, site.name) for site in lab.sites),
        stack_name(lab, StackRole.ROUTER),
        stack_name(lab, StackRole.HOSTS),
    )


class OutputKey(StrEnum):
    """The outputs of the stacks, each published once and read once."""

    MULTICAST_DOMAIN = "MulticastDomainId"
    TRANSIT_GATEWAY = "TransitGatewayId"
    VPN_CONNECTION = "VpnConnectionId"
    ROUTER_INSTANCE = "RouterInstanceId"
    ROUTER_KEY_PAIR = "RouterKeyPairId"
    HOST_INSTANCES = "HostInstanceIds"
    """Comma separated, in the order of `Lab.host_names`."""
