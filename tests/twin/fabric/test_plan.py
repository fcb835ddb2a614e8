"""The fabric as a value: rows of a cloud in, pieces out; no namespace is made."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING

import pytest
from twin.fabric import clouds
from twin.fabric.clouds import (
    A1,
    A2,
    ATTACHMENT,
    B1,
    CLOUD,
    GATEWAY,
    GATEWAY_TABLE,
    LAB,
    SECOND_TUNNEL,
    TABLE_A,
    TUNNEL,
    VPC,
    VPN,
    WITH_VPN,
)

from awsregion.cloud import (
    Cloud,
    Instance,
    TransitGatewayRoute,
)
from mcastlab_base.errors import RefusedError
from mcastlab_twin.fabric.plan import Fabric, plan
from mcastlab_twin.network import names
from mcastlab_twin.network.applier import script
from mcastlab_twin.network.kernel_pieces import (
    Address,
    BridgePort,
    FabricRoute,
    Namespace,
    PacketFilter,
    PolicyRule,
    Veth,
)
from mcastlab_twin.network.piece import Piece, ToolLine
from mcastlab_twin.network.site import kernel_name

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def of(cloud: Cloud) -> Fabric:
    return plan(cloud, LAB)


def routes(fabric: Fabric, netns: str, table: int) -> dict[str, FabricRoute]:
    return {
        str(item.prefix): item
        for item in fabric.pieces
        if isinstance(item, FabricRoute) and (item.netns, item.table) == (netns, table)
    }


def filter_of(fabric: Fabric, name: str) -> str:
    (found,) = (item.body for item in fabric.pieces if isinstance(item, PacketFilter) and item.name == name)
    return found


def added(before: Cloud, after: Cloud) -> set[Piece]:
    return set(of(after).pieces) - set(of(before).pieces)


def test_an_empty_cloud_leaves_the_far_sites() -> None:
    fabric = of(Cloud())
    spaces = {item.name.partition(".")[0] for item in fabric.pieces if isinstance(item, Namespace)}
    assert spaces == {"internet", "site", "device"}
    assert (fabric.routers, fabric.hosts, fabric.tunnels, fabric.speakers) == ((), (), (), ())


@pytest.mark.parametrize("cloud", [Cloud(), CLOUD, WITH_VPN])
def test_every_piece_has_an_identity_of_its_own(cloud: Cloud) -> None:
    items = of(cloud).pieces
    assert len({item.key for item in items}) == len(items)


@pytest.mark.parametrize("cloud", [CLOUD, WITH_VPN])
def test_every_piece_stands_in_a_namespace_and_on_links_of_the_plan(cloud: Cloud) -> None:
    items = of(cloud).pieces
    spaces = {item.name for item in items if isinstance(item, Namespace)}
    links = {(end.netns, end.name) for item in items if isinstance(item, Veth) for end in (item.near, item.far)}
    assert {netns for netns, _ in links} <= spaces
    assert {place for item in items for place in item.needs} <= links
    assert all(len(name) <= 15 for _, name in links)


def test_the_same_cloud_is_the_same_plan() -> None:
    assert of(WITH_VPN) == of(Cloud.model_validate_json(WITH_VPN.model_dump_json(context={"reveal": True})))


def test_local_leads_on_to_the_interfaces_of_every_block_of_the_vpc() -> None:
    table = routes(of(CLOUD), VPC.id, names.table_number(TABLE_A.id))
    assert {prefix: route.kind for prefix, route in table.items()} == {
        "10.10.0.0/16": "throw",
        "10.255.0.0/28": "throw",
    }
    hosts = routes(of(CLOUD), VPC.id, names.INTERFACES_TABLE)
    assert set(hosts) == {"10.10.1.11/32", "10.10.1.12/32", "10.10.2.11/32"}


def test_a_route_to_an_interface_beats_local_of_the_same_prefix() -> None:
    cloud = clouds.with_routes(CLOUD, TABLE_A, clouds.to_interface("10.255.0.0/28", A2))
    route = routes(of(cloud), VPC.id, names.table_number(TABLE_A.id))["10.255.0.0/28"]
    assert (route.kind, route.via, route.link) == ("unicast", A2.address, names.port(A2.id))


def test_a_route_whose_target_is_gone_is_a_black_hole() -> None:
    gone = A2.model_copy(update={"id": "eni-0000000000000gone"})
    cloud = clouds.with_routes(
        CLOUD, TABLE_A, clouds.to_interface("10.9.0.0/16", gone), clouds.to_gateway("10.8.0.0/16")
    )
    unattached = cloud.model_copy(update={"vpc_attachments": ()})
    table = routes(of(unattached), VPC.id, names.table_number(TABLE_A.id))
    assert (table["10.9.0.0/16"].kind, table["10.8.0.0/16"].kind) == ("blackhole", "blackhole")
    attached = routes(of(cloud), VPC.id, names.table_number(TABLE_A.id))
    assert attached["10.8.0.0/16"].link == names.attachment_link(ATTACHMENT.id)


def test_what_a_gateway_sends_into_a_vpc_follows_the_attachment_subnets_table() -> None:
    rules = {item.iif: item.table for item in of(CLOUD).pieces if isinstance(item, PolicyRule) and item.netns == VPC.id}
    assert rules[names.attachment_link(ATTACHMENT.id)] == names.table_number(TABLE_A.id)
    assert rules[names.port(B1.id)] == names.table_number(clouds.TABLE_B.id)


def test_a_gateways_table_has_what_is_propagated_and_what_is_static() -> None:
    table = GATEWAY_TABLE.model_copy(
        update={
            "routes": (
                TransitGatewayRoute(destination=IPv4Network("10.254.0.0/16"), attachment_id=ATTACHMENT.id),
                TransitGatewayRoute(destination=IPv4Network("10.66.0.0/16"), attachment_id=None),
            )
        }
    )
    found = routes(
        of(CLOUD.model_copy(update={"transit_gateway_route_tables": (table,)})),
        GATEWAY.id,
        names.table_number(table.id),
    )
    assert {prefix: (route.kind, route.metric) for prefix, route in found.items()} == {
        "10.10.0.0/16": ("unicast", 20),
        "10.255.0.0/28": ("unicast", 20),
        "10.254.0.0/16": ("unicast", 10),
        "10.66.0.0/16": ("blackhole", 10),
    }


def test_without_propagation_a_gateway_knows_no_way_to_the_vpc() -> None:
    table = GATEWAY_TABLE.model_copy(update={"propagating_attachment_ids": ()})
    cloud = CLOUD.model_copy(update={"transit_gateway_route_tables": (table,)})
    assert routes(of(cloud), GATEWAY.id, names.table_number(table.id)) == {}


def test_without_association_nothing_an_attachment_sends_is_looked_up() -> None:
    table = GATEWAY_TABLE.model_copy(update={"associated_attachment_ids": ()})
    cloud = CLOUD.model_copy(update={"transit_gateway_route_tables": (table,)})
    rules = [item for item in of(cloud).pieces if isinstance(item, PolicyRule) and item.netns == GATEWAY.id]
    assert [(rule.iif, rule.table) for rule in rules] == [(None, None)]


def test_only_interfaces_of_associated_subnets_have_a_port_on_the_domain() -> None:
    cloud = clouds.with_domain(CLOUD, subnet_ids=(clouds.SUBNET_A.id,))
    ports = {item.link for item in of(cloud).pieces if isinstance(item, BridgePort) and item.netns == GATEWAY.id}
    assert ports == {names.domain_port(A1.id), names.domain_port(A2.id)}
    assert "fwd" not in filter_of(of(cloud), names.port(B1.id))


def test_multicast_rules_are_matched_without_state_and_by_address_only() -> None:
    by_group = clouds.rule(17, ports=(5004, 5004), groups=(clouds.MEMBERS.id,))
    text = filter_of(of(clouds.with_group(CLOUD, clouds.IGMP, by_group)), names.port(A1.id))
    received = text[text.index("chain received") :]
    assert "ip saddr { 0.0.0.0/32 } ip protocol 2 fwd to" in received
    assert "udp" not in received


def test_a_peer_that_is_a_group_means_the_addresses_of_its_interfaces() -> None:
    by_group = clouds.rule(6, ports=(22, 22), groups=(clouds.MEMBERS.id,))
    text = filter_of(of(clouds.with_group(CLOUD, by_group)), "groups")
    assert "ip saddr { 10.10.1.11/32, 10.10.1.12/32, 10.10.2.11/32 } tcp dport 22-22 return" in text


def test_the_source_and_destination_check_is_there_exactly_where_it_is_on() -> None:
    router = A2.model_copy(update={"source_dest_check": False})
    fabric = of(CLOUD.model_copy(update={"network_interfaces": (A1, router, B1)}))
    assert f"ip saddr != {A1.address} drop" in filter_of(fabric, names.port(A1.id))
    assert "saddr !=" not in filter_of(fabric, names.port(A2.id))
    assert str(A2.address) + " drop" not in filter_of(fabric, "groups")


def test_a_changed_rule_changes_filters_and_nothing_else() -> None:
    changed = added(CLOUD, clouds.with_group(CLOUD, clouds.ICMP))
    assert changed
    assert all(isinstance(item, PacketFilter) for item in changed)


def test_a_router_and_a_host_get_their_interfaces_in_device_order() -> None:
    second = clouds.interface("a3", clouds.SUBNET_A, "10.10.1.13")
    router = Instance(
        id="i-0000000000router1",
        name="router",
        platform="ios-xe",
        network_interface_ids=(A2.id, second.id),
        user_data="",
        public_key="ssh-rsa AAAA",
    )
    cloud = CLOUD.model_copy(
        update={
            "instances": (clouds.host(A1), router),
            "network_interfaces": (A1, A2, second),
        }
    )
    fabric = of(cloud)
    (found,) = fabric.routers
    assert [(nic.name, str(nic.address), str(nic.gateway)) for nic in found.nics] == [
        ("Gi1", "10.10.1.12/24", "10.10.1.1"),
        ("Gi2", "10.10.1.13/24", "10.10.1.1"),
    ]
    assert fabric.hosts[0].hostname == "ip-10-10-1-11"
    # The router's own addresses are its configuration's affair; a host's are its image's.
    assert [item.netns for item in fabric.pieces if isinstance(item, Address) and item.netns.startswith("i-")] == [
        A1.instance_id
    ]


def test_a_vpn_connection_has_two_endpoints_a_device_for_each_in_the_gateway_and_a_speaker() -> None:
    fabric = of(WITH_VPN)
    tunnel, second = fabric.tunnels
    assert (tunnel.netns, tunnel.device_netns) == (f"{VPN.id}-1", GATEWAY.id)
    assert (second.netns, second.device_netns) == (f"{VPN.id}-2", GATEWAY.id)
    assert tunnel.device != second.device
    assert (second.local, str(second.device_address)) == (SECOND_TUNNEL.outside_address, "169.254.11.1/30")
    assert (tunnel.local, tunnel.remote) == (TUNNEL.outside_address, VPN.customer_address)
    assert str(tunnel.device_address) == "169.254.10.1/30"
    assert (tunnel.ike_proposals, tunnel.esp_proposals) == (("aes256-sha256-modp2048",),) * 2
    (speaker,) = fabric.speakers
    assert speaker.config.asn == GATEWAY.asn
    (routed,), (connection,) = speaker.config.tables, speaker.config.connections
    assert routed.kernel_table == names.table_number(GATEWAY_TABLE.id)
    assert routed.originated == (IPv4Network("10.10.0.0/16"), IPv4Network("10.255.0.0/28"))
    assert (connection.associated, connection.propagated) == (routed.kernel_table, (routed.kernel_table,))
    assert [(str(each.remote), each.remote_as) for each in speaker.config.neighbors] == [
        ("169.254.10.2", 65001),
        ("169.254.11.2", 65001),
    ]


def test_a_vpn_is_heard_and_reported_by_the_very_tables_that_it_propagates_to_and_is_associated_with() -> None:
    route = TransitGatewayRoute(destination=IPv4Network("192.168.0.0/16"), attachment_id=VPN.attachment_id)
    first = WITH_VPN.transit_gateway_route_tables[0].model_copy(
        update={
            "associated_attachment_ids": (ATTACHMENT.id,),
            "propagating_attachment_ids": (ATTACHMENT.id,),
            "routes": (route,),
        }
    )
    second = first.model_copy(
        update={
            "id": "tgw-rtb-2",
            "associated_attachment_ids": (VPN.attachment_id,),
            "propagating_attachment_ids": (VPN.attachment_id,),
            "routes": (),
        }
    )
    (speaker,) = of(WITH_VPN.model_copy(update={"transit_gateway_route_tables": (first, second)})).speakers
    (connection,) = speaker.config.connections
    own, its = (names.table_number(table.id) for table in (first, second))
    assert (connection.associated, connection.propagated) == (its, (its,))
    tables = {table.kernel_table: table for table in speaker.config.tables}
    assert [str(route.prefix) for route in tables[own].routes] == ["192.168.0.0/16"] * 2
    assert (tables[its].routes, tables[its].originated) == ((), ())


def test_a_vpn_that_propagates_nowhere_is_learnt_into_no_table() -> None:
    table = WITH_VPN.transit_gateway_route_tables[0].model_copy(update={"propagating_attachment_ids": (ATTACHMENT.id,)})
    (speaker,) = of(WITH_VPN.model_copy(update={"transit_gateway_route_tables": (table,)})).speakers
    assert [connection.propagated for connection in speaker.config.connections] == [()]


def in_one_wan(*addresses: str) -> Lab:
    """Return the lab with a site for each WAN address."""
    (site,) = LAB.sites
    sites = []
    for number, address in enumerate(addresses, start=1):
        port = site.router.wan.model_copy(update={"address": IPv4Interface(address)})
        router = site.router.model_copy(update={"wan": port, "ssh": f"router-{number}"})
        sites.append(site.model_copy(update={"name": f"site-{number}", "router": router, "devices": ()}))
    return LAB.model_copy(update={"sites": tuple(sites)})


def test_routers_of_two_sites_in_one_wan_network_keep_their_addresses() -> None:
    lab = in_one_wan("203.0.113.1/29", "203.0.113.2/29")
    pieces = plan(Cloud(), lab).pieces
    providers = {
        each.link: str(each.address) for each in pieces if isinstance(each, Address) and each.netns == "internet"
    }
    assert providers == {"w-site-1": "203.0.113.3/29", "w-site-2": "203.0.113.3/29"}
    ways = {
        str(each.prefix): each.link for each in pieces if isinstance(each, FabricRoute) and each.netns == "internet"
    }
    assert ways == {"203.0.113.1/32": "w-site-1", "203.0.113.2/32": "w-site-2"}


def test_a_wan_network_without_an_address_for_the_provider_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"site-1: routers have every address of its WAN network 203\.0\.113\.0/30"):
        plan(Cloud(), in_one_wan("203.0.113.1/30", "203.0.113.2/30"))


def test_a_site_behind_nat_is_one_address_outside_and_another_inside() -> None:
    site = LAB.sites[0]
    router = site.router.model_copy(update={"public_address": IPv4Address("198.51.100.9")})
    lab = LAB.model_copy(update={"sites": (site.model_copy(update={"router": router}),)})
    (text,) = (item.body for item in plan(Cloud(), lab).pieces if isinstance(item, PacketFilter))
    assert "ip saddr 203.0.113.2 meta l4proto { tcp, udp } snat to 198.51.100.9:" in text
    assert "dnat" not in text
    assert not [item for item in of(Cloud()).pieces if isinstance(item, PacketFilter)]


@pytest.mark.parametrize(
    ("ios", "kernel"),
    [("GigabitEthernet1", "Gi1"), ("GigabitEthernet0/0/3", "Gi0-0-3"), ("TenGigabitEthernet2", "Te2")],
)
def test_kernel_names_of_router_ports(ios: str, kernel: str) -> None:
    assert kernel_name(ios) == kernel


def test_a_script_gives_each_tool_one_batch_filters_before_links() -> None:
    text = script(
        [ToolLine("ip", "link set lo up"), ToolLine("nft", "table inet x {\n}"), ToolLine("ip", "rule add pref 1")]
    )
    assert text.count("ip -batch") == 1
    assert text.index("nft -f") < text.index("ip -batch")
    assert script([ToolLine("nft", "n"), ToolLine("ip", "i")], backwards=True).index("ip -batch") == 0
