"""What was up before a change and is not afterwards; what the change takes out itself is not lost."""

from __future__ import annotations

from mcastlab.ios.configuration import parse
from mcastlab.routers.health import Health, health_of, lost

BRIEF = """\
Interface              IP-Address      OK? Method Status                Protocol
GigabitEthernet1       10.0.0.1        YES DHCP   up                    up
Tunnel101              169.254.10.2    YES manual up                    down
Tunnel200              172.16.200.2    YES manual up                    up
Tunnel201              172.16.201.2    YES manual administratively down down
"""
PIM = "172.16.200.1      Tunnel200                00:00:04/00:01:40 v2    1 / S P G\n"
BGP = """\
BGP router identifier 10.254.0.10, local AS number 65001
Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
169.254.10.1    4        64512       5       5        3    0    0 00:00:07        0
169.254.11.1    4        64512       5       5        3    0    0 never    Idle
"""
GOAL = parse("""\
interface Tunnel200
 ip pim sparse-mode
router bgp 65001
 neighbor 169.254.10.1 remote-as 64512
""")


def test_what_is_up_are_tunnels_neighbours_and_established_sessions() -> None:
    found = health_of(BRIEF, PIM, BGP)
    assert found.tunnels == {"Tunnel200"}
    assert {(str(address), name) for address, name in found.pim} == {("172.16.200.1", "Tunnel200")}
    assert {str(address) for address in found.bgp} == {"169.254.10.1"}


def test_each_kind_that_is_lost_is_named() -> None:
    before = health_of(BRIEF, PIM, BGP)
    assert lost(before, before, GOAL) == ()
    assert lost(before, health_of(BRIEF.splitlines()[0], "", "% BGP not active\n"), GOAL) == (
        "Tunnel200 is down",
        "PIM neighbour 172.16.200.1 on Tunnel200 is lost",
        "BGP neighbour 169.254.10.1 is lost",
    )


def test_what_the_change_takes_out_is_not_lost() -> None:
    assert lost(health_of(BRIEF, PIM, BGP), Health(), ()) == ()
