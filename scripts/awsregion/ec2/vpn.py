"""Customer gateways and Site-to-Site VPN connections on Transit Gateways.

Source: AWS Site-to-Site VPN user guide, "Tunnel options for your Site-to-Site VPN connection".
"""

from __future__ import annotations

from ipaddress import IPv4Address
from math import inf
from typing import TYPE_CHECKING, Final

from awsregion.ec2.attachments import drop_attachment, make_attachment
from awsregion.ec2.common import address, required, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.quotas import within
from awsregion.ec2.stored_keys import drop_keys, keep_keys, redacted, storage
from awsregion.ec2.tunnels import changed_tunnel, make_tunnels, telemetry
from awsregion.ec2.vpn_xml import customer_gateway_configuration
from awsregion.live import IPSEC_IS_DOWN

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_TYPE: Final = "ipsec.1"
_TWO_BYTE_ASNS: Final = 65535


def create_customer_gateway(ec2: Ec2, given: Given) -> Record:
    """Make a customer gateway; one like it is given back as it is, as EC2 does."""
    if required(given, "Type") != _TYPE:
        raise invalid_value("type", given["Type"])
    public = address(given.get("IpAddress") or given.get("PublicIp") or "", "ipAddress")
    if "BgpAsnExtended" in given:
        asn = int(given["BgpAsnExtended"])
        if asn <= _TWO_BYTE_ASNS:
            raise invalid_value("bgpAsnExtended", asn, "Use BgpAsn for it.")
    else:
        asn = int(given.get("BgpAsn", 65000))
    fields: Record = {
        "IpAddress": str(public),
        "Type": _TYPE,
        **({"BgpAsn": str(asn)} if asn <= _TWO_BYTE_ASNS else {"BgpAsnExtended": str(asn)}),
    }
    if "DeviceName" in given:
        fields["DeviceName"] = given["DeviceName"]
    for other in ec2.all("customer-gateway", **fields):
        # It keeps the tags that it was made with.
        given.plain("TagSpecifications")
        return {"CustomerGateway": ec2.tagged(other["CustomerGatewayId"], other)}
    within(ec2, "customer-gateway", len(ec2.all("customer-gateway")))
    identifier = ec2.new_id("cgw")
    record = ec2.add("customer-gateway", identifier, {"CustomerGatewayId": identifier, "State": "available", **fields})
    tag_new(ec2, given, {"customer-gateway": [identifier]})
    return {"CustomerGateway": ec2.tagged(identifier, record)}


def delete_customer_gateway(ec2: Ec2, given: Given) -> Record:
    """Delete a customer gateway; refused while a connection uses it."""
    identifier = ec2.get("customer-gateway", required(given, "CustomerGatewayId"))["CustomerGatewayId"]
    if ec2.holding("vpn-connection", CustomerGatewayId=identifier):
        raise AwsError("IncorrectState", "The customer gateway is in use.")
    ec2.retire("customer-gateway", identifier, State="deleted")
    return {}


def create_vpn_connection(ec2: Ec2, given: Given) -> Record:
    """Make a connection with its two tunnels, and attach it to its gateway."""
    if required(given, "Type") != _TYPE:
        raise invalid_value("type", given["Type"])
    customer = ec2.get("customer-gateway", required(given, "CustomerGatewayId"))
    if "TransitGatewayId" not in given:
        raise AwsError("UnsupportedOperation", "VPN connections of this region end on a Transit Gateway.")
    gateway = ec2.ready("transit-gateway", given["TransitGatewayId"])
    within(ec2, "vpn-connection", len(ec2.holding("vpn-connection")))
    options = given.get("Options") or {}
    static = bool(options.get("StaticRoutesOnly", False))
    shown: Record = {
        "EnableAcceleration": False,
        "StaticRoutesOnly": static,
        "LocalIpv4NetworkCidr": options.get("LocalIpv4NetworkCidr", "0.0.0.0/0"),
        "RemoteIpv4NetworkCidr": options.get("RemoteIpv4NetworkCidr", "0.0.0.0/0"),
        "OutsideIpAddressType": options.get("OutsideIpAddressType", "PublicIpv4"),
        "TunnelInsideIpVersion": options.get("TunnelInsideIpVersion", "ipv4"),
        "TunnelOptions": make_tunnels(ec2, gateway["TransitGatewayId"], options.get("TunnelOptions") or []),
    }
    if options.get("EnableAcceleration") or (shown["TunnelInsideIpVersion"], shown["OutsideIpAddressType"]) != (
        "ipv4",
        "PublicIpv4",
    ):
        raise AwsError("UnsupportedOperation", "Connections of this region are IPv4, public and not accelerated.")
    stored = storage(given.get("PreSharedKeyStorage", "Standard"))
    identifier = ec2.new_id("vpn")
    record: Record = {
        "VpnConnectionId": identifier,
        "Category": "VPN",
        "CustomerGatewayId": customer["CustomerGatewayId"],
        "GatewayAssociationState": "associated",
        "Options": shown,
        "Routes": [],
        "State": "available",
        "TransitGatewayId": gateway["TransitGatewayId"],
        "Type": _TYPE,
        "_since": ec2.now(),
    }
    record["CustomerGatewayConfiguration"] = customer_gateway_configuration(record, customer, gateway)
    if stored == "SecretsManager":
        record["PreSharedKeyArn"] = keep_keys(ec2, identifier, shown["TunnelOptions"])
    ec2.add("vpn-connection", identifier, record)
    make_attachment(ec2, gateway, resource_type="vpn", resource_id=identifier)
    ec2.settling("vpn-connection", identifier)
    tag_new(ec2, given, {"vpn-connection": [identifier]})
    return {"VpnConnection": ec2.tagged(identifier, _view(ec2, record)) | {"State": "pending"}}


def delete_vpn_connection(ec2: Ec2, given: Given) -> Record:
    """Delete a connection with its attachment; it stays listed as deleted for a while."""
    identifier = ec2.ready("vpn-connection", required(given, "VpnConnectionId"))["VpnConnectionId"]
    for attachment in ec2.all("transit-gateway-attachment", ResourceId=identifier):
        drop_attachment(ec2, attachment["TransitGatewayAttachmentId"])
    record = ec2.retire("vpn-connection", identifier, State="deleted", CustomerGatewayConfiguration="")
    if "PreSharedKeyArn" in record:
        drop_keys(ec2, identifier)
    return {}


def modify_vpn_connection(ec2: Ec2, given: Given) -> Record:
    """Move a connection to another customer gateway or Transit Gateway; its tunnels keep addresses and keys."""
    record = ec2.get("vpn-connection", required(given, "VpnConnectionId"))
    customer = ec2.get("customer-gateway", given.get("CustomerGatewayId", record["CustomerGatewayId"]))
    gateway = ec2.get("transit-gateway", given.get("TransitGatewayId", record["TransitGatewayId"]))
    if gateway["TransitGatewayId"] != record["TransitGatewayId"]:
        for attachment in ec2.all("transit-gateway-attachment", ResourceId=record["VpnConnectionId"]):
            drop_attachment(ec2, attachment["TransitGatewayAttachmentId"])
        make_attachment(ec2, gateway, resource_type="vpn", resource_id=record["VpnConnectionId"])
    return _rewritten(ec2, record, customer, gateway)


def modify_vpn_tunnel_options(ec2: Ec2, given: Given) -> Record:
    """Change one tunnel's options."""
    record = ec2.get("vpn-connection", required(given, "VpnConnectionId"))
    outside, asked = required(given, "VpnTunnelOutsideIpAddress"), required(given, "TunnelOptions")
    tunnels = record["Options"]["TunnelOptions"]
    if outside not in [tunnel["OutsideIpAddress"] for tunnel in tunnels]:
        raise invalid_value("VpnTunnelOutsideIpAddress", outside, "The connection has no such tunnel.")
    gateway_id = record["TransitGatewayId"]
    tunnels = [
        changed_tunnel(ec2, gateway_id, one, asked) if one["OutsideIpAddress"] == outside else one for one in tunnels
    ]
    record = record | {"Options": record["Options"] | {"TunnelOptions": tunnels}}
    if "PreSharedKeyArn" in record:
        keep_keys(ec2, record["VpnConnectionId"], tunnels)
    customer = ec2.get("customer-gateway", record["CustomerGatewayId"])
    return _rewritten(ec2, record, customer, ec2.get("transit-gateway", record["TransitGatewayId"]))


def _rewritten(ec2: Ec2, record: Record, customer: Record, gateway: Record) -> Record:
    ends = {"CustomerGatewayId": customer["CustomerGatewayId"], "TransitGatewayId": gateway["TransitGatewayId"]}
    text = customer_gateway_configuration(record, customer, gateway)
    options = record["Options"]
    identifier = record["VpnConnectionId"]
    record = ec2.change("vpn-connection", identifier, **ends, Options=options, CustomerGatewayConfiguration=text)
    ec2.settling("vpn-connection", identifier, "modifying")
    return {"VpnConnection": ec2.tagged(identifier, _view(ec2, record)) | {"State": "modifying"}}


def _view(ec2: Ec2, record: Record) -> Record:
    outside = [tunnel["OutsideIpAddress"] for tunnel in record["Options"]["TunnelOptions"]]
    return {
        **(redacted(record) if "PreSharedKeyArn" in record else record),
        "VgwTelemetry": telemetry(ec2.live, outside, record["_since"], record["Options"]["StaticRoutesOnly"]),
    }


describe_customer_gateways: Final = Listing("DescribeCustomerGateways", "customer-gateway")
describe_vpn_connections: Final = Listing("DescribeVpnConnections", "vpn-connection", view=_view)


def note_tunnels(ec2: Ec2) -> None:
    """Note of each connection when its first tunnel carried IPsec: BGP opens some time after that."""
    down = {each.outside_address for each in ec2.live.tunnels if not each.up and each.message == IPSEC_IS_DOWN}
    seen = {each.outside_address for each in ec2.live.tunnels} - down
    for record in ec2.all("vpn-connection"):
        ours = {IPv4Address(one["OutsideIpAddress"]) for one in record["Options"]["TunnelOptions"]}
        if "_bgp_at" not in record and ours & seen:
            ec2.change("vpn-connection", record["VpnConnectionId"], _bgp_at=ec2.clock() + ec2.slowness.bgp_s)


def bgp_opens(ec2: Ec2, record: Record) -> bool:
    """Tell whether the AWS end of a connection opens BGP yet."""
    return ec2.slowness.bgp_s == 0 or ec2.clock() >= record.get("_bgp_at", inf)
