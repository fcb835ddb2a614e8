"""The gateway's VPN endpoint against a customer of its own: IPsec, BGP, and what the region is reported."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest
from twin.fabric import clouds
from twin.fabric.clouds import A1, ATTACHMENT, B1, GATEWAY, SUBNET_A, SUBNET_B, TABLE_A, TABLE_B, TUNNEL, VPN, WITH_VPN
from twin.fabric.waiting import until

from awsregion.cloud import Cloud, Route, TransitGatewayRoute

if TYPE_CHECKING:
    from twin.fabric.conftest import Driver

pytestmark = pytest.mark.twin

LAN = "192.168.77.1"
FAR_RULE = clouds.rule(1, "192.168.0.0/16")
CUSTOMER = VPN.model_copy(update={"customer_address": IPv4Address("192.0.2.2")})
ROUTED = clouds.with_group(
    clouds.with_routes(
        WITH_VPN.model_copy(update={"vpn_connections": (CUSTOMER,)}), TABLE_A, clouds.to_gateway("192.168.0.0/16")
    ),
    clouds.ICMP,
    FAR_RULE,
)
SERVICES = (("tunnel", f"{VPN.id}-1"), ("tunnel", f"{VPN.id}-2"), ("speaker", GATEWAY.id), ("site", "lab"))


def status(driver: Driver) -> dict[str, object]:
    reported = {tunnel["outside_address"]: tunnel for tunnel in driver.live()["tunnels"]}
    return dict(reported[str(TUNNEL.outside_address)])


def reaches(driver: Driver, address: str = LAN) -> bool:
    code: int = driver.node(A1.instance_id, f"ping -c 2 -i 0.05 -w 1 {address}")["code"]
    return code == 0


@pytest.fixture(scope="module", autouse=True)
def up(driver: Driver) -> None:
    driver.apply(ROUTED, *SERVICES)
    assert status(driver)["message"] == "IPSEC IS DOWN"
    driver.customer(TUNNEL.pre_shared_key.reveal())
    until(lambda: bool(status(driver)["up"]), 15, status(driver))


def test_a_tunnel_that_is_up_tells_the_routes_that_it_accepted(driver: Driver) -> None:
    until(lambda: status(driver)["accepted_routes"] == ["192.168.77.0/24"], 5)
    assert status(driver)["outside_address"] == str(TUNNEL.outside_address)


def test_a_host_reaches_the_far_lan_through_gateway_and_tunnel(driver: Driver) -> None:
    until(lambda: reaches(driver), 5)


def test_without_the_vpcs_route_to_the_gateway_the_far_lan_is_cut_off(driver: Driver) -> None:
    until(lambda: reaches(driver), 5)
    driver.apply(clouds.with_routes(ROUTED, TABLE_A), *SERVICES)
    assert not reaches(driver)
    driver.apply(ROUTED, *SERVICES)
    until(lambda: reaches(driver), 5)


def test_without_propagation_the_gateway_has_no_way_to_the_far_lan(driver: Driver) -> None:
    until(lambda: reaches(driver), 5)
    table = ROUTED.transit_gateway_route_tables[0]
    closed = table.model_copy(update={"propagating_attachment_ids": (ATTACHMENT.id,)})
    driver.apply(ROUTED.model_copy(update={"transit_gateway_route_tables": (closed,)}), *SERVICES)
    until(lambda: not reaches(driver), 5)
    driver.apply(ROUTED, *SERVICES)
    until(lambda: reaches(driver), 15)


def test_a_vpn_with_a_table_of_its_own_is_reached_by_the_table_that_it_propagates_to(driver: Driver) -> None:
    table = ROUTED.transit_gateway_route_tables[0]
    of_vpc = table.model_copy(update={"associated_attachment_ids": (ATTACHMENT.id,)})
    of_vpn = table.model_copy(
        update={"id": "tgw-rtb-of-the-vpn", "associated_attachment_ids": (VPN.attachment_id,), "routes": ()}
    )
    deaf = of_vpn.model_copy(update={"propagating_attachment_ids": ()})
    driver.apply(ROUTED.model_copy(update={"transit_gateway_route_tables": (of_vpc, of_vpn)}), *SERVICES)
    until(lambda: reaches(driver), 15)
    # Nothing is known there any more: neither does the customer learn of the VPC, nor is its traffic led into it.
    driver.apply(ROUTED.model_copy(update={"transit_gateway_route_tables": (of_vpc, deaf)}), *SERVICES)
    until(lambda: not reaches(driver), 15)
    driver.apply(ROUTED, *SERVICES)
    until(lambda: reaches(driver), 15)


def test_a_static_route_into_the_vpn_serves_where_nothing_is_propagated(driver: Driver) -> None:
    table = ROUTED.transit_gateway_route_tables[0]
    route = TransitGatewayRoute(destination=IPv4Network("192.168.0.0/16"), attachment_id=VPN.attachment_id)
    static = table.model_copy(update={"propagating_attachment_ids": (ATTACHMENT.id,), "routes": (route,)})
    driver.apply(ROUTED.model_copy(update={"transit_gateway_route_tables": (static,)}), *SERVICES)
    until(lambda: reaches(driver), 15)
    bare = static.model_copy(update={"routes": ()})
    driver.apply(ROUTED.model_copy(update={"transit_gateway_route_tables": (bare,)}), *SERVICES)
    until(lambda: not reaches(driver), 15)
    driver.apply(ROUTED, *SERVICES)
    until(lambda: reaches(driver), 15)


def test_the_way_back_follows_the_table_of_the_zones_attachment_subnet(driver: Driver) -> None:
    """Host b1 is in a zone of its own, with a table of its own."""

    def from_b1() -> bool:
        return bool(driver.node(B1.instance_id, f"ping -c 2 -i 0.05 -w 1 {LAN}")["code"] == 0)

    def cloud(*attached: str, routes: tuple[Route, ...] = ()) -> Cloud:
        found = ROUTED.model_copy(
            update={
                "subnets": (SUBNET_A, SUBNET_B.model_copy(update={"zone": "b"})),
                "vpc_attachments": (ATTACHMENT.model_copy(update={"subnet_ids": attached}),),
            }
        )
        return clouds.with_routes(found, TABLE_B, clouds.to_gateway("192.168.0.0/16"), *routes)

    driver.apply(cloud(SUBNET_A.id, SUBNET_B.id), *SERVICES)
    until(from_b1, 15)
    driver.apply(cloud(SUBNET_A.id), *SERVICES)
    assert not from_b1()
    # Its subnet's traffic is sent to a host that takes none but its own.
    elsewhere = (clouds.to_interface("10.10.2.0/24", A1),)
    driver.apply(cloud(SUBNET_A.id, SUBNET_B.id, routes=elsewhere), *SERVICES)
    assert not from_b1()
    driver.apply(ROUTED, *SERVICES)
    until(lambda: reaches(driver), 5)


def test_when_the_connection_goes_endpoint_and_daemons_go(driver: Driver) -> None:
    driver.apply(ROUTED.model_copy(update={"vpn_connections": ()}))
    assert driver.live()["tunnels"] == []
    assert VPN.id not in driver.sh(None, "ip netns list")
    driver.apply(Cloud())
    assert "tgw" not in driver.sh(None, "ip netns list")
