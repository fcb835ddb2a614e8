"""Routers that somebody else runs: twenty production configurations take the lab's lines and give them back.

The configurations in `production/` are our own, each in the manner of a real one: other VPNs of both IKE versions,
VRFs, zones, OSPF, EIGRP, Auto-RP and BSR, AAA, certificates, EEM, free text of all kinds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from documents import changed
from facts_sample import facts_for
from routers.rig import Box, Rig

from iosxe.config.loading import load, summary_of
from iosxe.config.node import Config
from iosxe.config.text import configuration
from iosxe.faults import fault_of
from mcastlab.ios.configuration import parse, paths
from mcastlab.lab.document import parse as lab_of
from mcastlab.lab_files import DEFAULT_LAB
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Lab

FOLDER = Path(__file__).parent / "production"
ROUTER = "demo/lab-router"


@dataclass(frozen=True, kw_only=True)
class Owner:
    """What the lab file says about a router in use, and what the push refuses it for."""

    wan: str
    lan: str
    asn: int = 65001
    more: dict[str, Any]
    refused: tuple[str, ...] = ()


def owner(wan: str, lan: str, *refused: str, asn: int = 65001, **more: Any) -> Owner:
    return Owner(wan=wan, lan=lan, asn=asn, more=more, refused=refused)


GIGABIT = ("GigabitEthernet0/0/0", "GigabitEthernet0/0/1")
OWNERS = {
    "01-branch-dialer": owner("Dialer1", "GigabitEthernet0/0/1"),
    "02-dc-edge": owner("Port-channel1.100", "Port-channel1.200", asn=65042, loopback_interface="Loopback90"),
    "03-pe-vrf": owner(*GIGABIT, asn=65043, loopback_interface="Loopback90"),
    "04-plant-vrf-lan": owner(*GIGABIT, "GigabitEthernet0/0/1 is in the VRF PLANT"),
    "05-front-door-vrf": owner(*GIGABIT, "GigabitEthernet0/0/0 is in the VRF INET"),
    "06-metro-bdi": owner("GigabitEthernet0/0/4", "BDI100", asn=4259841000, loopback_interface="Loopback90"),
    "07-zone-firewall": owner(*GIGABIT),
    "08-dmvpn-hub": owner(
        *("GigabitEthernet1", "GigabitEthernet2"),
        asn=65048,
        loopback_interface="Loopback90",
        tunnel_numbers=[901, 902],
    ),
    "09-ikev1-vpns": owner("GigabitEthernet0/0/0", "FastEthernet0/1/0"),
    "10-campus-eigrp": owner("GigabitEthernet0/0/0", "Vlan20"),
    "11-ospf-wan": owner(*GIGABIT),
    "12-auto-rp": owner("GigabitEthernet1", "GigabitEthernet2", asn=65052, loopback_interface="Loopback90"),
    "13-bsr-bidir": owner(
        "GigabitEthernet0/0/0", "TenGigabitEthernet0/0/4", asn=65053, loopback_interface="Loopback90"
    ),
    "14-voice-gateway": owner("GigabitEthernet0/0/0", "GigabitEthernet0/0/1.50"),
    "15-telemetry": owner(*GIGABIT),
    "16-aaa-strict": owner(*GIGABIT, asn=65056),
    "17-pki-rsa-sig": owner(*GIGABIT, gre_tunnel=950),
    "18-cellular-backup": owner(*GIGABIT),
    "19-bgp-families": owner("HundredGigE0/1/0", "TwentyFiveGigE0/2/0", asn=65059, loopback_interface="Loopback90"),
    "20-aws-neighbour": owner(
        *("GigabitEthernet1", "GigabitEthernet2"),
        asn=65060,
        loopback_interface="Loopback90",
        tunnel_numbers=[901, 902],
        gre_tunnel=950,
    ),
}


DISPLACED: dict[str, set[tuple[str, ...]]] = {
    "08-dmvpn-hub": {("ip pim register-source Loopback0",), ("crypto ipsec df-bit set",)},
    "12-auto-rp": {
        ("ip pim register-source Loopback0",),
        ("interface GigabitEthernet2", "ip pim sparse-dense-mode"),
    },
    "20-aws-neighbour": {
        ("ip pim register-source GigabitEthernet2",),
        ("interface GigabitEthernet2", "ip pim sparse-dense-mode"),
    },
}
"""Lines of an owner that one of ours takes the place of while it is there."""


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.cfg").read_text(encoding="utf-8")


def lab_with(found: Owner) -> Lab:
    document = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"]
    site = {"router.asn": found.asn}
    site |= {f"router.{port}.interface": getattr(found, port) for port in ("wan", "lan")}
    site |= {name if name == "gre_tunnel" else f"router.{name}": value for name, value in found.more.items()}
    return lab_of(changed(document, {f"sites.0.{path}": value for path, value in site.items()}), "lab.yaml", Path())


class OwnersRig(Rig):
    """The router of an owner alone."""

    def __post_init__(self) -> None:
        far = next(each for each in render_all(self.lab, facts_for(self.lab)) if each.router == ROUTER)
        self.wanted = {ROUTER: intended(far)}
        self.boxes = {ROUTER: Box(name=ROUTER, startup=self.startup, interfaces=(), keeps_text=True)}

    @property
    def text(self) -> str:
        return self.boxes[ROUTER].text


@pytest.fixture
def rig(name: str, tmp_path: Path) -> Iterator[OwnersRig]:
    made = OwnersRig(lab_with(OWNERS[name]), tmp_path, startup=text_of(name))
    yield made
    made.close()


def test_each_file_has_its_lab() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.cfg")) == sorted(OWNERS)
    assert len(OWNERS) == 20
    # None is simpler than a real one.
    assert min(len(text_of(name).splitlines()) for name in OWNERS) >= 200


def plain(text: str) -> set[tuple[str, ...]]:
    """Return the lines of a configuration; numbered lists stand in either of two forms, and blanks do not count."""
    return {
        tuple(" ".join(line.split()) for line in path)
        for path in paths(parse(text))
        if not path[0].startswith(("access-list ", "ip access-list "))
    }


@pytest.mark.parametrize("name", OWNERS)
def test_a_production_configuration_is_loaded_whole(name: str) -> None:
    text = text_of(name)
    box = Box(name=name, startup=text, interfaces=(), keeps_text=True)
    device = box.virtual.device
    assert plain(text) <= plain(box.text)
    assert device.hostname == next(line.split()[1] for line in text.splitlines() if line.startswith("hostname "))
    again = load(Config(), box.text, device.interfaces)
    assert configuration(again.config, device.image.version) == box.text
    reported = summary_of(line.kind for line in box.virtual.boot_log)
    assert "banner motd" not in reported
    assert all(kind.isascii() and len(kind) < 60 for kind in reported.split(", "))
    box.close()


@pytest.mark.series(gate=8)
@pytest.mark.parametrize("name", OWNERS)
def test_the_lab_s_lines_come_and_go_and_the_owner_s_stay(rig: OwnersRig, name: str) -> None:
    before = rig.text
    if OWNERS[name].refused:
        with pytest.raises(RefusedError) as refused:
            rig.push()
        assert all(each in refused.value.text for each in OWNERS[name].refused)
        assert "take it out of the VRF, or give the lab an interface outside it" in refused.value.text
        assert rig.text == before
        return
    report = rig.push()
    assert report.exit_code == ExitCode.OK, report.as_text()
    configured = rig.text
    assert plain(before) - plain(configured) <= DISPLACED.get(name, set())
    assert rig.push().routers[0].side == Side.IN_SYNC
    assert rig.text == configured
    assert rig.push(remove=True).exit_code == ExitCode.OK
    assert rig.text == before


@pytest.mark.parametrize("name", ["16-aaa-strict"])
@pytest.mark.parametrize("fault", ["refuse@60", "drop-after@configure confirm", "reboot-after@40"])
def test_a_push_that_fails_leaves_the_owner_s_text(rig: OwnersRig, fault: str) -> None:
    before = rig.text
    rig.boxes[ROUTER].virtual.faults.arm(fault_of(fault))
    report = rig.push()
    kept = report.routers[0].side is Side.NEW
    assert kept == (report.exit_code == ExitCode.OK)
    assert kept or rig.text == before
    assert not kept or rig.push(remove=True).exit_code == ExitCode.OK
    assert rig.text == before


def test_a_text_without_an_end_is_a_configuration_that_cannot_be_read(lab: Lab, tmp_path: Path) -> None:
    far = next(each for each in render_all(lab, facts_for(lab)) if each.router == ROUTER)
    rig = OwnersRig(lab, tmp_path, wanted={ROUTER: intended(far)}, startup="hostname r\nmenu OPS title ~\nhostname x\n")
    before = rig.text
    with pytest.raises(RefusedError, match=r"demo/lab-router: cannot read show running-config.*the end of the text"):
        rig.push()
    assert rig.text == before
    rig.close()
