"""Transit Gateways.

Source: AWS Transit Gateway user guide; EC2 API Reference, CreateTransitGateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import required, switches, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.quotas import within
from awsregion.ec2.transit_routes import make_gateway_table

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_GATEWAY_DEFAULTS: Final = {
    "AmazonSideAsn": 64512,
    "AutoAcceptSharedAttachments": "disable",
    "DefaultRouteTableAssociation": "enable",
    "DefaultRouteTablePropagation": "enable",
    "DnsSupport": "enable",
    "MulticastSupport": "disable",
    "SecurityGroupReferencingSupport": "disable",
    "VpnEcmpSupport": "enable",
}
_CHANGEABLE: Final = (
    "AutoAcceptSharedAttachments",
    "DefaultRouteTableAssociation",
    "DefaultRouteTablePropagation",
    "DnsSupport",
    "SecurityGroupReferencingSupport",
    "VpnEcmpSupport",
)
_KINDS: Final = {"vpc": "VPC", "vpn": "VPN"}


def create_transit_gateway(ec2: Ec2, given: Given) -> Record:
    """Make a gateway, with its default route table where a default is switched on."""
    within(ec2, "transit-gateway", len(ec2.holding("transit-gateway")))
    options = switches(given.get("Options"), _GATEWAY_DEFAULTS)
    if not _private_asn(int(options["AmazonSideAsn"])):
        raise invalid_value("AmazonSideAsn", options["AmazonSideAsn"], "A private ASN is needed.")
    identifier = ec2.new_id("tgw")
    defaults = [
        switch
        for switch in ("DefaultRouteTableAssociation", "DefaultRouteTablePropagation")
        if options[switch] == "enable"
    ]
    if defaults:
        table = make_gateway_table(
            ec2,
            identifier,
            association="DefaultRouteTableAssociation" in defaults,
            propagation="DefaultRouteTablePropagation" in defaults,
        )
        named = {
            "DefaultRouteTableAssociation": "AssociationDefaultRouteTableId",
            "DefaultRouteTablePropagation": "PropagationDefaultRouteTableId",
        }
        options |= {named[switch]: table["TransitGatewayRouteTableId"] for switch in defaults}
    record = ec2.add(
        "transit-gateway",
        identifier,
        {
            "TransitGatewayId": identifier,
            "TransitGatewayArn": ec2.arn(f"transit-gateway/{identifier}"),
            "State": "available",
            "OwnerId": ec2.account,
            "Description": given.get("Description", ""),
            "CreationTime": ec2.now(),
            "Options": options,
        },
    )
    ec2.settling("transit-gateway", identifier)
    tag_new(ec2, given, {"transit-gateway": [identifier]})
    return {"TransitGateway": ec2.tagged(identifier, record) | {"State": "pending"}}


def modify_transit_gateway(ec2: Ec2, given: Given) -> Record:
    """Change a gateway's switches. Multicast and the ASN are chosen once and for all."""
    record = ec2.get("transit-gateway", required(given, "TransitGatewayId"))
    asked = given.get("Options")
    current = {name: record["Options"][name] for name in _CHANGEABLE}
    options = record["Options"] | switches(asked, current)
    record = ec2.change(
        "transit-gateway",
        record["TransitGatewayId"],
        Options=options,
        Description=given.get("Description", record["Description"]),
    )
    return {"TransitGateway": ec2.tagged(record["TransitGatewayId"], record)}


def delete_transit_gateway(ec2: Ec2, given: Given) -> Record:
    """Delete a gateway; refused while anything hangs on it, or goes yet."""
    identifier = ec2.ready("transit-gateway", required(given, "TransitGatewayId"))["TransitGatewayId"]
    attached = ec2.holding("transit-gateway-attachment", TransitGatewayId=identifier)
    for kind, word in _KINDS.items():
        left = [one["TransitGatewayAttachmentId"] for one in attached if one["ResourceType"] == kind]
        if left:
            raise AwsError("IncorrectState", f"{identifier} has non-deleted {word} Attachments: {', '.join(left)}.")
    domains = ec2.holding("transit-gateway-multicast-domain", TransitGatewayId=identifier)
    if domains:
        named = ", ".join(one["TransitGatewayMulticastDomainId"] for one in domains)
        raise AwsError("IncorrectState", f"{identifier} has non-deleted Multicast Domains: {named}.")
    tables = ec2.holding("transit-gateway-route-table", TransitGatewayId=identifier)
    own = [one for one in tables if not (one["DefaultAssociationRouteTable"] or one["DefaultPropagationRouteTable"])]
    if own:
        named = ", ".join(one["TransitGatewayRouteTableId"] for one in own)
        raise AwsError("IncorrectState", f"{identifier} has non-deleted Route Tables: {named}.")
    for table in tables:
        ec2.remove("transit-gateway-route-table", table["TransitGatewayRouteTableId"])
    record = ec2.retire("transit-gateway", identifier, State="deleted")
    return {"TransitGateway": ec2.tagged(identifier, record) | {"State": "deleting"}}


def _private_asn(asn: int) -> bool:
    """Tell whether an ASN is one for private use. Source: RFC 6996."""
    return 64512 <= asn <= 65534 or 4200000000 <= asn <= 4294967294  # noqa: PLR2004  (RFC 6996's two ranges)


describe_transit_gateways: Final = Listing("DescribeTransitGateways", "transit-gateway")
