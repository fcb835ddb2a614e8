"""The VPN's XML: what a router needs is found, what is missing is named, and no key is reported."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest

from mcastlab.aws.vpn_xml import parse_stored_keys, parse_tunnels
from mcastlab_base.errors import RefusedError

KEY = "Abc.123_def"


def tunnel(
    outside: str = "203.0.113.7", aws: str = "169.254.10.1", customer: str = "169.254.10.2", key: str = KEY
) -> str:
    def side(name: str, inside: str, asn: int) -> str:
        return (
            f"<{name}><tunnel_outside_address><ip_address>{outside}</ip_address></tunnel_outside_address>"
            f"<tunnel_inside_address><ip_address>{inside}</ip_address>"
            f"<network_mask>255.255.255.252</network_mask><network_cidr>30</network_cidr></tunnel_inside_address>"
            f"<bgp><asn>{asn}</asn><hold_time>30</hold_time></bgp></{name}>"
        )

    return (
        f"<ipsec_tunnel>{side('customer_gateway', customer, 65001)}{side('vpn_gateway', aws, 64512)}"
        f"<ike><pre_shared_key>{key}</pre_shared_key></ike></ipsec_tunnel>"
    )


def document(*tunnels: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><vpn_connection id="vpn-1">{"".join(tunnels)}</vpn_connection>'


def test_what_a_router_needs_is_found() -> None:
    (found,) = parse_tunnels(document(tunnel()), "vpn-1")
    assert found.outside_address == IPv4Address("203.0.113.7")
    assert found.aws_address == IPv4Interface("169.254.10.1/30")
    assert found.customer_address == IPv4Interface("169.254.10.2/30")
    assert found.aws_asn == 64512
    assert found.pre_shared_key.reveal() == KEY


def test_tunnels_are_distinguished_by_their_own_addresses() -> None:
    second = tunnel("203.0.113.9", "169.254.11.1", "169.254.11.2")
    outside = [str(found.outside_address) for found in parse_tunnels(document(second, tunnel()), "vpn-1")]
    assert outside == ["203.0.113.9", "203.0.113.7"]


def test_keys_that_secrets_manager_keeps_are_matched_by_outside_address() -> None:
    stored = parse_stored_keys('{"203.0.113.9": "second.key_2", "203.0.113.7": "first.key_1"}', "vpn-1")
    text = document(tunnel("203.0.113.9", key="****"), tunnel(key="****"))
    keys = [found.pre_shared_key.reveal() for found in parse_tunnels(text, "vpn-1", stored=stored)]
    assert keys == ["second.key_2", "first.key_1"]


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("first.key_1", "its secret is no JSON object"),
        ('["first.key_1"]', "its secret is no JSON object"),
        ('{"203.0.113.99": "first.key_1"}', "tunnel 1: its secret has no key for 203.0.113.7"),
        ('{"203.0.113.7": "****"}', "tunnel 1: the pre-shared key is masked"),
        ('{"203.0.113.7": "first key 1"}', "tunnel 1: the pre-shared key is malformed: 11 characters"),
    ],
)
def test_stored_key_that_is_no_key_is_named_and_not_shown(secret: str, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_tunnels(document(tunnel(key="****")), "vpn-1", stored=parse_stored_keys(secret, "vpn-1"))
    assert message in caught.value.text
    assert "key_1" not in caught.value.text + caught.value.hint
    assert "key 1" not in caught.value.text + caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no xml", "is not XML"),
        (document(tunnel(key="****")), "tunnel 1: the pre-shared key is masked"),
        (document(tunnel(key="")), "tunnel 1: ike/pre_shared_key is missing or empty"),
        (document(tunnel(outside="2001:db8::1")), "tunnel_outside_address/ip_address is no IPv4 address"),
        (document(tunnel(), tunnel().replace("<asn>64512</asn>", "")), "tunnel 2: vpn_gateway/bgp/asn is missing"),
    ],
)
def test_what_is_missing_or_malformed_is_named_and_no_key_is_shown(text: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message) as caught:
        parse_tunnels(text, "vpn-1")
    assert KEY not in caught.value.text
