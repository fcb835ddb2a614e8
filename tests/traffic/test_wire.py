"""The probe for real: hosts in network namespaces on a wire with IGMP snooping, sound and broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import Host, wire

from mcastlab.traffic.matrix import run_matrix
from mcastlab.traffic.options import Options
from mcastlab.traffic.results import SilenceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.results import TrafficReport

SHORT: Final = Options(measure_ms=400, payload=False, establish_within_s=3)


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> Iterator[Mapping[str, Host]]:
    with wire((*lab.host_names, *(device.name for site in lab.sites for device in site.devices))) as made:
        yield made


def played(lab: Lab, hosts: Mapping[str, Host], options: Options = SHORT) -> TrafficReport:
    return run_matrix(lab, hosts, options, progress=print)


def on_wire(hosts: Mapping[str, Host], command: str) -> None:
    """Run a command where the bridge is."""
    done = replace(next(iter(hosts.values())), host="wire").run(command, timeout_s=20)
    assert done.code == 0, done.stderr


def test_everybody_hears_everybody_and_nothing_else(lab: Lab, hosts: Mapping[str, Host]) -> None:
    ordinary = {**hosts, "doppel-2": replace(hosts["doppel-2"], privileged=False)}
    report = played(lab, ordinary, replace(SHORT, payload=True))
    assert report.holds
    pairs = {(each.sender, each.receiver) for each in report.deliveries}
    assert pairs == {(one, other) for one in hosts for other in hosts if one != other}
    for each in report.deliveries:
        assert each.latency is not None
        # All namespaces have one clock: what is found is right to the error that is told.
        assert abs(each.latency.clock_offset_us) <= each.latency.clock_error_us
        assert 0 <= each.latency.min_us <= each.latency.median_us <= each.latency.p95_us <= each.latency.max_us
        assert each.join_delay_ms is not None
        assert sum(part.sent for part in each.timeline) >= each.sent
    # An ordinary user may not watch an interface, and says nothing of it.
    silent = {(each.host, each.kind) for each in report.silences}
    assert silent == {
        (host, kind) for host in ("doppel-1", "phone-1") for kind in (SilenceKind.NEVER_JOINED, SilenceKind.LEFT)
    }
    left = {each.receiver: each.leave_delay_ms for each in report.deliveries}
    assert left["doppel-2"] is None
    assert left["doppel-1"] is not None
    # The bridge's links carry packets of 8500 octets.
    assert {each.largest_octets for each in report.payloads if each.receiver == "doppel-2"} == {8472}
