"""What a router's owner has there is as before after a push, and after all security associations are made anew."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from routers.rig import STARTUP, Rig, by_hand

from iosxe.memory import MemoryBackend
from iosxe.state import LiveBgpPeer, LiveIkev2Sa, LivePimNeighbor
from mcastlab.routers.health import Health, read_health
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

FAR = "demo/lab-router"
PEER = IPv4Address("192.0.2.50")
OWNERS = """\
{policy}crypto ikev2 keyring OWN
 peer PLANT
  address 192.0.2.50
  pre-shared-key 0 x1y2z3
crypto ikev2 profile OWN
 match identity remote address 192.0.2.50 255.255.255.255
 authentication remote pre-share
 authentication local pre-share
 keyring local OWN
crypto ipsec transform-set OWN esp-aes 256 esp-sha256-hmac
crypto ipsec profile OWN
 set transform-set OWN
 set ikev2-profile OWN
ip multicast-routing distributed
interface Tunnel7
 ip address 172.31.7.1 255.255.255.252
 ip pim sparse-mode
 tunnel source {source}
 tunnel mode ipsec ipv4
 tunnel destination 192.0.2.50
 tunnel protection ipsec profile OWN
router bgp 65001
 bgp log-neighbor-changes
 neighbor 172.31.7.2 remote-as 64900
ip pim rp-address 192.0.2.9 OWNERS
ip route 10.66.0.0 255.255.0.0 192.168.50.254
"""
POLICY = """\
crypto ikev2 proposal OWN
 encryption aes-cbc-128
 integrity sha256
 group 19
crypto ikev2 policy OWN
 match fvrf any
 proposal OWN
"""
BY_DEFAULT = {"key_bits": 256, "prf": "SHA512", "integrity": "SHA512"}
BY_POLICY = {"key_bits": 128, "prf": "SHA256", "integrity": "SHA256"}


def rig_with(lab: Lab, folder: Path, policy: str, source: str = "GigabitEthernet3") -> Rig:
    own = OWNERS.format(policy=policy, source=source)
    rig = Rig(lab, folder, startup=STARTUP.replace("ip access-list", f"{own}ip access-list"))
    world = backend(rig).world
    sa = LiveIkev2Sa(
        local=IPv4Address("192.168.50.1"),
        local_port=500,
        remote=PEER,
        remote_port=500,
        ready=True,
        encryption="AES-CBC",
        dh_group=19,
        lifetime_s=86400,
        active_s=4000,
        **(BY_POLICY if policy else BY_DEFAULT),  # type: ignore[arg-type]  # fields by name
    )
    world.ikev2_sas = (sa,)
    neighbor = IPv4Address("172.31.7.2")
    world.pim_neighbors = (LivePimNeighbor(address=neighbor, interface="Tunnel7", uptime_s=9, expires_s=90),)
    world.bgp_peers = (LiveBgpPeer(address=neighbor, remote_as=64900, state="Established", since_s=9, prefixes=4),)
    return rig


def backend(rig: Rig) -> MemoryBackend:
    found = rig.boxes[FAR].virtual.device.backend
    assert isinstance(found, MemoryBackend)
    return found


def rekey(rig: Rig) -> None:
    session = rig.boxes[FAR].connect()
    assert session.show("test crypto ikev2 rekey") == ""
    session.close()


def seen(rig: Rig) -> Health:
    session = rig.boxes[FAR].connect()
    found = read_health(session)
    session.close()
    return found


@pytest.fixture(params=["", POLICY], ids=["the default policy", "a policy of his own"])
def rig(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = rig_with(lab, tmp_path, request.param)
    yield made
    made.close()


def test_all_that_is_the_owners_is_as_before_also_after_a_rekey_of_every_association(rig: Rig) -> None:
    before = seen(rig)
    assert {str(peer) for peer in before.peers} == {"192.0.2.50"}
    assert ("10.66.0.0/16", "192.168.50.254") in before.routes
    assert {(str(point), groups) for point, groups in before.points} == {("192.0.2.9", "OWNERS")}
    report = rig.push()
    assert [each.side for each in report.routers] == [Side.NEW, Side.NEW], report.as_text()
    for rekeyed in (False, True):
        if rekeyed:
            rekey(rig)
            assert all(sa.active_s == 0 for sa in backend(rig).world.ikev2_sas)
        now = seen(rig)
        for kind in ("tunnels", "pim", "bgp", "peers", "routes", "points"):
            assert getattr(before, kind) <= getattr(now, kind), (kind, rekeyed)
    assert rig.push(remove=True).exit_code is ExitCode.OK
    rekey(rig)
    assert seen(rig) == before


def test_a_rekey_finds_a_policy_that_serves_every_address(rig: Rig) -> None:
    """What a push would do to the owner's VPN without `match address local`: the control of the test above."""
    greedy = ("crypto ikev2 proposal AAA", "encryption aes-cbc-192", "integrity sha384", "group 16")
    local = "match address local 192.168.50.1"
    by_hand(rig.boxes[FAR], *greedy, "crypto ikev2 policy AAA", "match fvrf any", local, "proposal AAA")
    rekey(rig)
    assert seen(rig).peers == frozenset()


def test_an_association_that_a_change_breaks_takes_it_back(rig: Rig) -> None:
    before = rig.texts()
    world = backend(rig).world

    def broken(reported: str) -> None:
        if reported.startswith(FAR):
            world.ikev2_sas = tuple(replace(sa, ready=False) for sa in world.ikev2_sas)

    rig.progress = type("Progress", (list,), {"append": lambda _, reported: broken(reported)})()
    report = rig.push()
    assert report.exit_code is ExitCode.REFUSED
    assert "the security association with 192.0.2.50 is lost after the change" in report.as_text()
    assert rig.texts() == before
