"""A remote router in the fabric: its GRE tunnel's line protocol, and what becomes of it when its daemons crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twin.fabric import clouds
from twin.fabric.clouds import A1, GATEWAY, VPN
from twin.fabric.waiting import until

if TYPE_CHECKING:
    from twin.fabric.conftest import Driver

pytestmark = pytest.mark.twin

ROUTER, NETNS = "lab-router", "site.lab.router"
DESTINATION = "198.51.100.99"
MULTICAST = (
    "configure terminal",
    "ip multicast-routing distributed",
    "interface Loopback0",
    "ip address 10.254.0.1 255.255.255.255",
    "interface Tunnel200",
    "ip address 172.16.200.2 255.255.255.252",
    "tunnel source Loopback0",
    f"tunnel destination {DESTINATION}",
    "ip pim sparse-mode",
    "interface GigabitEthernet3",
    "ip pim sparse-mode",
    "end",
)


@pytest.fixture(scope="module", autouse=True)
def up(driver: Driver) -> None:
    driver.apply(clouds.WITH_VPN, ("site", "lab"), ("device", "phone-1"), ("speaker", GATEWAY.id))
    driver.type(ROUTER, *MULTICAST)
    until(lambda: line(driver) == "up", 20)


def line(driver: Driver) -> str:
    """The tunnel's line protocol, as the router shows it."""
    shown = driver.type(ROUTER, "show interfaces Tunnel200")
    return "up" if "line protocol is up" in shown else "down"


def test_without_a_route_to_its_destination_a_gre_tunnel_is_down(driver: Driver) -> None:
    driver.type(ROUTER, "configure terminal", "no ip route 0.0.0.0 0.0.0.0 203.0.113.1", "end")
    until(lambda: line(driver) == "down", 20)
    assert "Tunnel200, changed state to down" in driver.type(ROUTER, "show logging")
    driver.type(ROUTER, "configure terminal", "ip route 0.0.0.0 0.0.0.0 203.0.113.1", "end")
    until(lambda: line(driver) == "up", 20)


def test_a_gre_tunnel_whose_destination_lies_behind_itself_is_taken_down_and_tried_again(driver: Driver) -> None:
    route = f"ip route {DESTINATION} 255.255.255.255 Tunnel200"
    driver.type(ROUTER, "configure terminal", route, "end")
    until(lambda: line(driver) == "down", 20)
    reported = "%TUN-5-RECURDOWN: Tunnel200 temporarily disabled due to recursive routing"
    assert reported in driver.type(ROUTER, "show logging")
    driver.type(ROUTER, "configure terminal", f"no {route}", "end")
    until(lambda: line(driver) == "up", 40)
    reported_until_now = driver.type(ROUTER, "show logging").count(reported)
    driver.type(ROUTER, "configure terminal", "interface Tunnel200", "ip mtu 1380", "end")
    assert line(driver) == "up"
    assert driver.type(ROUTER, "show logging").count(reported) == reported_until_now


FIND = (
    "for pid in $(ip netns pids {netns}); do"
    " [ $(cat /proc/$pid/comm) = {program} ] && echo $pid $(ps -o ppid= -p $pid); done; true"
)


def running(driver: Driver, netns: str, program: str) -> list[str]:
    """The processes of a program; what one of them is about to turn into another program is none of them."""
    rows = [row.split() for row in driver.sh(None, FIND.format(netns=netns, program=program)).splitlines()]
    pids = {row[0] for row in rows}
    return [pid for pid, *parent in rows if pids.isdisjoint(parent)]


@pytest.mark.parametrize(
    ("netns", "program", "service"),
    [
        (NETNS, "pimd", "site/lab"),
        (NETNS, "zebra", "site/lab"),
        (NETNS, "bird", "site/lab"),
        (NETNS, "python", "site/lab"),
        (GATEWAY.id, "bird", f"speaker/{GATEWAY.id}"),
        (f"{VPN.id}-1", "charon-systemd", f"tunnel/{VPN.id}-1"),
        (A1.instance_id, "tini", f"host/{A1.instance_id}"),
        ("device.phone-1", "tini", "device/phone-1"),
    ],
)
def test_what_crashes_is_reported_and_started_again(driver: Driver, netns: str, program: str, service: str) -> None:
    before, reported = running(driver, netns, program), driver.look()
    assert before
    assert reported["settled"]
    driver.sh(None, f"kill -9 {before[0]}")
    # Announced anew: another number of times, or for the first time.
    until(lambda: driver.look()["crashes"].get(service) != reported["crashes"].get(service), 20)
    until(lambda: bool(driver.look()["settled"]), 30)
    after = running(driver, netns, program)
    assert len(after) == len(before)
    assert before[0] not in after
    assert driver.look()["faults"] == {}


def test_a_router_whose_daemons_crashed_is_what_it_was(driver: Driver) -> None:
    until(lambda: line(driver) == "up", 20)
    shown = driver.type(ROUTER, "show ip pim interface", "show ip route", "show running-config")
    assert "172.16.200.2" in shown
    assert "S*    0.0.0.0/0" in shown
    assert "tunnel destination 198.51.100.99" in shown
