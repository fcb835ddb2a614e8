"""The cloud half of a lab as AWS tells it. Asks only, many questions at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from mcastlab.aws.clients import asking, batched, ec2_filter, list_all
from mcastlab.aws.observe_gateway import domain_of, gateway_of, vpns_of
from mcastlab.aws.stacks import statuses_of
from mcastlab.verify.snapshot.aws import (
    ObservedAws,
    ObservedInstance,
    ObservedInterface,
    ObservedRule,
    ObservedSecurityGroup,
    ObservedSubnet,
    VpcRoute,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab

MOST_IDS = 200
"""Values of one filter. Source: EC2 API reference, Filter."""
_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1"}
_ROUTE_TARGETS = (
    "NetworkInterfaceId",
    "TransitGatewayId",
    "NatGatewayId",
    "VpcPeeringConnectionId",
    "InstanceId",
    "GatewayId",
)
"""What a route may lead to. A route to an instance's interface names both; the interface says more."""


def observe_account(clients: Clients, lab: Lab) -> ObservedAws:
    """Return who asks, and the state of the lab's stacks.

    Raises:
        RefusedError: AWS refuses or cannot be reached.
    """
    with asking("asking AWS who we are"):
        account = clients.sts.get_caller_identity()["Account"]
    return ObservedAws(account=account, stacks=statuses_of(clients, lab))


def observe_cloud(clients: Clients, facts: Facts, account: ObservedAws) -> ObservedAws:
    """Return what AWS tells of the whole cloud half, added to what `observe_account` found.

    Raises:
        RefusedError: AWS refuses or cannot be reached.
    """
    ec2 = clients.ec2
    ids = [facts.router_instance_id, *facts.host_instance_ids.values()]
    with ThreadPoolExecutor(max_workers=4) as pool:
        instances_asked = pool.submit(_instances, ec2, ids)
        domain_asked = pool.submit(domain_of, ec2, facts.multicast_domain_id)
        vpns_asked = pool.submit(vpns_of, ec2, facts)
        instances, domain, vpns = instances_asked.result(), domain_asked.result(), vpns_asked.result()
        vpc_ids = sorted({vpc_id for vpc_id, _ in instances.values()})
        groups_asked = pool.submit(_security_groups, ec2, vpc_ids)
        network_asked = pool.submit(_network, ec2, vpc_ids)
        gateway_asked = pool.submit(gateway_of, ec2, None if domain is None else domain.gateway_id)
        subnets, tables = network_asked.result()
        attachments, gateway_tables = gateway_asked.result()
        groups = groups_asked.result()
    by_id = {instance_id: view for instance_id, (_, view) in instances.items()}
    return ObservedAws(
        account=account.account,
        stacks=account.stacks,
        router=by_id.get(facts.router_instance_id),
        hosts={name: by_id[each] for name, each in facts.host_instance_ids.items() if each in by_id},
        security_groups=groups,
        subnets=subnets,
        route_tables=tables,
        attachments=attachments,
        gateway_tables=gateway_tables,
        vpns=vpns,
        domain=domain,
    )


@asking("reading the instances")
def _instances(ec2: Any, ids: list[str]) -> dict[str, tuple[str, ObservedInstance]]:
    """Return each instance that there is with the id of its VPC, by its own id."""
    # By filter: an id that is gone is no error then.
    found = [
        each
        for some in batched(ids, MOST_IDS)
        for each in list_all(
            ec2, "describe_instances", "Reservations", "Instances", Filters=ec2_filter("instance-id", some)
        )
    ]
    types = sorted({each["InstanceType"] for each in found})
    described = ec2.describe_instance_types(InstanceTypes=types)["InstanceTypes"] if types else []
    nitro = {each["InstanceType"]: each.get("Hypervisor") == "nitro" or each.get("BareMetal") for each in described}
    return {
        each["InstanceId"]: (each.get("VpcId", ""), _instance(each, nitro.get(each["InstanceType"]))) for each in found
    }


def _instance(each: Mapping[str, Any], nitro: bool | None) -> ObservedInstance:  # noqa: FBT001
    first, *others = sorted(each.get("NetworkInterfaces", []), key=_device_index) or [{}]
    interface: Mapping[str, Any] = first
    address = interface.get("PrivateIpAddress") or each.get("PrivateIpAddress")
    return ObservedInstance(
        instance_id=each["InstanceId"],
        state=each["State"]["Name"],
        instance_type=each["InstanceType"],
        nitro=nitro,
        source_dest_check=interface.get("SourceDestCheck", each.get("SourceDestCheck", True)),
        address=IPv4Address(address) if address else None,
        subnet_id=interface.get("SubnetId") or each.get("SubnetId", ""),
        interface_id=interface.get("NetworkInterfaceId", ""),
        security_groups=_group_ids(interface),
        others=tuple(
            ObservedInterface(
                interface_id=other["NetworkInterfaceId"],
                subnet_id=other["SubnetId"],
                source_dest_check=other["SourceDestCheck"],
                security_groups=_group_ids(other),
            )
            for other in others
        ),
    )


def _device_index(interface: Mapping[str, Any]) -> int:
    return int(interface.get("Attachment", {}).get("DeviceIndex", 0))


def _group_ids(interface: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(group["GroupId"] for group in interface.get("Groups", []))


@asking("reading the security groups")
def _security_groups(ec2: Any, vpc_ids: list[str]) -> dict[str, ObservedSecurityGroup]:
    found = list_all(
        ec2, "describe_security_groups", "SecurityGroups", Filters=ec2_filter("vpc-id", vpc_ids or ["none"])
    )
    return {
        group["GroupId"]: ObservedSecurityGroup(
            group_id=group["GroupId"],
            name=group["GroupName"],
            rules=(*_rules(group, "IpPermissions"), *_rules(group, "IpPermissionsEgress")),
        )
        for group in found
    }


def _rules(group: Mapping[str, Any], key: str) -> Iterator[ObservedRule]:
    for entry in group.get(key, []):
        protocol = _NUMBERS.get(entry["IpProtocol"], entry["IpProtocol"])
        for peer in entry.get("IpRanges", []):
            yield ObservedRule(
                egress=key == "IpPermissionsEgress",
                protocol=protocol,
                first_port=entry.get("FromPort"),
                last_port=entry.get("ToPort"),
                network=IPv4Network(peer["CidrIp"]),
            )


@asking("reading subnets and route tables")
def _network(ec2: Any, vpc_ids: list[str]) -> tuple[tuple[ObservedSubnet, ...], dict[str, tuple[VpcRoute, ...]]]:
    filters = ec2_filter("vpc-id", vpc_ids or ["none"])
    subnets = list_all(ec2, "describe_subnets", "Subnets", Filters=filters)
    tables = list_all(ec2, "describe_route_tables", "RouteTables", Filters=filters)
    used: dict[str | None, str] = {}
    for table in tables:
        for association in table.get("Associations", []):
            # A subnet without a table of its own uses its VPC's main one.
            key = None if association.get("Main") else association.get("SubnetId")
            used[key] = table["RouteTableId"]
    views = tuple(
        ObservedSubnet(
            subnet_id=each["SubnetId"],
            cidr=IPv4Network(each["CidrBlock"]),
            table_id=used.get(each["SubnetId"], used.get(None)),
        )
        for each in subnets
    )
    return views, {table["RouteTableId"]: tuple(_vpc_routes(table)) for table in tables}


def _vpc_routes(table: Mapping[str, Any]) -> Iterator[VpcRoute]:
    for route in table.get("Routes", []):
        if "DestinationCidrBlock" in route:
            yield VpcRoute(
                network=IPv4Network(route["DestinationCidrBlock"]),
                target=next((route[key] for key in _ROUTE_TARGETS if route.get(key)), ""),
                active=route.get("State") == "active",
            )
