"""The state of a lab by one quick look."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeSession
from rich.console import Console
from verify.sound import facts_of, lab_of, sound

from mcastlab.ios.show.igmp import IgmpGroup
from mcastlab.ios.show.system import interface_counts
from mcastlab.report.terminal_status import status_table
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.lab import Sources
from mcastlab.verify.observe.rates import counts_of, rates_since
from mcastlab.verify.report import Status
from mcastlab.verify.snapshot.aws import ObservedAws
from mcastlab.verify.snapshot.lab import Snapshot
from mcastlab.verify.snapshot.routers import TunnelRate
from mcastlab.verify.status import judged, status

if TYPE_CHECKING:
    from collections.abc import Callable

TAKEN = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)


def glance(snapshot: Snapshot) -> Status:
    """Judge a snapshot of which hosts and pings were left out, as a quick look leaves them out."""
    light = {
        name: replace(view, underlay=None, overlay=None, full_size=None) for name, view in snapshot.routers.items()
    }
    return judged(replace(snapshot, routers=light, hosts={}), taken=TAKEN, duration_s=1.2)


def reported(shown: Status) -> str:
    out = io.StringIO()
    Console(file=out, width=80, color_system=None).print(status_table(shown), highlight=False)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def with_rates(snapshot: Snapshot) -> Snapshot:
    rate = TunnelRate(interface="Tunnel200", in_pps=12.5, out_pps=0, seconds=1.01)
    routers = {name: replace(view, rates=(rate,)) for name, view in snapshot.routers.items()}
    return replace(snapshot, routers=routers)


def test_sound_lab_holds_at_a_glance() -> None:
    found = glance(sound())
    assert found.verdict is Verdict.HOLDS, [
        (check.key, finding.seen) for check in found.checks for finding in check.findings if finding.verdict != "holds"
    ]
    assert all(part.sound for part in found.parts)
    kinds = {part.subject.kind for part in found.parts}
    assert kinds == {"stack", "router", "host", "vpn_tunnel", "domain"}


def test_state_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("report/status_80.txt", reported(glance(with_rates(sound()))))


def test_members_are_counted_in_the_domain_and_on_the_far_lans() -> None:
    snapshot = sound()
    site = snapshot.lab.sites[0]
    name = next(name for name, view in snapshot.routers.items() if view.site == site.name)
    joined = [
        IgmpGroup(
            group=snapshot.lab.groups[0].address,
            interface=interface,
            uptime_s=1,
            expires_s=100,
            last_reporter=IPv4Address("172.20.5.20"),
        )
        for interface in (site.router.lan.interface, "Loopback0")
    ]
    far = replace(snapshot.routers[name], igmp_groups=tuple(joined[:1]))
    elsewhere = replace(snapshot.routers[name], igmp_groups=tuple(joined[1:]))
    for view, sites in ((far, (site.name,)), (elsewhere, ())):
        changed = replace(snapshot, routers={**snapshot.routers, name: view})
        members = glance(changed).members
        assert members[0].sites == sites
    domain = snapshot.aws.domain
    assert domain is not None
    assert [each.domain for each in members] == [
        sum(member.group == group.address for member in domain.members) for group in snapshot.lab.groups
    ]


def test_tunnel_that_is_down_is_reported_and_fails() -> None:
    snapshot = sound()
    vpn = snapshot.aws.vpns["oslo"]
    down = replace(vpn, tunnels=tuple(replace(tunnel, up=False, message="IPSEC IS DOWN") for tunnel in vpn.tunnels))
    aws = replace(snapshot.aws, vpns={**snapshot.aws.vpns, "oslo": down})
    found = glance(replace(snapshot, cloud=aws))
    assert found.verdict is Verdict.FAILS
    assert {part.subject.site for part in found.parts if not part.sound} == {"oslo"}
    shown = reported(found)
    assert "✗ Tunnel101 down" in shown
    # What fails comes first.
    assert shown.index("✗ VPN ") < shown.index("stack ")
    assert reported(glance(snapshot)).index("✓ VPN ") > reported(glance(snapshot)).index("stack ")


def test_nothing_deployed_is_said_and_no_router_is_asked() -> None:
    never: Any = partial(pytest.fail, "it was asked")
    sources = Sources(account=lambda: ObservedAws(account="1"), facts=never, cloud=never, router=never, shells=never)
    found = status(lab_of(), sources, progress=lambda _text: None)
    assert (found.deployed, found.verdict) == (False, Verdict.NOT_APPLICABLE)
    assert reported(found).startswith("- harbour: nothing is deployed")


def test_state_that_is_printed_is_json_that_is_read_again() -> None:
    found = glance(with_rates(sound()))
    assert Status.model_validate(json.loads(found.model_dump_json())) == found


def test_lab_that_answers_nothing_but_its_stacks_is_no_error() -> None:
    lab = lab_of()
    snapshot = Snapshot(lab=lab, facts=facts_of(lab), cloud=ObservedAws(stacks={"harbour-Network": "DELETE_FAILED"}))
    found = judged(snapshot, taken=TAKEN, duration_s=0)
    assert found.verdict is Verdict.FAILS
    assert "✗ harbour-Network DELETE_FAILED" in reported(found)


COUNTS = """\
Tunnel200 is up, line protocol is up
  Hardware is Tunnel
  MTU 9976 bytes, BW 100 Kbit/sec, DLY 50000 usec,
     {} packets input, 8800 bytes, 0 no buffer
     {} packets output, 9900 bytes, 0 underruns
"""


def test_rates_are_counted_between_two_reads_of_the_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((100.0, 100.25, 102.0))
    slept: list[float] = []
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    monkeypatch.setattr("time.sleep", slept.append)
    session = FakeSession(answers={"show interfaces Tunnel200": [COUNTS.format(100, 50), COUNTS.format(160, 50)]})
    before = counts_of(session, ("Tunnel200",))
    (rate,) = rates_since(before, session, ("Tunnel200",))
    assert (rate.interface, rate.in_pps, rate.out_pps, rate.seconds) == ("Tunnel200", 30, 0, 2)
    assert slept == [0.75]


def test_interface_that_a_router_does_not_have_has_no_rate() -> None:
    session = FakeSession(
        answers={"show interfaces Tunnel9": ["                  ^\n% Invalid input detected at '^' marker.\n"]}
    )
    before = counts_of(session, ("Tunnel9",))
    assert rates_since(before, session, ("Tunnel9",)) == ()
    assert session.calls == ["show interfaces Tunnel9"]


def test_counters_are_read() -> None:
    (counts,) = interface_counts(COUNTS.format(7, 8))
    assert (counts.name, counts.packets_in, counts.packets_out) == ("Tunnel200", 7, 8)
