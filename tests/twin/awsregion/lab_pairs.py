"""Random pairs of lab files, and what the API shows of a lab that was deployed, without ids."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from mcastlab.lab.design.names import LAB_TAG
from mcastlab.lab.document import parse

if TYPE_CHECKING:
    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

SUBNETS = (
    ("a1", "10.10.1.0/24", "a"),
    ("a2", "10.10.2.0/24", "a"),
    ("b1", "10.10.3.0/24", "b"),
    ("c1", "10.10.4.0/24", "c"),
)
SITES = ("berlin", "oslo", "rome")
HOSTS = ("camera", "doppel", "player")
GROUPS = ("audio", "page", "video", "wall")


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """A lab of some zones, subnets, sites, hosts and groups, each group bridged in one of the two ways."""
    subnets = draw(st.lists(st.sampled_from(SUBNETS), min_size=1, unique=True))
    router = draw(st.sampled_from(subnets))
    hosts = {
        name: draw(st.sampled_from(subnets)) for name in draw(st.lists(st.sampled_from(HOSTS), min_size=1, unique=True))
    }
    counts = {name: draw(st.integers(1, 2)) for name in hosts}
    sites = draw(st.lists(st.sampled_from(SITES), min_size=1, unique=True))
    # Senders to remote sites stand in the router's zone.
    near = [name for name, subnet in hosts.items() if subnet[2] == router[2]]
    groups = draw(st.lists(st.sampled_from(GROUPS), min_size=1, unique=True))
    return parse(
        {
            "name": "pair",
            "vpc": {
                "cidr": "10.10.0.0/16",
                "subnets": [{"name": name, "cidr": cidr, "zone": zone} for name, cidr, zone in subnets],
            },
            "router": {"subnet": router[0], "instance_type": "c5n.xlarge"},
            "hosts": [{"name": name, "subnet": subnet[0], "count": counts[name]} for name, subnet in hosts.items()],
            "sites": [_site(name) for name in sites],
            "groups": [
                {
                    "name": name,
                    "address": f"239.1.1.{1 + GROUPS.index(name)}",
                    "bridge": draw(st.sampled_from(("join", "static"))),
                    "senders": [*sites, *(host for host in near if draw(st.booleans()))],
                }
                for name in groups
            ],
        },
        "pair",
    )


def _site(name: str) -> dict[str, Any]:
    number = SITES.index(name)
    return {
        "name": name,
        "router": {
            "ssh": f"{name}-router",
            "asn": 65100 + number,
            "wan": f"203.0.113.{4 * number + 2}/30",
            "lan": f"192.168.{50 + number}.1/24",
        },
        "devices": [{"name": f"phone-{number}", "address": f"192.168.{50 + number}.20"}],
    }


def instances(clients: Clients) -> dict[str, str]:
    """Return the ids of the instances by their names."""
    ec2: Any = clients.ec2
    found = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    return {_name(one): one["InstanceId"] for one in found if one["State"]["Name"] != "terminated"}


def unchanging(clients: Clients) -> dict[str, set[str]]:
    """Return the ids of what no change replaces, and of connections by their customer gateways' addresses."""
    ec2: Any = clients.ec2
    vpn = _alive(ec2.describe_vpn_connections()["VpnConnections"])
    return {
        "vpc": {one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]},
        "gateway": {one["TransitGatewayId"] for one in _alive(ec2.describe_transit_gateways()["TransitGateways"])},
        "attachment": {
            one["TransitGatewayAttachmentId"]
            for one in _alive(ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"])
        },
        "domain": {
            one["TransitGatewayMulticastDomainId"]
            for one in _alive(ec2.describe_transit_gateway_multicast_domains()["TransitGatewayMulticastDomains"])
        },
        **{f"vpn {name}": {one["VpnConnectionId"]} for one in vpn for name in [_stack(one)]},
    }


def observed(clients: Clients) -> dict[str, Any]:
    """Return what the API shows of all that there is, by names, blocks and zones: equal for equal labs."""
    ec2: Any = clients.ec2
    cidrs = {one["SubnetId"]: one["CidrBlock"] for one in ec2.describe_subnets()["Subnets"]}
    interfaces = {
        one["NetworkInterfaceId"]: cidrs[one["SubnetId"]]
        for one in ec2.describe_network_interfaces()["NetworkInterfaces"]
    }
    groups = {one["GroupId"]: one["Description"] for one in ec2.describe_security_groups()["SecurityGroups"]}
    domains = _alive(ec2.describe_transit_gateway_multicast_domains()["TransitGatewayMulticastDomains"])
    running = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    return {
        "stacks": sorted(one["StackName"] for one in clients.cloudformation.describe_stacks()["Stacks"]),
        # The loopback's own, in which nothing lives, stays in the zone in which it was made.
        "subnets": sorted(
            (one["CidrBlock"], one["AvailabilityZone"] if one["CidrBlock"].startswith("10.10.") else "")
            for one in ec2.describe_subnets()["Subnets"]
        ),
        "attached": sorted(
            cidrs[subnet]
            for one in _alive(ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"])
            for subnet in one["SubnetIds"]
        ),
        "associated": sorted(
            cidrs[one["Subnet"]["SubnetId"]]
            for domain in domains
            for one in ec2.get_transit_gateway_multicast_domain_associations(
                TransitGatewayMulticastDomainId=domain["TransitGatewayMulticastDomainId"]
            )["MulticastDomainAssociations"]
            if one["Subnet"]["State"] == "associated"
        ),
        "endpoints": sorted(
            (one["ServiceName"], *sorted(cidrs[subnet] for subnet in one["SubnetIds"]))
            for one in _alive(ec2.describe_vpc_endpoints()["VpcEndpoints"])
        ),
        "connect": sorted(
            cidrs[one["SubnetId"]]
            for one in ec2.describe_instance_connect_endpoints()["InstanceConnectEndpoints"]
            if one["State"] == "create-complete"
        ),
        "routes": sorted(
            (
                cidrs.get(table["Associations"][0].get("SubnetId", ""), "") if table["Associations"] else "",
                route["DestinationCidrBlock"],
                _target(route, interfaces),
            )
            for table in ec2.describe_route_tables()["RouteTables"]
            for route in table["Routes"]
        ),
        "rules": Counter(
            (
                groups[one["GroupId"]],
                one["IsEgress"],
                one["IpProtocol"],
                one.get("FromPort"),
                one.get("ToPort"),
                one.get("CidrIpv4") or groups.get(one.get("ReferencedGroupInfo", {}).get("GroupId", ""), ""),
            )
            for one in ec2.describe_security_group_rules()["SecurityGroupRules"]
        ),
        "instances": sorted(
            (
                _name(one),
                one["InstanceType"],
                one["ImageId"],
                one["MetadataOptions"]["HttpTokens"],
                *sorted(interfaces[each["NetworkInterfaceId"]] for each in one["NetworkInterfaces"]),
            )
            for one in running
            if one["State"]["Name"] != "terminated"
        ),
        "members": sorted(
            (row["GroupIpAddress"], interfaces[row["NetworkInterfaceId"]])
            for domain in domains
            for row in ec2.search_transit_gateway_multicast_groups(
                TransitGatewayMulticastDomainId=domain["TransitGatewayMulticastDomainId"]
            )["MulticastGroups"]
            if row["MemberType"] == "static"
        ),
        "vpn": sorted(_stack(one) for one in _alive(ec2.describe_vpn_connections()["VpnConnections"])),
    }


def _alive(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one.get("State") not in {"deleted", "deleting"}]


def _name(record: dict[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in record.get("Tags", ())}
    assert LAB_TAG in tags
    return str(tags["Name"])


def _stack(record: dict[str, Any]) -> str:
    return next(str(tag["Value"]) for tag in record["Tags"] if tag["Key"] == "aws:cloudformation:stack-name")


def _target(route: dict[str, Any], interfaces: dict[str, str]) -> str:
    if "NetworkInterfaceId" in route:
        return interfaces.get(route["NetworkInterfaceId"], "nothing")
    return "gateway" if "TransitGatewayId" in route else str(route.get("GatewayId"))
