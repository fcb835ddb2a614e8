"""BGP of somebody else: the form with a section for the IPv4 family, and neighbours that are active by a line alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from routers.rig import STARTUP, Rig, by_hand

from mcastlab.ios.configuration import parse
from mcastlab.ios.show.vpn import bgp_peers
from mcastlab.routers.push_report import Side
from mcastlab.routers.transaction import compare
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

FAMILY = """\
router bgp 65001
 bgp log-neighbor-changes
{default} neighbor 192.0.2.1 remote-as 64999
 !
 address-family ipv4
  network 10.7.0.0 mask 255.255.0.0
  neighbor 192.0.2.1 activate
 exit-address-family
!
"""
NO_DEFAULT = " no bgp default ipv4-unicast\n"


def rig_with(lab: Lab, folder: Path, default: str) -> Rig:
    return Rig(
        lab, folder, startup=STARTUP.replace("ip access-list", f"{FAMILY.format(default=default)}ip access-list")
    )


def active(rig: Rig) -> set[str]:
    """Return the neighbours that the router has in its network."""
    intent = rig.boxes["demo/lab-router"].virtual.device.backend.intent  # type: ignore[attr-defined]  # in memory
    assert intent.bgp is not None
    return {str(neighbor.address) for neighbor in intent.bgp.neighbors}


@pytest.mark.parametrize("default", ["", NO_DEFAULT], ids=["by default", "by a line"])
def test_the_labs_neighbours_are_active_and_the_owners_as_before(lab: Lab, tmp_path: Path, default: str) -> None:
    rig = rig_with(lab, tmp_path, default)
    before = rig.texts()
    assert active(rig) == {"192.0.2.1"}
    first = rig.push()
    assert [each.side for each in first.routers] == [Side.NEW, Side.NEW], first.as_text()
    assert active(rig) == {"192.0.2.1", "169.254.10.1", "169.254.11.1"}
    assert "  neighbor 169.254.10.1 activate" in rig.texts()["demo/lab-router"]
    assert [each.side for each in rig.push().routers] == [Side.IN_SYNC] * 2
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == before
    rig.close()


@pytest.mark.parametrize("default", ["", NO_DEFAULT], ids=["by default", "by a line"])
def test_a_neighbour_of_the_lab_that_somebody_made_inactive_is_made_active_again(
    lab: Lab, tmp_path: Path, default: str
) -> None:
    rig = rig_with(lab, tmp_path, default)
    assert rig.push().exit_code is ExitCode.OK
    by_hand(
        rig.boxes["demo/lab-router"], "router bgp 65001", "address-family ipv4", "no neighbor 169.254.10.1 activate"
    )
    assert active(rig) == {"192.0.2.1", "169.254.11.1"}
    report = rig.push()
    assert [each.lines for each in report.routers if each.lines] == [
        ("router bgp 65001", " address-family ipv4", "  neighbor 169.254.10.1 activate", " exit-address-family")
    ]
    assert "169.254.10.1" in active(rig)
    assert [each.side for each in rig.push().routers] == [Side.IN_SYNC] * 2
    rig.close()


def test_an_inactive_neighbour_is_drift_where_there_was_no_family_either_and_the_owners_stays(
    lab: Lab, tmp_path: Path
) -> None:
    own = "router bgp 65001\n neighbor 192.0.2.1 remote-as 64999\n no neighbor 192.0.2.1 activate\n"
    rig = Rig(lab, tmp_path, startup=STARTUP.replace("ip access-list", f"{own}ip access-list"))
    before = parse(rig.texts()["demo/lab-router"])
    assert rig.push().exit_code is ExitCode.OK
    lines = ("router bgp 65001", "no neighbor 169.254.11.1 activate")
    by_hand(rig.boxes["demo/lab-router"], *lines)
    drift = compare(lab, rig.routers(), rig.records, rig.pace)
    assert [each.lines for each in drift.routers if each.lines] == [
        ("router bgp 65001", " address-family ipv4", "  neighbor 169.254.11.1 activate", " exit-address-family")
    ]
    assert rig.push().exit_code is ExitCode.OK
    assert active(rig) == {"169.254.10.1", "169.254.11.1"}
    by_hand(rig.boxes["demo/lab-router"], *lines)
    assert rig.push(remove=True).exit_code is ExitCode.OK
    # The family has got a section of its own, in which IOS prints the same.
    assert parse(rig.texts()["demo/lab-router"]) == before
    rig.close()


def test_a_router_that_writes_as_numbers_in_asdot_is_configured_and_left_as_it_was(lab: Lab, tmp_path: Path) -> None:
    far = lab.sites[0].router.model_copy(update={"asn": 4200000000})
    lab = lab.model_copy(update={"sites": (lab.sites[0].model_copy(update={"router": far}),)})
    own = "router bgp 64086.59904\n bgp asnotation dot\n neighbor 192.0.2.1 remote-as 1.1\n"
    rig = Rig(lab, tmp_path, startup=STARTUP.replace("ip access-list", f"{own}ip access-list"))
    before = rig.texts()
    assert own.partition("\n neighbor")[0] in before["demo/lab-router"]
    assert " neighbor 192.0.2.1 remote-as 1.1" in before["demo/lab-router"]
    assert rig.push().exit_code is ExitCode.OK
    assert [each.side for each in rig.push().routers] == [Side.IN_SYNC] * 2
    session = rig.boxes["demo/lab-router"].connect()
    summary = session.show("show ip bgp summary")
    assert "local AS number 64086.59904" in summary
    assert {each.remote_as for each in bgp_peers(summary)} == {64512, 65537}
    session.close()
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == before
    rig.close()


@pytest.mark.parametrize(
    ("by_operator", "undone"),
    [
        (("router bgp 65001", "neighbor 169.254.10.1 shutdown"), " no neighbor 169.254.10.1 shutdown"),
        (("interface Tunnel101", "shutdown"), " no shutdown"),
        (("interface Tunnel200", "shutdown"), " no shutdown"),
        (("interface Tunnel200", "no ip pim sparse-mode"), " ip pim sparse-mode"),
        (("interface Tunnel200", "ip pim neighbor-filter 7"), " no ip pim neighbor-filter 7"),
    ],
)
def test_a_line_that_takes_a_neighbour_or_tunnel_of_ours_down_is_drift_and_undone(
    lab: Lab, tmp_path: Path, by_operator: tuple[str, str], undone: str
) -> None:
    own = "router bgp 65001\n neighbor 192.0.2.1 remote-as 64999\n neighbor 192.0.2.1 shutdown\n"
    rig = Rig(lab, tmp_path, startup=STARTUP.replace("ip access-list", f"{own}ip access-list"))
    before = rig.texts()["demo/lab-router"]
    assert rig.push().exit_code is ExitCode.OK
    ours = rig.texts()["demo/lab-router"]
    by_hand(rig.boxes["demo/lab-router"], *by_operator)
    drift = compare(lab, rig.routers(), rig.records, rig.pace)
    assert [each.lines for each in drift.routers if each.lines] == [(by_operator[0], undone)]
    assert rig.push().exit_code is ExitCode.OK
    assert rig.texts()["demo/lab-router"] == ours
    by_hand(rig.boxes["demo/lab-router"], *by_operator)
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts()["demo/lab-router"] == before
    rig.close()


def test_an_owner_who_leaves_the_family_to_lines_leaves_our_neighbours_as_they_are(lab: Lab, tmp_path: Path) -> None:
    rig = rig_with(lab, tmp_path, "")
    assert rig.push().exit_code is ExitCode.OK
    by_hand(rig.boxes["demo/lab-router"], "router bgp 65001", "no bgp default ipv4-unicast")
    assert active(rig) == {"192.0.2.1", "169.254.10.1", "169.254.11.1"}
    assert [each.side for each in rig.push().routers] == [Side.IN_SYNC] * 2
    rig.close()


def test_a_line_that_a_router_prints_in_both_places_is_one() -> None:
    (bgp,) = parse(
        "router bgp 65001\n neighbor 192.0.2.1 remote-as 64999\n address-family ipv4 unicast\n"
        "  neighbor 192.0.2.1 remote-as 64999\n  neighbor 192.0.2.1 next-hop-self\n  exit-address-family\n"
    )
    assert [line.text for line in bgp.below] == [
        "neighbor 192.0.2.1 remote-as 64999",
        "neighbor 192.0.2.1 next-hop-self",
    ]


def test_what_is_active_by_default_is_no_line_of_the_configuration() -> None:
    (bgp,) = parse(FAMILY.format(default=""))
    assert not any(line.text.endswith("activate") for line in bgp.below)
    (bgp,) = parse(FAMILY.format(default=NO_DEFAULT))
    assert "neighbor 192.0.2.1 activate" in [line.text for line in bgp.below]
