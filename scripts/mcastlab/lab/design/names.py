"""Names and numbers that more than one part must agree on: routers, interfaces, stacks and their outputs, tags."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab, Site, Subnet


AWS_ROUTER: Final = "aws-router"
"""The AWS router's host name, and within a lab its name in reports."""

ROUTER_TAG: Final = "router"
"""Its Name tag."""

LAB_TAG: Final = "mcastlab:lab"
"""The tag with the lab's name, on everything of a lab that takes tags."""

HOURS_TAG: Final = "mcastlab:hours-to-live"

INTERNET: Final = "internet"
"""The twin's network between AWS and the sites."""

_PORT: Final = "GigabitEthernet"
AWS_INTERFACE: Final = f"{_PORT}1"
"""The AWS router's first interface in the VPC. Source: Cisco, Deploying Catalyst 8000V on AWS."""

LOOPBACK: Final = "Loopback0"
"""The interface of GRE's endpoints and the RP on the AWS router; on remote ones, unless the lab file names another."""

GROUPS_ACCESS_LIST: Final = "MCASTLAB-GROUPS"
"""The access list of the groups that the rendezvous point serves."""

VPC_BOUNDARY: Final = "MCASTLAB-VPC-BOUNDARY"
"""The access list by which nothing that came from the VPC goes back into it."""


NOWHERE: Final = "Null0"
"""The interface into which a remote router's route to GRE's other end leads while BGP has none."""

GRE_FALLBACK_DISTANCE: Final = 250
"""Of that route: above BGP's 20 and 200. Source: Cisco, What is administrative distance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterNames:
    """The names that templates write and others look for on a router."""

    loopback: str = LOOPBACK
    vpc_interface: str = AWS_INTERFACE
    groups_access_list: str = GROUPS_ACCESS_LIST
    vpc_boundary: str = VPC_BOUNDARY
    gre_fallback_distance: int = GRE_FALLBACK_DISTANCE


def aws_interface(index: int) -> str:
    """Return the name of the AWS router's interface with a device index. Source: as above, in the order of attachment.

    >>> aws_interface(0), aws_interface(1)
    ('GigabitEthernet1', 'GigabitEthernet2')
    """
    return f"{_PORT}{index + 1}"


SSM_SERVICES: Final = ("ssm", "ssmmessages", "ec2messages")
"""What the SSM agent talks to, by an endpoint each. Source: AWS Systems Manager user guide, VPC endpoints."""

WITHOUT_EC2MESSAGES: Final = frozenset(
    {"ap-east-2", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "mx-central-1"}
)
"""Regions launched in 2024 or later, where the agent uses ssmmessages alone. Source: AWS Systems Manager user guide,
Reference: ec2messages, ssmmessages, and other API operations."""


def ssm_services(region: str) -> tuple[str, ...]:
    """Return what the SSM agent talks to in a Region.

    >>> ssm_services("us-east-1"), ssm_services("mx-central-1")
    (('ssm', 'ssmmessages', 'ec2messages'), ('ssm', 'ssmmessages'))
    """
    return tuple(each for each in SSM_SERVICES if each != "ec2messages" or region not in WITHOUT_EC2MESSAGES)


def site_router(site: str) -> str:
    """Return the name of a site's router within a lab.

    >>> site_router("berlin")
    'berlin-router'
    """
    return f"{site}-router"


def in_reports(lab: Lab, router: str) -> str:
    """Return the name of a router in reports: the lab's name before its name within the lab."""
    return f"{lab.name}/{router}"


def within_lab(router: str) -> str:
    """Return the name within its lab of a router that reports name.

    >>> within_lab("demo/aws-router")
    'aws-router'
    """
    return router.rpartition("/")[2]


def aws_router_name(lab: Lab) -> str:
    """Return the name of the AWS router in reports."""
    return in_reports(lab, AWS_ROUTER)


def remote_router_name(lab: Lab, site: Site) -> str:
    """Return the name of a remote router in reports."""
    return in_reports(lab, site_router(site.name))


def lan_name(site: str) -> str:
    """Return the name of a site's LAN in the twin's shell."""
    return f"{site}-lan"


def zone_of(lab: Lab, subnet: Subnet) -> str:
    """Return the name of the availability zone of a subnet: ``us-east-1a``."""
    return f"{lab.region}{subnet.zone}"


class StackRole(StrEnum):
    """The stacks of a lab that it has one of."""

    NETWORK = "Network"
    ROUTER = "Router"
    HOSTS = "Hosts"


def stack_name(lab: Lab, role: StackRole) -> str:
    """Return the name of a stack: the lab's name and the stack's role."""
    return f"{lab.name}-{role}"


def site_stack_name(lab: Lab, site: str) -> str:
    """Return the name of a remote site's stack."""
    return f"{lab.name}-Site-{site}"


def stacks_by_site(lab: Lab) -> Mapping[str, str | None]:
    """Return the names of all stacks of a lab in the order in which they can be made, each with the site it is for."""
    return {
        stack_name(lab, StackRole.NETWORK): None,
        **{site_stack_name(lab, site.name): site.name for site in lab.sites},
        stack_name(lab, StackRole.ROUTER): None,
        stack_name(lab, StackRole.HOSTS): None,
    }


def stack_names(lab: Lab) -> tuple[str, ...]:
    """Return the names of all stacks of a lab, in the order in which they can be made."""
    return tuple(stacks_by_site(lab))


class OutputKey(StrEnum):
    """The outputs of the stacks, each published once and read once."""

    MULTICAST_DOMAIN = "MulticastDomainId"
    TRANSIT_GATEWAY = "TransitGatewayId"
    VPN_CONNECTION = "VpnConnectionId"
    ROUTER_INSTANCE = "RouterInstanceId"
    ROUTER_KEY_PAIR = "RouterKeyPairId"
    HOST_INSTANCES = "HostInstanceIds"
    """Comma separated, in the order of `Lab.host_names`."""
