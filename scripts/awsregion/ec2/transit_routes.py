"""Route tables of Transit Gateways: associations, propagations, static routes, and the routes that come of them.

Source: AWS Transit Gateway user guide, "Transit gateway route tables", "Route evaluation order".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import network, required, tag_new
from awsregion.ec2.describe import Listing, listed
from awsregion.ec2.errors import AwsError
from awsregion.ec2.quotas import within

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


def make_gateway_table(ec2: Ec2, gateway_id: str, *, association: bool = False, propagation: bool = False) -> Record:
    """Make a route table of a gateway, perhaps as a default one."""
    identifier = ec2.new_id("tgw-rtb")
    return ec2.add(
        "transit-gateway-route-table",
        identifier,
        {
            "TransitGatewayRouteTableId": identifier,
            "TransitGatewayId": gateway_id,
            "State": "available",
            "DefaultAssociationRouteTable": association,
            "DefaultPropagationRouteTable": propagation,
            "CreationTime": ec2.now(),
        },
    )


def join_default_tables(ec2: Ec2, gateway: Record, attachment_id: str) -> None:
    """Associate a new attachment with the gateway's default table, and let it propagate, where that is on."""
    options = gateway["Options"]
    if options["DefaultRouteTableAssociation"] == "enable":
        _associate(ec2, options["AssociationDefaultRouteTableId"], attachment_id)
    if options["DefaultRouteTablePropagation"] == "enable":
        _propagate(ec2, options["PropagationDefaultRouteTableId"], attachment_id)


def forget_attachment(ec2: Ec2, attachment_id: str) -> None:
    """Take an attachment out of all tables. Static routes to it stay, as blackholes."""
    for table in ("gateway-association", "gateway-propagation"):
        for record in ec2.all(table, TransitGatewayAttachmentId=attachment_id):
            ec2.remove(table, record["_key"])


def create_transit_gateway_route_table(ec2: Ec2, given: Given) -> Record:
    """Make a route table."""
    gateway = ec2.ready("transit-gateway", required(given, "TransitGatewayId"))
    there = ec2.holding("transit-gateway-route-table", TransitGatewayId=gateway["TransitGatewayId"])
    within(ec2, "transit-gateway-route-table", len(there), gateway["TransitGatewayId"])
    record = make_gateway_table(ec2, gateway["TransitGatewayId"])
    record = ec2.settling("transit-gateway-route-table", record["TransitGatewayRouteTableId"])
    tag_new(ec2, given, {"transit-gateway-route-table": [record["TransitGatewayRouteTableId"]]})
    return {"TransitGatewayRouteTable": ec2.tagged(record["TransitGatewayRouteTableId"], record)}


def delete_transit_gateway_route_table(ec2: Ec2, given: Given) -> Record:
    """Delete a route table; refused while attachments are associated with it, or it is a default one."""
    record = _table(ec2, given)
    identifier = record["TransitGatewayRouteTableId"]
    left = ec2.all("gateway-association", TransitGatewayRouteTableId=identifier)
    if left or record["DefaultAssociationRouteTable"] or record["DefaultPropagationRouteTable"]:
        named = ", ".join(one["TransitGatewayAttachmentId"] for one in left) or "it is a default route table"
        raise AwsError("IncorrectState", f"{identifier} has associations and cannot be deleted: {named}.")
    for table in ("gateway-propagation", "gateway-route"):
        for one in ec2.all(table, TransitGatewayRouteTableId=identifier):
            ec2.remove(table, one["_key"])
    shown = ec2.tagged(identifier, record) | {"State": "deleting"}
    ec2.retire("transit-gateway-route-table", identifier, State="deleted", brief=True)
    return {"TransitGatewayRouteTable": shown}


def associate_transit_gateway_route_table(ec2: Ec2, given: Given) -> Record:
    """Let an attachment look routes up in a table; it may do so in one only."""
    record = _associate(ec2, _table(ec2, given)["TransitGatewayRouteTableId"], _attachment(ec2, given))
    return {"Association": record | {"State": "associating"}}


def disassociate_transit_gateway_route_table(ec2: Ec2, given: Given) -> Record:
    """Take an attachment's table away."""
    record = _related(ec2, "gateway-association", given)
    if record is None:
        raise AwsError("InvalidAssociation.NotFound", "The Transit Gateway Route Table association does not exist.")
    ec2.remove("gateway-association", record["_key"])
    return {"Association": record | {"State": "disassociating"}}


def enable_transit_gateway_route_table_propagation(ec2: Ec2, given: Given) -> Record:
    """Let a table learn an attachment's routes."""
    return {"Propagation": _propagate(ec2, _table(ec2, given)["TransitGatewayRouteTableId"], _attachment(ec2, given))}


def disable_transit_gateway_route_table_propagation(ec2: Ec2, given: Given) -> Record:
    """Let a table forget an attachment's routes."""
    record = _related(ec2, "gateway-propagation", given)
    if record is None:
        raise AwsError(
            "TransitGatewayRouteTablePropagation.NotFound",
            "The Transit Gateway Route Table propagation does not exist.",
        )
    ec2.remove("gateway-propagation", record["_key"])
    return {"Propagation": record | {"State": "disabled"}}


def create_transit_gateway_route(ec2: Ec2, given: Given) -> Record:
    """Add a static route, to an attachment or to nowhere."""
    identifier = _table(ec2, given)["TransitGatewayRouteTableId"]
    block = str(network(required(given, "DestinationCidrBlock"), "DestinationCidrBlock"))
    blackhole = bool(given.get("Blackhole", False))
    if blackhole == ("TransitGatewayAttachmentId" in given):
        raise AwsError("InvalidParameterCombination", "Either a Transit Gateway attachment or Blackhole is needed.")
    if ec2.all("gateway-route", TransitGatewayRouteTableId=identifier, DestinationCidrBlock=block):
        raise AwsError("RouteAlreadyExists", f"Route with DestinationCidrBlock {block} already exists in {identifier}.")
    within(ec2, "gateway-route", len(ec2.all("gateway-route", TransitGatewayRouteTableId=identifier)), identifier)
    key = f"{identifier}|{block}"
    record = ec2.add(
        "gateway-route",
        key,
        {
            "TransitGatewayRouteTableId": identifier,
            "DestinationCidrBlock": block,
            "TransitGatewayAttachmentId": None if blackhole else _attachment(ec2, given),
            "_key": key,
        },
    )
    return {"Route": _static(ec2, record)}


def delete_transit_gateway_route(ec2: Ec2, given: Given) -> Record:
    """Remove a static route."""
    identifier = _table(ec2, given)["TransitGatewayRouteTableId"]
    block = str(network(required(given, "DestinationCidrBlock"), "DestinationCidrBlock"))
    for record in ec2.all("gateway-route", TransitGatewayRouteTableId=identifier, DestinationCidrBlock=block):
        ec2.remove("gateway-route", record["_key"])
        return {"Route": _static(ec2, record) | {"State": "deleted"}}
    raise AwsError("InvalidRoute.NotFound", f"Route with DestinationCidrBlock {block} does not exist in {identifier}.")


def search_transit_gateway_routes(ec2: Ec2, given: Given) -> Record:
    """List a table's routes: static ones, and those that it learnt. A static route hides a learnt one."""
    identifier = _table(ec2, given)["TransitGatewayRouteTableId"]
    required(given, "Filters")
    found = {one["DestinationCidrBlock"]: one for one in _propagated(ec2, identifier)}
    static = [_static(ec2, one) for one in ec2.all("gateway-route", TransitGatewayRouteTableId=identifier)]
    found |= {one["DestinationCidrBlock"]: one for one in static}
    also = {
        "route-search.exact-match": "DestinationCidrBlock",
        "attachment.transit-gateway-attachment-id": "TransitGatewayAttachments.TransitGatewayAttachmentId",
        "attachment.resource-id": "TransitGatewayAttachments.ResourceId",
        "attachment.resource-type": "TransitGatewayAttachments.ResourceType",
    }
    shown = listed(ec2, "SearchTransitGatewayRoutes", found.values(), given, also)
    return {**shown, "AdditionalRoutesAvailable": "NextToken" in shown}


def get_transit_gateway_route_table_associations(ec2: Ec2, given: Given) -> Record:
    """List the attachments that look routes up in a table."""
    return _related_to(ec2, given, "gateway-association", "GetTransitGatewayRouteTableAssociations")


def get_transit_gateway_route_table_propagations(ec2: Ec2, given: Given) -> Record:
    """List the attachments whose routes a table learns."""
    return _related_to(ec2, given, "gateway-propagation", "GetTransitGatewayRouteTablePropagations")


def _related_to(ec2: Ec2, given: Given, kind: str, action: str) -> Record:
    found = ec2.all(kind, TransitGatewayRouteTableId=_table(ec2, given)["TransitGatewayRouteTableId"])
    return listed(ec2, action, [_without_table(one) for one in found], given)


def _table(ec2: Ec2, given: Given) -> Record:
    return ec2.get("transit-gateway-route-table", required(given, "TransitGatewayRouteTableId"))


def _attachment(ec2: Ec2, given: Given) -> str:
    record = ec2.get("transit-gateway-attachment", required(given, "TransitGatewayAttachmentId"))
    identifier: str = record["TransitGatewayAttachmentId"]
    return identifier


def _related(ec2: Ec2, table: str, given: Given) -> Record | None:
    key = f"{_table(ec2, given)['TransitGatewayRouteTableId']}|{_attachment(ec2, given)}"
    return ec2.find(table, key)


def _relation(ec2: Ec2, table: str, table_id: str, attachment_id: str, state: str) -> Record:
    attachment = ec2.get("transit-gateway-attachment", attachment_id)
    if attachment["TransitGatewayId"] != ec2.get("transit-gateway-route-table", table_id)["TransitGatewayId"]:
        raise AwsError(
            "InvalidTransitGatewayAttachmentID.NotFound", f"{attachment_id} and {table_id} are of different gateways."
        )
    key = f"{table_id}|{attachment_id}"
    return ec2.add(
        table,
        key,
        {
            "TransitGatewayRouteTableId": table_id,
            "TransitGatewayAttachmentId": attachment_id,
            "ResourceId": attachment["ResourceId"],
            "ResourceType": attachment["ResourceType"],
            "State": state,
            "_key": key,
        },
    )


def _associate(ec2: Ec2, table_id: str, attachment_id: str) -> Record:
    if ec2.all("gateway-association", TransitGatewayAttachmentId=attachment_id):
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"Transit Gateway Attachment {attachment_id} is already associated to a route table.",
        )
    record = _relation(ec2, "gateway-association", table_id, attachment_id, "associated")
    ec2.settling("gateway-association", record["_key"], "associating")
    return record


def _propagate(ec2: Ec2, table_id: str, attachment_id: str) -> Record:
    if ec2.find("gateway-propagation", f"{table_id}|{attachment_id}") is not None:
        raise AwsError(
            "TransitGatewayRouteTablePropagation.Duplicate",
            f"Propagation for {attachment_id} to {table_id} is already enabled.",
        )
    return _relation(ec2, "gateway-propagation", table_id, attachment_id, "enabled")


def _static(ec2: Ec2, record: Record) -> Record:
    attachment = ec2.find("transit-gateway-attachment", record["TransitGatewayAttachmentId"])
    route: Record = {"DestinationCidrBlock": record["DestinationCidrBlock"], "Type": "static"}
    if attachment is None:
        return route | {"State": "blackhole"}
    return route | {"State": "active", "TransitGatewayAttachments": [_end(attachment)]}


def _propagated(ec2: Ec2, table_id: str) -> list[Record]:
    routes: dict[str, Record] = {}
    for one in ec2.all("gateway-propagation", TransitGatewayRouteTableId=table_id):
        attachment = ec2.get("transit-gateway-attachment", one["TransitGatewayAttachmentId"])
        for block in _learnt(ec2, attachment):
            empty = {
                "DestinationCidrBlock": block,
                "Type": "propagated",
                "State": "active",
                "TransitGatewayAttachments": [],
            }
            routes.setdefault(block, empty)["TransitGatewayAttachments"].append(_end(attachment))
    return list(routes.values())


def _learnt(ec2: Ec2, attachment: Record) -> list[str]:
    if attachment["ResourceType"] == "vpc":
        vpc = ec2.get("vpc", attachment["ResourceId"])
        return [one["CidrBlock"] for one in vpc["CidrBlockAssociationSet"]]
    connection = ec2.get("vpn-connection", attachment["ResourceId"])
    outside = {tunnel["OutsideIpAddress"] for tunnel in connection["Options"]["TunnelOptions"]}
    seen = [block for one in ec2.live.tunnels if str(one.outside_address) in outside for block in one.accepted_routes]
    return [str(block) for block in dict.fromkeys(seen)]


def _end(attachment: Record) -> Record:
    return {name: attachment[name] for name in ("ResourceId", "ResourceType", "TransitGatewayAttachmentId")}


def _without_table(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "TransitGatewayRouteTableId"}


describe_transit_gateway_route_tables: Final = Listing(
    "DescribeTransitGatewayRouteTables", "transit-gateway-route-table"
)
