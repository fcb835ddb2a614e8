"""The customer gateway configuration of a VPN connection, as AWS writes it in XML."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING

from defusedxml import ElementTree

from mcastlab.errors import RefusedError
from mcastlab.facts import VpnTunnel
from mcastlab.secret import MASK, Secret

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse_tunnels(text: str, connection_id: str) -> tuple[VpnTunnel, ...]:
    """Return the tunnels of a connection in the order of the XML, which promises none.

    Source: EC2 API reference, VpnConnection, customerGatewayConfiguration.

    Raises:
        RefusedError: it is not the XML that AWS writes, or a value in it is missing, masked or malformed; the text
            names the value and never holds a key.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise RefusedError(f"VPN connection {connection_id}: its customer gateway configuration is not XML") from None
    return tuple(
        _tunnel(element, f"VPN connection {connection_id}, tunnel {number}")
        for number, element in enumerate(root.findall("ipsec_tunnel"), start=1)
    )


def _tunnel(element: Element, where: str) -> VpnTunnel:
    key = _text(element, "ike/pre_shared_key", where)
    if set(key) <= set(MASK):
        raise RefusedError(
            f"{where}: the pre-shared key is masked", hint="store the keys of the connection as Standard"
        )
    return VpnTunnel(
        outside_address=_address(element, "vpn_gateway/tunnel_outside_address/ip_address", where),
        aws_address=_inside(element, "vpn_gateway", where),
        customer_address=_inside(element, "customer_gateway", where),
        aws_asn=_number(element, "vpn_gateway/bgp/asn", where),
        pre_shared_key=Secret(key),
    )


def _inside(element: Element, side: str, where: str) -> IPv4Interface:
    address = _address(element, f"{side}/tunnel_inside_address/ip_address", where)
    length = _number(element, f"{side}/tunnel_inside_address/network_cidr", where)
    return IPv4Interface((address, length))


def _text(element: Element, path: str, where: str) -> str:
    value = (element.findtext(path) or "").strip()
    if not value:
        raise RefusedError(f"{where}: {path} is missing or empty", hint="is it a BGP connection on a Transit Gateway?")
    return value


def _address(element: Element, path: str, where: str) -> IPv4Address:
    value = _text(element, path, where)
    try:
        return IPv4Address(value)
    except ValueError:
        raise RefusedError(f"{where}: {path} is no IPv4 address: {value!r}") from None


def _number(element: Element, path: str, where: str) -> int:
    value = _text(element, path, where)
    if not value.isdecimal():
        raise RefusedError(f"{where}: {path} is no number: {value!r}")
    return int(value)
