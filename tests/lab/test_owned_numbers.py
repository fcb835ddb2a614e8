"""A router whose owner uses our usual interfaces gets others, everywhere."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from facts_sample import facts_for
from routers.rig import Rig, by_hand

from mcastlab.lab.checks import check
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.lab.design.routers import designed_routers
from mcastlab.lab.model import Lab
from mcastlab.render.routers import render_all
from mcastlab.routers.push_report import Side
from mcastlab.verify.observe.lab import pings_of
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = {"tunnel_numbers": [111, 112], "loopback_interface": "Loopback70"}
OWNERS = """\
interface Tunnel102
 ip address 10.77.2.1 255.255.255.0
interface Loopback0
 ip address 10.77.0.1 255.255.255.255
""".splitlines()


def other(lab: Lab, **fields: Any) -> Lab:
    document = lab.model_dump(mode="json")
    document["sites"][0]["router"] |= fields
    return Lab.model_validate(document)


def test_every_line_and_every_derivation_has_the_other_names(lab: Lab) -> None:
    changed = other(lab, **NUMBERS)
    site = changed.sites[0]
    text = next(each.shown for each in render_all(changed, facts_for(changed)) if site.name in each.router)
    assert "Loopback0" not in text
    assert "Tunnel101" not in text
    for line in ("interface Tunnel111", "interface Tunnel112", "interface Loopback70", "tunnel source Loopback70"):
        assert line in text
    assert "ip pim register-source Loopback70" in text
    interfaces = {route.interface for route in LabRoutes(changed).remote_router(site).unicast.all}
    assert {"Loopback70", "Tunnel111", "Tunnel112"} <= interfaces
    assert "Loopback70" in designed_routers(changed)[1].pim_interfaces
    assert "source Loopback70" in pings_of(changed, site)["underlay"]


def test_a_router_in_use_is_refused_with_the_fields_that_help_and_takes_them(lab: Lab, tmp_path: Path) -> None:
    with closing(Rig(lab, tmp_path / "as-usual")) as rig:
        by_hand(rig.boxes["demo/lab-router"], *OWNERS)
        with pytest.raises(RefusedError) as refused:
            rig.push()
    assert "Tunnel102 is in use" in refused.value.text
    assert "router.tunnel_numbers" in refused.value.text
    assert "router.loopback_interface" in refused.value.text
    with closing(Rig(other(lab, **NUMBERS), tmp_path / "other")) as rig:
        by_hand(rig.boxes["demo/lab-router"], *OWNERS)
        old = rig.texts()
        assert {each.side for each in rig.push().routers} == {Side.NEW}
        assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
        rig.push(remove=True)
        assert rig.texts() == old


@pytest.mark.parametrize(
    ("numbers", "reported"), [([3, 112], "PIM may take Tunnel3"), ([111, 111], "both VPN tunnels"), ([200, 111], "")]
)
def test_numbers_that_cannot_be_had_are_reported(lab: Lab, numbers: list[int], reported: str) -> None:
    changed = other(lab, tunnel_numbers=numbers)
    found = [each for each in check(changed) if "tunnel_numbers" in each.path]
    assert bool(found) == bool(reported)
    assert all(reported in each.text for each in found)
