"""BIRD's configuration, judged by BIRD itself, and its answers."""

from __future__ import annotations

import subprocess
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest

from mcastlab_twin.services.bird import BirdConfig, BirdCopy, BirdNeighbor, BirdRoute
from mcastlab_twin.services.bird_answers import peers_of, routes_of
from mcastlab_twin.services.bird_gateway import GatewayConfig, GatewayConnection, GatewayTable

if TYPE_CHECKING:
    from pathlib import Path

ROUTER = IPv4Address("10.255.0.1")
NEIGHBOR = BirdNeighbor(remote=IPv4Address("169.254.10.1"), remote_as=64512, keepalive_s=10, hold_s=30)
PREFIX = IPv4Network("10.10.0.0/16")

CONFIGS = {
    "nothing": BirdConfig(router_id=ROUTER),
    "neighbour": BirdConfig(router_id=ROUTER, asn=65001, neighbors=(NEIGHBOR,), networks=(PREFIX,)),
    "originator": BirdConfig(router_id=ROUTER, asn=65001, neighbors=(NEIGHBOR,), originated=(PREFIX,), multipath=2),
    "no networks": BirdConfig(router_id=ROUTER, asn=65001, neighbors=(NEIGHBOR,)),
    "routes": BirdConfig(
        router_id=ROUTER,
        connected=True,
        routes=(
            BirdRoute(prefix=PREFIX, next_hop=IPv4Address("10.0.0.2")),
            BirdRoute(prefix=PREFIX, next_hop=IPv4Address("10.0.0.3")),
            BirdRoute(prefix=PREFIX, interface="Tunnel101", distance=200),
            BirdRoute(prefix=IPv4Network("10.11.0.0/16"), next_hop=IPv4Address("10.0.0.9"), interface="Gi1"),
            BirdRoute(prefix=IPv4Network("10.12.0.0/16"), next_hop=IPv4Address("192.0.2.1"), recursive=True),
            BirdRoute(prefix=IPv4Network("10.13.0.0/16")),
        ),
        copy=BirdCopy(
            kernel_table=254,
            routes=(BirdRoute(prefix=PREFIX, next_hop=IPv4Address("172.16.0.1"), interface="Tunnel200", distance=0),),
        ),
    ),
}


OTHER = BirdNeighbor(remote=IPv4Address("169.254.11.1"), remote_as=65002)
GATEWAY = GatewayConfig(
    router_id=ROUTER,
    asn=64512,
    tables=(
        GatewayTable(kernel_table=1001, originated=(PREFIX,), routes=(BirdRoute(prefix=PREFIX, interface="v1"),)),
        GatewayTable(kernel_table=1002),
    ),
    connections=(
        GatewayConnection(neighbors=(NEIGHBOR,), associated=1001, propagated=(1001, 1002)),
        GatewayConnection(neighbors=(OTHER,), associated=None, propagated=()),
        GatewayConnection(neighbors=(), associated=1002, propagated=(1002,)),
    ),
    multipath=50,
)


@pytest.mark.process
@pytest.mark.parametrize("config", [*CONFIGS.values(), GATEWAY], ids=[*CONFIGS, "gateway"])
def test_bird_takes_the_configuration(config: BirdConfig | GatewayConfig, tmp_path: Path) -> None:
    file = tmp_path / "bird.conf"
    file.write_text(config.text(tmp_path / "bird.log"))
    judged = subprocess.run(["/usr/sbin/bird", "-p", "-c", str(file)], capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stderr) == (0, "")


def test_an_advertised_network_is_that_prefix_and_no_longer_one(tmp_path: Path) -> None:
    text = CONFIGS["neighbour"].text(tmp_path)
    assert "net ~ [ 10.10.0.0/16 ]" in text


def test_a_session_keeps_its_name_when_another_comes_before_it(tmp_path: Path) -> None:
    other = BirdNeighbor(remote=IPv4Address("169.254.9.1"), remote_as=64512)
    names = [
        {line.split()[2] for line in config.text(tmp_path).splitlines() if line.startswith("protocol bgp")}
        for config in (
            BirdConfig(router_id=ROUTER, asn=65001, neighbors=(NEIGHBOR,)),
            BirdConfig(router_id=ROUTER, asn=65001, neighbors=(other, NEIGHBOR)),
        )
    ]
    assert names[0] < names[1]


# As BIRD 2.0.12 printed it, shortened.
PROTOCOLS = """\
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     1795443878
bgp_169_254_10_1 BGP        ---        up     1795443880    Established
  BGP state:          Established
    Neighbor address: 169.254.10.1
    Neighbor AS:      64512
    Local AS:         65001
  Channel ipv4
    State:          UP
    Routes:         2 imported, 1 exported, 2 preferred
bgp_169_254_11_1 BGP        ---        start  1795443878    Active
  BGP state:          Active
    Neighbor address: 169.254.11.1
    Neighbor AS:      64512
  Channel ipv4
    State:          DOWN
"""
ROUTES = """\
Table master4:
0.0.0.0/0            unicast [r_static_254 1795443878] * (1)
\tvia 10.0.0.2 on Gi1
0.0.0.0/8            blackhole [r_static_1 1795443878] * (254)
10.255.0.1/32        unicast [r_connected 1795443878] * (255)
\tdev lo
10.7.0.0/16          unicast [r_static_1 1795443878] * (254)
\tvia 10.0.0.2 on Gi1 weight 1
\tvia 10.0.0.3 on Gi1 weight 1
10.10.0.0/16         unicast [bgp_169_254_10_1 1795443880] * (235) [AS64512i]
\tvia 169.254.10.1 on Tunnel101
"""


def test_a_session_has_prefixes_only_when_established() -> None:
    up, waiting = peers_of(PROTOCOLS.splitlines(), now=1795443890).values()
    assert (str(up.address), up.remote_as, up.state, up.since_s, up.prefixes) == (
        "169.254.10.1", 64512, "Established", 10, 2
    )  # fmt: skip
    assert (str(waiting.address), waiting.state, waiting.prefixes) == ("169.254.11.1", "Active", None)


def test_routes_have_ioss_distances_and_their_first_next_hop() -> None:
    found = routes_of(ROUTES.splitlines(), now=1795443890)
    reported = [(str(each.prefix), each.source, each.distance, str(each.next_hop), each.interface) for each in found]
    assert reported == [
        ("0.0.0.0/0", "static", 254, "10.0.0.2", "Gi1"),
        ("0.0.0.0/8", "static", 1, "None", "Null0"),
        ("10.7.0.0/16", "static", 1, "10.0.0.2", "Gi1"),
        ("10.10.0.0/16", "bgp", 20, "169.254.10.1", "Tunnel101"),
        ("10.255.0.1/32", "connected", 0, "None", "lo"),
    ]
    assert found[3].age_s == 10
