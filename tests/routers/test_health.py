"""What was up before a change and is not afterwards; what the change takes out itself is not lost."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, cast

import pytest

from mcastlab.ios.configuration import parse
from mcastlab.routers.health import Health, ask, health_of, lost
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.ports import RouterSession

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


IKEV2 = """\
 IPv4 Crypto IKEv2  SA

Tunnel-id Local                 Remote                fvrf/ivrf            Status
1         203.0.113.2/500       192.0.2.50/500        none/none            READY
      Encr: AES-CBC, keysize: 256, PRF: SHA512, Hash: SHA512, DH Grp:19, Auth sign: PSK, Auth verify: PSK
      Life/Active Time: 86400/103 sec
2         203.0.113.2/500       192.0.2.51/500        none/none            IN-NEG
"""
ISAKMP = """\
IPv4 Crypto ISAKMP SA
dst             src             state          conn-id status
192.0.2.60      203.0.113.2     QM_IDLE           1004 ACTIVE
192.0.2.61      203.0.113.2     MM_NO_STATE          0 ACTIVE (deleted)

IPv6 Crypto ISAKMP SA

"""
STATIC = """\
Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP

Gateway of last resort is 203.0.113.1 to network 0.0.0.0

S*    0.0.0.0/0 [1/0] via 203.0.113.1
      10.0.0.0/8 is variably subnetted, 3 subnets, 2 masks
S        10.9.0.0/16 [1/0] via 10.1.1.1, GigabitEthernet2
                     [1/0] via 10.1.1.2
S        10.10.0.0/16 is directly connected, Null0
"""
MAPPING = "PIM Group-to-RP Mappings\n\nAcl: OWNERS, Static\n    RP: 192.0.2.9 (?)\n"
EVERYTHING = (BRIEF, PIM, BGP, IKEV2, ISAKMP, STATIC, MAPPING)
NOTHING = (
    BRIEF.splitlines()[0],
    "",
    "% BGP not active\n",
    "",
    "",
    STATIC.partition("S*")[0],
    MAPPING.partition("Acl")[0],
)


def test_what_is_up_are_tunnels_neighbours_and_established_sessions() -> None:
    found = health_of(*EVERYTHING)
    assert found.tunnels == {"Tunnel200"}
    assert {(str(address), name) for address, name in found.pim} == {("172.16.200.1", "Tunnel200")}
    assert {str(address) for address in found.bgp} == {"169.254.10.1"}
    assert {str(address) for address in found.peers} == {"192.0.2.50", "192.0.2.60", "203.0.113.2"}
    assert found.routes == {
        ("0.0.0.0/0", "203.0.113.1"),
        ("10.9.0.0/16", "10.1.1.1, GigabitEthernet2"),
        ("10.9.0.0/16", "10.1.1.2"),
        ("10.10.0.0/16", "Null0"),
    }
    assert {(str(point), groups) for point, groups in found.points} == {("192.0.2.9", "OWNERS")}


def test_each_kind_that_is_lost_is_named() -> None:
    before = health_of(*EVERYTHING)
    assert lost(before, before, GOAL) == ()
    assert lost(before, health_of(*NOTHING), GOAL) == (
        "Tunnel200 is down",
        "PIM neighbour 172.16.200.1 on Tunnel200 is lost",
        "BGP neighbour 169.254.10.1 is lost",
        "the security association with 192.0.2.50 is lost",
        "the security association with 192.0.2.60 is lost",
        "the security association with 203.0.113.2 is lost",
        "the static route to 0.0.0.0/0 by 203.0.113.1 is lost",
        "the static route to 10.10.0.0/16 by Null0 is lost",
        "the static route to 10.9.0.0/16 by 10.1.1.1, GigabitEthernet2 is lost",
        "the static route to 10.9.0.0/16 by 10.1.1.2 is lost",
        "the rendezvous point 192.0.2.9 of OWNERS is lost",
    )


def test_what_the_change_takes_out_is_not_lost() -> None:
    ours = parse("""\
interface Tunnel101
 tunnel destination 192.0.2.50
ip route 10.10.0.0 255.255.0.0 Null0 250
ip pim rp-address 192.0.2.9 OWNERS
""")
    before = Health(
        peers=frozenset({IPv4Address("192.0.2.50")}),
        routes=frozenset({("10.10.0.0/16", "Null0")}),
        points=frozenset({(IPv4Address("192.0.2.9"), "OWNERS")}),
    )
    assert lost(before, Health(), (), ours) == ()
    assert len(lost(before, Health(), ours, ours)) == 3


def test_a_router_without_encryption_has_no_associations() -> None:
    class Bare:
        router = "r"

        def show_all(self, *commands: str) -> tuple[str, ...]:
            return tuple("      ^\n% Invalid input detected at '^' marker.\n" for _ in commands)

    session = cast("RouterSession", Bare())
    assert ask(session, "show crypto ikev2 sa", "show crypto isakmp sa") == ("", "")
    with pytest.raises(RefusedError, match="refuses 'show ip pim neighbor'"):
        ask(session, "show ip pim neighbor")
