"""How fast a test of very many devices is planned and judged: 100,000 devices on 500 hosts, heard by simulation.

The gateway takes a hundred members a group: each hundred hosts or so have a group of their own.

python tests/benchmarks/scenario.py [--hosts N] [--devices N]
"""

from __future__ import annotations

import argparse
import resource
import time
from array import array
from typing import TYPE_CHECKING, Any

from mcastlab.lab.document import parse_yaml
from mcastlab.report.device_test import scenario_tables
from mcastlab.scenario.heard_streams import Listening
from mcastlab.scenario.limits import limits
from mcastlab.scenario.play import clocks_of
from mcastlab.scenario.reading import parse_test
from mcastlab.scenario.results import DeviceTestReport, PlayedStep
from mcastlab.traffic.clocks import ClockOffset
from mcastlab.traffic.node_results import Found

if TYPE_CHECKING:
    from mcastlab.traffic.plan import TrafficPlan

LAB = """\
name: many
vpc: {cidr: 10.0.0.0/16, subnets: [{name: members, cidr: 10.0.0.0/20}]}
hosts:
HOSTS
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: pager-7, address: 192.168.50.31}
groups:
GROUPS
"""
STEPS = """\
- page: {{from: pager-7, to: group-{0}, members: "phones-{0}-*", for: 10s}}
- conference: {{group: group-{0}, members: "phones-{0}-*", join: 20000/s, talkers: 2, turn: 5s, for: 10s}}
"""
HOSTS_A_GROUP = 90


def main() -> None:
    """Print how long each part takes, and the memory of all."""
    parser = argparse.ArgumentParser(description="Tests of very many devices.")
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--devices", type=int, default=200, help="on each host (default: 200)")
    arguments = parser.parse_args()
    counts = [min(HOSTS_A_GROUP, arguments.hosts - first) for first in range(0, arguments.hosts, HOSTS_A_GROUP)]
    hosts = [
        f"- {{name: phones-{place}, count: {count}, devices: {arguments.devices}}}"
        for place, count in enumerate(counts)
    ]
    groups = [f"- {{name: group-{place}, address: 239.1.1.{place + 1}}}" for place in range(len(counts))]
    lab = parse_yaml(LAB.replace("HOSTS", "\n".join(hosts)).replace("GROUPS", "\n".join(groups)), "lab.yaml")
    steps = "".join(STEPS.format(place) for place in range(len(counts)))
    text = f"name: many\nsteps:\n{steps}expect: [{{loss: < 1 %, mos: '>= 4.0', join: < 1 s}}]\n"
    began = time.process_time()
    test, script = parse_test(text, "test.yaml", lab)
    plan = script.traffic(largest_octets=1352, guard_ms=100, ttl=16)
    plan.document("5eed5eed", {}, {})
    took = time.process_time() - began
    print(f"{len(script.devices):,} devices planned and split in {took:.1f} s of CPU, {megabytes()} MB")
    found = heard(plan)
    began = time.process_time()
    rows = tuple(Listening(script, found, clocks_of([found]), buffer_ms=60).rows())
    kept = tuple(limits(test, rows, ()))
    report = DeviceTestReport.model_construct(
        name=test.name,
        lab=lab.name,
        seed=1,
        devices=len(script.devices),
        steps=tuple(
            PlayedStep(number=number, verb=step.verb, begin_ms=span.begin_ms, end_ms=span.end_ms)
            for number, (step, span) in enumerate(zip(test.steps, script.periods, strict=True), 1)
        ),
        heard=rows,
        limits=kept,
        silences=(),
        absent=(),
    )
    tables = len(list(scenario_tables(report)))
    took = time.process_time() - began
    print(
        f"{len(rows):,} figures judged and drawn ({tables} parts) in {took:.1f} s of CPU, {megabytes()} MB: "
        f"{'holds' if report.holds else 'does not hold'}"
    )


def heard(plan: TrafficPlan) -> Found:
    """Return what hosts found of a plan where every packet takes a millisecond."""
    members: dict[int, set[int]] = {}
    for each in plan.memberships:
        members.setdefault(each.group, set()).add(each.node)
    by_node: dict[int, dict[str, Any]] = {node: {"sent": [], "received": {}, "arrived_us": {}} for node in plan.busy}
    for number, flow in enumerate(plan.flows):
        left = array("i", [50] * flow.count)
        by_node[flow.sender]["sent"].append({"flow": number, "left_us": left})
        arrived = array("i", [1050] * flow.count)
        for node in members[flow.group]:
            by_node[node]["arrived_us"][number] = arrived
    offsets = {node: ClockOffset(us=0, error_us=100) for node in by_node}
    return Found(plan=plan, by_node=by_node, offsets=offsets)


def megabytes() -> int:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
