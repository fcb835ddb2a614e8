"""Route tables of VPCs: routes, and which subnets look them up.

Source: Amazon VPC User Guide, "Route table concepts" and "Route priority"; error codes of CreateRoute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import network, required, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError, in_use, not_found
from awsregion.ec2.quotas import within

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_TARGETS: Final = ("TransitGatewayId", "NetworkInterfaceId", "InstanceId", "GatewayId")
_NO_ROUTE_TO: Final = "224.0.0.0/4"


def make_table(ec2: Ec2, vpc_id: str) -> Record:
    """Make a route table that holds only what every table of the VPC has."""
    identifier = ec2.new_id("rtb")
    return ec2.add(
        "route-table",
        identifier,
        {
            "RouteTableId": identifier,
            "VpcId": vpc_id,
            "OwnerId": ec2.account,
            "Associations": [],
            "PropagatingVgws": [],
            "Routes": [],
        },
    )


def association(ec2: Ec2, table_id: str, subnet_id: str | None) -> Record:
    """Return a new association: with a subnet, or as the VPC's main table."""
    made = {
        "RouteTableAssociationId": ec2.new_id("rtbassoc"),
        "RouteTableId": table_id,
        "Main": subnet_id is None,
        "AssociationState": {"State": "associated"},
    }
    return made if subnet_id is None else {**made, "SubnetId": subnet_id}


def create_route_table(ec2: Ec2, given: Given) -> Record:
    """Make a route table."""
    vpc = ec2.get("vpc", required(given, "VpcId"))
    within(ec2, "route-table", len(ec2.all("route-table", VpcId=vpc["VpcId"])), vpc["VpcId"])
    table = make_table(ec2, vpc["VpcId"])
    tag_new(ec2, given, {"route-table": [table["RouteTableId"]]})
    return {"RouteTable": ec2.tagged(table["RouteTableId"], _view(ec2, table))}


def delete_route_table(ec2: Ec2, given: Given) -> Record:
    """Delete a route table; refused while a subnet or the VPC looks routes up in it."""
    table = ec2.get("route-table", required(given, "RouteTableId"))
    if table["Associations"]:
        raise in_use(
            table["RouteTableId"],
            "routeTable",
            ", ".join(one["RouteTableAssociationId"] for one in table["Associations"]),
        )
    ec2.remove("route-table", table["RouteTableId"])
    return {}


def associate_route_table(ec2: Ec2, given: Given) -> Record:
    """Let a subnet look its routes up in a table."""
    table = ec2.get("route-table", required(given, "RouteTableId"))
    subnet = ec2.get("subnet", required(given, "SubnetId"))
    if subnet["VpcId"] != table["VpcId"]:
        raise AwsError(
            "InvalidParameterValue",
            f"Route table {table['RouteTableId']} and subnet {subnet['SubnetId']} belong to different networks",
        )
    for other in ec2.all("route-table", VpcId=table["VpcId"]):
        if any(one.get("SubnetId") == subnet["SubnetId"] for one in other["Associations"]):
            raise AwsError(
                "Resource.AlreadyAssociated",
                "the specified association for route table "
                f"{table['RouteTableId']} conflicts with an existing association",
            )
    made = association(ec2, table["RouteTableId"], subnet["SubnetId"])
    ec2.change("route-table", table["RouteTableId"], Associations=[*table["Associations"], made])
    return {"AssociationId": made["RouteTableAssociationId"], "AssociationState": made["AssociationState"]}


def disassociate_route_table(ec2: Ec2, given: Given) -> Record:
    """Give a subnet back to the main table."""
    identifier = required(given, "AssociationId")
    for table in ec2.all("route-table"):
        for one in table["Associations"]:
            if one["RouteTableAssociationId"] == identifier:
                if one["Main"]:
                    raise AwsError(
                        "InvalidParameterValue",
                        f"cannot disassociate the main route table association {identifier}",
                    )
                left = [other for other in table["Associations"] if other != one]
                ec2.change("route-table", table["RouteTableId"], Associations=left)
                return {}
    raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{identifier}' does not exist")


def create_route(ec2: Ec2, given: Given) -> Record:
    """Add a route."""
    table = ec2.get("route-table", required(given, "RouteTableId"))
    route = _route(ec2, table, given)
    if any(other["DestinationCidrBlock"] == route["DestinationCidrBlock"] for other in table["Routes"]):
        raise AwsError("RouteAlreadyExists", f"The route identified by {route['DestinationCidrBlock']} already exists.")
    within(ec2, "route", len(_view(ec2, table)["Routes"]), table["RouteTableId"])
    ec2.change("route-table", table["RouteTableId"], Routes=[*table["Routes"], route])
    return {"Return": True}


def replace_route(ec2: Ec2, given: Given) -> Record:
    """Point a route at another target."""
    table = ec2.get("route-table", required(given, "RouteTableId"))
    route = _route(ec2, table, given)
    _stored(table, route["DestinationCidrBlock"])
    routes = [
        route if other["DestinationCidrBlock"] == route["DestinationCidrBlock"] else other for other in table["Routes"]
    ]
    ec2.change("route-table", table["RouteTableId"], Routes=routes)
    return {}


def delete_route(ec2: Ec2, given: Given) -> Record:
    """Remove a route."""
    table = ec2.get("route-table", required(given, "RouteTableId"))
    route = _stored(table, required(given, "DestinationCidrBlock"))
    ec2.change("route-table", table["RouteTableId"], Routes=[other for other in table["Routes"] if other != route])
    return {}


def table_of(ec2: Ec2, subnet: Record) -> Record:
    """Return the table in which a subnet looks its routes up: its own, or the VPC's main one."""
    tables = ec2.all("route-table", VpcId=subnet["VpcId"])
    own = [t for t in tables if any(one.get("SubnetId") == subnet["SubnetId"] for one in t["Associations"])]
    return (own or [t for t in tables if any(one["Main"] for one in t["Associations"])])[0]


def is_live(ec2: Ec2, table: Record, route: Record) -> bool:
    """Tell whether a route has its target still; otherwise it is a blackhole."""
    if "TransitGatewayId" in route:
        return _attached(ec2, table["VpcId"], route["TransitGatewayId"])
    interface = ec2.find("network-interface", route.get("NetworkInterfaceId"))
    return interface is not None and interface["Status"] == "in-use"


def _route(ec2: Ec2, table: Record, given: Given) -> Record:
    destination = network(required(given, "DestinationCidrBlock"), "destinationCidrBlock")
    named = [target for target in _TARGETS if target in given]
    if len(named) != 1:
        raise AwsError("InvalidParameterCombination", f"Exactly one target is needed, of {', '.join(_TARGETS)}.")
    _check_destination(ec2, table, destination, named[0])
    target = given[named[0]]
    route = {"DestinationCidrBlock": str(destination), "Origin": "CreateRoute"}
    match named[0]:
        case "TransitGatewayId":
            if ec2.find("transit-gateway", target) is None or not _attached(ec2, table["VpcId"], target):
                # AWS says so too where the gateway exists but has no attachment in this VPC.
                raise AwsError("InvalidTransitGatewayID.NotFound", f"The transitGateway ID '{target}' does not exist.")
            return {**route, "TransitGatewayId": target}
        case "NetworkInterfaceId":
            return {**route, "NetworkInterfaceId": ec2.get("network-interface", target)["NetworkInterfaceId"]}
        case "InstanceId":
            ec2.get("instance", target)
            interfaces = ec2.all("network-interface", _instance=target)
            if len(interfaces) != 1:
                raise AwsError("InvalidInstanceID", f"There are multiple interfaces attached to instance '{target}'.")
            return {**route, "NetworkInterfaceId": interfaces[0]["NetworkInterfaceId"]}
        case _:
            raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{target}' does not exist")


def _check_destination(ec2: Ec2, table: Record, destination: IPv4Network, target: str) -> None:
    if destination.overlaps(network(_NO_ROUTE_TO)) and destination.prefixlen:
        raise AwsError("InvalidParameterValue", f"Value ({destination}) for parameter destinationCidrBlock is invalid.")
    vpc = ec2.get("vpc", table["VpcId"])
    local = [network(one["CidrBlock"]) for one in vpc["CidrBlockAssociationSet"]]
    if destination in local:
        raise AwsError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    if not any(destination.subnet_of(block) for block in local):
        return
    whole = {network(subnet["CidrBlock"]) for subnet in ec2.all("subnet", VpcId=table["VpcId"])}
    if destination not in whole or target not in {"NetworkInterfaceId", "InstanceId"}:
        raise AwsError(
            "InvalidParameterValue",
            f"The destination CIDR block {destination} is equal to or more specific than one of this VPC's CIDR "
            "blocks. This route can target only an interface or an instance, and must match a subnet's CIDR block.",
        )


def _attached(ec2: Ec2, vpc_id: str, gateway_id: str) -> bool:
    return bool(ec2.all("transit-gateway-attachment", ResourceId=vpc_id, TransitGatewayId=gateway_id))


def _stored(table: Record, destination: str) -> Record:
    block = str(network(destination, "destinationCidrBlock"))
    for route in table["Routes"]:
        if route["DestinationCidrBlock"] == block:
            found: Record = route
            return found
    raise AwsError(
        "InvalidRoute.NotFound", f"no route with destination-cidr-block {block} in route table {table['RouteTableId']}"
    )


def _view(ec2: Ec2, table: Record) -> Record:
    vpc = ec2.find("vpc", table["VpcId"])
    if vpc is None:
        raise not_found("vpc", table["VpcId"])
    local = [
        {
            "DestinationCidrBlock": one["CidrBlock"],
            "GatewayId": "local",
            "Origin": "CreateRouteTable",
            "State": "active",
        }
        for one in vpc["CidrBlockAssociationSet"]
    ]
    routes = [{**route, **_target(ec2, table, route)} for route in table["Routes"]]
    return {**table, "Routes": local + routes}


def _target(ec2: Ec2, table: Record, route: Record) -> Record:
    state = {"State": "active" if is_live(ec2, table, route) else "blackhole"}
    interface = ec2.find("network-interface", route.get("NetworkInterfaceId"))
    if interface is None or interface["_instance"] is None:
        return state
    return {**state, "InstanceId": interface["_instance"], "InstanceOwnerId": ec2.account}


describe_route_tables: Final = Listing("DescribeRouteTables", "route-table", view=_view)
