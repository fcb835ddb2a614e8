"""The customer gateway configuration of a VPN connection, as AWS writes it in XML."""

from __future__ import annotations

import json
import re
from ipaddress import IPV4LENGTH, IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Final

from defusedxml import ElementTree

from mcastlab.facts import TunnelFacts
from mcastlab_base.as_numbers import as_number
from mcastlab_base.errors import RefusedError
from mcastlab_base.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

_KEY: Final = re.compile(r"[A-Za-z1-9._][A-Za-z0-9._]{7,63}")


def parse_tunnels(
    text: str, connection_id: str, *, stored: Mapping[str, Secret] | None = None
) -> tuple[TunnelFacts, ...]:
    """Return the tunnels of a connection in the order of the XML, which promises none.

    Args:
        text: the XML.
        connection_id: for messages.
        stored: the keys by the tunnel's outside address, where the connection keeps them in Secrets Manager and the
            XML masks them.

    Source: EC2 API reference, VpnConnection, customerGatewayConfiguration.

    Raises:
        RefusedError: it is not the XML that AWS writes, or a value in it is missing, masked or malformed; the text
            names the value and never holds a key.
    """
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        raise RefusedError(f"VPN connection {connection_id}: its customer gateway configuration is not XML") from None
    return tuple(
        _tunnel(element, f"VPN connection {connection_id}, tunnel {number}", stored)
        for number, element in enumerate(root.findall("ipsec_tunnel"), start=1)
    )


def parse_stored_keys(text: str, connection_id: str) -> dict[str, Secret]:
    """Return the keys that Secrets Manager keeps of a connection, by the tunnel's outside address.

    Raises:
        RefusedError: it is not the JSON object that AWS writes; the text never holds a key.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found.values()):
        raise RefusedError(
            f"VPN connection {connection_id}: its secret is no JSON object of keys by outside address",
            hint="was the secret edited by hand? Modify the tunnels' keys through the VPN connection",
        )
    return {str(address): Secret(key) for address, key in found.items()}


def _tunnel(element: Element, where: str, stored: Mapping[str, Secret] | None) -> TunnelFacts:
    outside = _address(element, "vpn_gateway/tunnel_outside_address/ip_address", where)
    return TunnelFacts(
        outside_address=outside,
        aws_address=_inside(element, "vpn_gateway", where),
        customer_address=_inside(element, "customer_gateway", where),
        aws_asn=_asn(element, "vpn_gateway/bgp/asn", where),
        pre_shared_key=_key(element, where) if stored is None else _stored_key(stored, outside, where),
    )


def _key(element: Element, where: str) -> Secret:
    return _checked(Secret(_text(element, "ike/pre_shared_key", where)), where)


def _stored_key(stored: Mapping[str, Secret], outside: IPv4Address, where: str) -> Secret:
    key = stored.get(str(outside))
    if key is None:
        raise RefusedError(
            f"{where}: its secret has no key for {outside}", hint="was a tunnel replaced? Read the secret again later"
        )
    return _checked(key, where)


def _checked(key: Secret, where: str) -> Secret:
    """Return a key that a router can be given: 8 to 64 letters, digits, periods and underscores.

    Source: EC2 API reference, VpnTunnelOptionsSpecification, PreSharedKey.
    """
    text = key.reveal()
    if set(text) <= set(MASK):
        raise RefusedError(f"{where}: the pre-shared key is masked", hint="may these credentials read the keys?")
    if _KEY.fullmatch(text) is None:
        raise RefusedError(
            f"{where}: the pre-shared key is malformed: {len(text)} characters",
            hint="AWS takes 8 to 64 letters, digits, periods and underscores, not beginning with 0",
        )
    return key


def _inside(element: Element, side: str, where: str) -> IPv4Interface:
    address = _address(element, f"{side}/tunnel_inside_address/ip_address", where)
    length = _number(element, f"{side}/tunnel_inside_address/network_cidr", where, most=IPV4LENGTH)
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
        raise RefusedError(f"{where}: {path} is no IPv4 address: {value[:40]!a}") from None


def _number(element: Element, path: str, where: str, *, most: int) -> int:
    value = _text(element, path, where)
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(most)) and int(value) <= most):
        raise RefusedError(f"{where}: {path} is no number up to {most}: {value[:40]!a}")
    return int(value)


def _asn(element: Element, path: str, where: str) -> int:
    value = _text(element, path, where)
    try:
        return as_number(value)
    except ValueError:
        raise RefusedError(f"{where}: {path} is no AS number: {value[:40]!a}") from None
