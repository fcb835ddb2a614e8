"""Route tables of a gateway with VPN connections, their tunnels, and the zones of a VPC's attachment, as plans."""

from __future__ import annotations

from ipaddress import IPv4Network

from twin.fabric import clouds
from twin.fabric.clouds import (
    A1,
    ATTACHMENT,
    B1,
    GATEWAY,
    LAB,
    SUBNET_A,
    SUBNET_B,
    TABLE_A,
    TABLE_B,
    TUNNEL,
    VPC,
    VPN,
    WITH_VPN,
)

from awsregion.cloud import Cloud, TransitGatewayRoute
from mcastlab_twin.fabric.plan import Fabric, plan
from mcastlab_twin.network import names
from mcastlab_twin.network.kernel_pieces import FabricRoute, PacketFilter, PolicyRule
from mcastlab_twin.services import vpn

TABLE = WITH_VPN.transit_gateway_route_tables[0]


def with_static(prefix: str, attachment_id: str | None) -> Fabric:
    route = TransitGatewayRoute(destination=IPv4Network(prefix), attachment_id=attachment_id)
    table = TABLE.model_copy(update={"routes": (route,)})
    return plan(WITH_VPN.model_copy(update={"transit_gateway_route_tables": (table,)}), LAB)


def held(fabric: Fabric) -> dict[str, str]:
    """What the kernel is given of the gateway's table: kinds by prefix."""
    routes = (item for item in fabric.pieces if isinstance(item, FabricRoute) and item.netns == GATEWAY.id)
    return {str(item.prefix): item.kind for item in routes if item.table == names.table_number(TABLE.id)}


def advertised(fabric: Fabric) -> list[str]:
    (speaker,) = fabric.speakers
    return [str(prefix) for table in speaker.config.tables for prefix in table.originated]


def test_while_its_tunnels_are_down_a_static_route_into_a_vpn_leads_nowhere() -> None:
    assert held(with_static("192.168.0.0/16", VPN.attachment_id))["192.168.0.0/16"] == "blackhole"


def test_a_static_route_into_a_vpn_beats_a_propagated_one_of_the_same_prefix() -> None:
    fabric = with_static("10.10.0.0/16", VPN.attachment_id)
    assert held(fabric) == {"10.255.0.0/28": "unicast", "10.10.0.0/16": "blackhole"}
    assert advertised(fabric) == ["10.255.0.0/28"]


def test_a_customer_learns_of_static_routes_into_vpcs_and_of_no_black_hole() -> None:
    assert advertised(with_static("10.99.0.0/16", ATTACHMENT.id)) == ["10.10.0.0/16", "10.99.0.0/16", "10.255.0.0/28"]
    assert advertised(with_static("10.10.0.0/16", None)) == ["10.255.0.0/28"]


def zoned(*attached: str) -> Cloud:
    """The cloud with subnet b in another zone, and the attachment in these subnets."""
    return clouds.CLOUD.model_copy(
        update={
            "subnets": (SUBNET_A, SUBNET_B.model_copy(update={"zone": "b"})),
            "vpc_attachments": (ATTACHMENT.model_copy(update={"subnet_ids": attached}),),
        }
    )


def arriving(found: Cloud) -> set[tuple[str, int | None]]:
    """Where what arrives from the gateway is looked up: destination and table."""
    link = names.attachment_link(ATTACHMENT.id)
    items = (item for item in plan(found, LAB).pieces if isinstance(item, PolicyRule) and item.netns == VPC.id)
    return {(str(item.to or "all"), item.table) for item in items if item.iif == link}


def test_what_a_gateway_sends_follows_the_table_of_the_attachments_subnet_in_the_zone_that_it_goes_to() -> None:
    first, second = names.table_number(TABLE_A.id), names.table_number(TABLE_B.id)
    assert arriving(zoned(SUBNET_A.id, SUBNET_B.id)) == {("all", first), ("10.10.2.0/24", second)}
    assert arriving(zoned(SUBNET_A.id)) == {("all", first)}


def test_an_interface_in_a_zone_without_attachment_subnet_does_not_reach_the_gateway() -> None:
    def dropped(found: Cloud) -> list[str]:
        texts = (
            item.body for item in plan(found, LAB).pieces if isinstance(item, PacketFilter) and item.name == "groups"
        )
        link = names.attachment_link(ATTACHMENT.id)
        return [line for text in texts for line in text.splitlines() if f'oifname "{link}" drop' in line]

    (line,) = dropped(zoned(SUBNET_A.id))
    assert names.port(B1.id) in line
    assert names.port(A1.id) not in line
    assert dropped(zoned(SUBNET_A.id, SUBNET_B.id)) == []


def test_the_aws_end_has_the_tunnels_replay_window() -> None:
    narrow = VPN.model_copy(update={"tunnels": (TUNNEL, TUNNEL.model_copy(update={"replay_window": 64}))})
    assert [each.replay_window for each in vpn.tunnels(narrow)] == [1024, 64]


def test_a_tunnel_that_allows_all_offers_plain_and_aead_ciphers_apart() -> None:
    anything = TUNNEL.model_copy(update={"encryption": (), "integrity": (), "dh_groups": (14,)})
    assert vpn.proposals(anything, ike=True) == (
        "aes128-aes256-sha1-sha256-sha384-sha512-modp2048",
        "aes128gcm16-aes256gcm16-prfsha1-prfsha256-prfsha384-prfsha512-modp2048",
    )
    assert vpn.proposals(anything, ike=False)[1] == "aes128gcm16-aes256gcm16-modp2048"
