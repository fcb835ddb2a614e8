"""Appliances in a lab file: what they may say, and that nothing is run on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.nodes import nodes_of as shells_of
from mcastlab.lab.appliances import left_out, played_by_most
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.document import parse_yaml
from mcastlab.traffic.participants import nodes_of, participants_of
from mcastlab.traffic.plan import Membership, PlannedFlow, TrafficPlan, with_watches
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.lab.types import Stream

LAB = """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: desk}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: phone-1, address: 192.168.50.20}
  - {name: pager-7, address: 192.168.50.31, kind: appliance, sends: [paging], receives: [paging]}
groups:
- {name: paging, address: 239.1.1.1}
- {name: down, address: 239.1.1.2, senders: [desk], receivers: [desk]}
- {name: up, address: 239.1.1.3}
- {name: calls, address: 239.9.0.0/16, port: 5004-5999, bridge: follow}
- {name: vpc-only, address: 239.8.0.0/16, senders: [desk], bridge: follow}
"""
KEY = "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
PAGER = "{name: pager-7, address: 192.168.50.31, kind: appliance, sends: [paging], receives: [paging]}"


@pytest.mark.parametrize(
    ("device", "problem"),
    [
        (PAGER.replace("[paging]", "[]"), "[pager-7]: sends or receives: an appliance does one of them"),
        (PAGER.replace("kind: appliance, ", ""), "[pager-7]: sends: is an appliance's; write kind: appliance"),
        (PAGER.replace("}", f", host_key: 'SHA256:{KEY}'}}"), "[pager-7]: host_key: nobody speaks SSH with an"),
        (PAGER.replace("sends: [paging], ", "").replace("}", ", trigger: make page}"), "trigger: it sends to no group"),
        (PAGER.replace("receives: [paging]", "confirm: curl x"), "confirm: it receives no group; write receives too"),
        (PAGER.replace("}", ", trigger: ''}"), "[pager-7].trigger: "),
        (PAGER.replace("sends: [paging]", "sends: [pagin]"), "[pager-7].sends: no group is called pagin; did you mean"),
        (PAGER.replace("sends: [paging]", "sends: [calls]"), "calls is a block of groups (239.9.0.0/16); write one of"),
        (PAGER.replace("sends: [paging]", "sends: ['239.9.1.5:80']"), "].sends: calls has ports 5004-5999, and 80 is"),
        (PAGER.replace("sends: [paging]", "sends: [239.7.1.5]"), "[pager-7].sends: no group is called 239.7.1.5"),
        (PAGER.replace("sends: [paging]", "sends: [239.8.0.1]"), "].sends: berlin is none of groups[vpc-only].senders"),
        (PAGER.replace("receives: [paging]", "receives: [down]"), "[pager-7].receives: berlin is none of groups[down]"),
        (PAGER.replace("appliance", "toaster"), "[pager-7].kind: 'toaster' is none of the choices"),
    ],
)
def test_what_an_appliance_cannot_be_is_refused_by_its_line(device: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse_yaml(LAB.replace(PAGER, device), "lab.yaml")
    lines = refused.value.text.splitlines()
    assert all(line.startswith("lab.yaml:10: sites[berlin].devices[pager-7]") for line in lines), lines
    assert any(problem in line for line in lines), lines


@pytest.fixture(scope="module")
def phones() -> Lab:
    return parse_yaml(LAB, "lab.yaml")


def test_nothing_is_run_on_an_appliance_and_that_is_said_once(phones: Lab) -> None:
    nodes = nodes_of(phones)
    assert [node.name for node in nodes] == ["desk-1", "phone-1"]
    assert participants_of(Roles(phones), phones.groups[0], nodes).receivers == (0, 1)
    assert "pager-7" not in shells_of(phones)
    assert left_out(phones) == ("Nothing is run on appliances (pager-7): a test of devices measures them.",)
    assert left_out(parse_yaml(LAB.replace(f"  - {PAGER}\n", ""), "lab.yaml")) == ()


def test_a_lan_need_not_be_silent_for_what_its_appliances_are_members_of(phones: Lab) -> None:
    nodes = nodes_of(phones)
    flows = tuple(
        PlannedFlow(group=group, sender=0, start_ms=0, interval_us=1000, burst=1, count=9, sizes=(200,))
        for group in (0, 2)
    )
    plan = TrafficPlan(
        groups=phones.groups,
        nodes=nodes,
        flows=flows,
        memberships=(Membership(node=0, group=1, join_ms=0, leave_ms=9),),
        settle_ms=0,
        guard_ms=0,
        end_ms=99,
        ttl=4,
    )
    watched = {(nodes[watch.node].name, plan.groups[watch.group].name) for watch in with_watches(plan).watches}
    assert ("phone-1", "up") in watched
    assert ("phone-1", "paging") not in watched


@pytest.mark.parametrize(
    ("plays", "able", "stream", "deaf"),
    [
        ((), ("g711u", "g711a"), "g711u", ()),
        (("",), ("g711u", "g711a"), "g711u", ()),
        (("[g711a]",), ("g711u", "g711a"), "g711a", ()),
        (("[g722, g711a]", "[g722]"), ("g711u", "g711a", "g722"), "g722", ()),
        (("[g722]", "[g711u]", "[g711u, g722]"), ("g711u", "g711a", "g722"), "g711u", ("pager-0",)),
        (("[h264]",), ("g711u", "g711a"), "g711u", ("pager-0",)),
    ],
)
def test_a_page_is_sent_as_most_appliances_play_it(
    plays: tuple[str, ...], able: tuple[Stream, ...], stream: str, deaf: tuple[str, ...]
) -> None:
    pagers = [
        f"{PAGER.replace('pager-7', f'pager-{place}').replace('.31', f'.{40 + place}')[:-1]}"
        f"{f', plays: {each}' if each else ''}}}"
        for place, each in enumerate(plays)
    ]
    # One that receives another group has no say.
    pagers.append(PAGER.replace("receives: [paging]", "receives: [up], plays: [ts]"))
    text = LAB.replace(f"- {PAGER}", "\n  ".join(f"- {each}" for each in pagers))
    lab = parse_yaml(text, "lab.yaml")
    assert played_by_most(lab, lab.groups[0], able) == (stream, deaf)
