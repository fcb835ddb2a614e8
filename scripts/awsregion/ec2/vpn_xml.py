"""CustomerGatewayConfiguration: the XML that EC2 gives the customer's router.

It holds the tunnels' addresses, keys and BGP numbers, and AWS's default algorithms whatever the connection allows:
an engineer reads algorithms from the connection's options. Its sequence of elements is AWS's.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from awsregion.ec2.store import Record

_HOLD_TIME_S: Final = 30
_IKE: Final = (
    ("authentication_protocol", "sha1"),
    ("encryption_protocol", "aes-128-cbc"),
    ("lifetime", "28800"),
    ("perfect_forward_secrecy", "group2"),
    ("mode", "main"),
)
_IPSEC: Final = (
    ("protocol", "esp"),
    ("authentication_protocol", "hmac-sha1-96"),
    ("encryption_protocol", "aes-128-cbc"),
    ("lifetime", "3600"),
    ("perfect_forward_secrecy", "group2"),
    ("mode", "tunnel"),
    ("clear_df_bit", "true"),
    ("fragmentation_before_encryption", "true"),
    ("tcp_mss_adjustment", "1379"),
)
_DEAD_PEER_DETECTION: Final = (("interval", "10"), ("retries", "3"))


def customer_gateway_configuration(connection: Record, customer: Record, gateway: Record) -> str:
    """Return the XML of a connection."""
    static = connection["Options"]["StaticRoutesOnly"]
    root = ET.Element("vpn_connection", id=connection["VpnConnectionId"])
    _texts(
        root,
        ("customer_gateway_id", customer["CustomerGatewayId"]),
        # The connection ends on a Transit Gateway, not on a virtual private gateway.
        ("vpn_gateway_id", ""),
        ("vpn_connection_type", connection["Type"]),
    )
    if static:
        _texts(root, ("vpn_connection_attributes", "NoBGPVPNConnection"))
    asns = (customer.get("BgpAsn") or customer.get("BgpAsnExtended"), gateway["Options"]["AmazonSideAsn"])
    for tunnel in connection["Options"]["TunnelOptions"]:
        inside = IPv4Network(tunnel["TunnelInsideCidr"])
        element = ET.SubElement(root, "ipsec_tunnel")
        # AWS has the first host address of the inside block, the customer the second.
        _side(element, "customer_gateway", customer["IpAddress"], inside, 2, None if static else asns[0])
        _side(element, "vpn_gateway", tunnel["OutsideIpAddress"], inside, 1, None if static else asns[1])
        _texts(ET.SubElement(element, "ike"), *_IKE, ("pre_shared_key", tunnel["PreSharedKey"]))
        ipsec = ET.SubElement(element, "ipsec")
        _texts(ipsec, *_IPSEC)
        _texts(ET.SubElement(ipsec, "dead_peer_detection"), *_DEAD_PEER_DETECTION)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode", short_empty_elements=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _side(  # noqa: PLR0917  (one side of a tunnel)
    parent: ET.Element, name: str, outside: str, inside: IPv4Network, host: int, asn: object
) -> None:
    side = ET.SubElement(parent, name)
    _texts(ET.SubElement(side, "tunnel_outside_address"), ("ip_address", outside))
    _texts(
        ET.SubElement(side, "tunnel_inside_address"),
        ("ip_address", str(inside[host])),
        ("network_mask", str(inside.netmask)),
        ("network_cidr", str(inside.prefixlen)),
    )
    if asn is not None:
        _texts(ET.SubElement(side, "bgp"), ("asn", str(asn)), ("hold_time", str(_HOLD_TIME_S)))


def _texts(parent: ET.Element, *entries: tuple[str, str]) -> None:
    for name, text in entries:
        ET.SubElement(parent, name).text = text
