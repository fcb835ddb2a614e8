"""What a Region and its zones offer of what a lab needs: instance types, endpoint services, features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import ec2_filter, list_all
from mcastlab.aws.deployment_problem import DeploymentProblem
from mcastlab.lab.design.addresses import subnet_of_each_zone
from mcastlab.lab.design.names import ssm_services, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

_ABSENT: Final = frozenset(
    {"InvalidAction", "Unsupported", "UnsupportedOperation", "UnknownOperationException", "OperationNotPermitted"}
)
"""Codes of what a Region has not. Source: EC2 API Reference, Error codes."""
_FEATURES: Final = {
    "Transit Gateway multicast": "describe_transit_gateway_multicast_domains",
    "EC2 Instance Connect Endpoint": "describe_instance_connect_endpoints",
    "Site-to-Site VPN": "describe_vpn_connections",
}
"""What a lab needs of a Region, each with an action that lists it."""
_ANOTHER: Final = "choose another Region, with region: of the lab file"


def types_by_zone(lab: Lab) -> tuple[tuple[str, str], ...]:
    """Return each instance type of a lab with the zone that it is to run in."""
    machines = {(lab.router.instance_type, zone_of(lab, lab.subnet(lab.router.subnet)))}
    hosts = {(each.instance_type, zone_of(lab, lab.subnet(each.subnet))) for each in lab.hosts}
    return tuple(sorted(machines | hosts))


def types_not_offered(clients: Clients, lab: Lab) -> Iterator[DeploymentProblem]:
    """Yield the instance types that their zones do not offer."""
    types = types_by_zone(lab)
    answer = clients.ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": sorted({kind for kind, _ in types})}],
    )
    offered = {(str(each["InstanceType"]), each["Location"]) for each in answer["InstanceTypeOfferings"]}
    for kind, zone in types:
        if (kind, zone) not in offered:
            yield DeploymentProblem(
                what=f"{kind} is not offered in {zone}",
                remedy=f"give the subnet another zone of {lab.region}, or the machine another type of the Nitro kind",
            )


def services_not_offered(clients: Clients, lab: Lab) -> Iterator[DeploymentProblem]:
    """Yield the services of the SSM agent that have no endpoint in the Region, or in a zone that needs one."""
    names = {f"com.amazonaws.{lab.region}.{each}": each for each in ssm_services(lab.region)}
    filters = ec2_filter("service-name", sorted(names))
    found = list_all(clients.ec2, "describe_vpc_endpoint_services", "ServiceDetails", Filters=filters)
    zones: dict[str, set[str]] = {}
    for each in found:
        zones.setdefault(each["ServiceName"], set()).update(each["AvailabilityZones"])
    needed = {zone_of(lab, lab.subnet(name)) for name in subnet_of_each_zone(lab).values()}
    for name, short in names.items():
        if name not in zones:
            yield DeploymentProblem(what=f"{lab.region} has no VPC endpoints for {short}", remedy=_ANOTHER)
            continue
        for zone in sorted(needed - zones[name]):
            yield DeploymentProblem(
                what=f"{zone} has no VPC endpoints for {short}",
                remedy=f"give the subnets there another zone of {lab.region}",
            )


def features_not_there(clients: Clients, lab: Lab) -> Iterator[DeploymentProblem]:
    """Yield what the Region has not that a lab is made of."""
    for feature, action in _FEATURES.items():
        try:
            getattr(clients.ec2, action)()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _ABSENT:
                raise
            yield DeploymentProblem(what=f"{lab.region} has no {feature}", remedy=_ANOTHER)
