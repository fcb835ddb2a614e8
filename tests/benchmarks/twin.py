"""How fast and how small a twin is, with one site and with more.

``python tests/benchmarks/twin.py [SITES]`` prints each stage until the routers work together, and the memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.aws import cdk_work
from mcastlab.aws.cdk_cli import lab_context
from mcastlab.aws.clients import Clients
from mcastlab.aws.ready import await_running
from mcastlab.cli.compose import facts_of
from mcastlab.cli.inside import enter
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import await_working, push
from mcastlab.lab_files import read_lab
from mcastlab.twin import inspection, lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY, RATIO, ONE_SITE_MIB = 18, 4, 700
"""Eighteen sites are what the rules of the router's security group (60 at first) allow."""


def document(sites: int) -> str:
    """A lab of so many far sites with a device each."""
    lines = [f"name: bench-{sites}", "vpc: {cidr: 10.10.0.0/16}", "hosts:", "- {name: probe, count: 2}", "sites:"]
    for number in range(sites):
        name, wan, lan = f"site-{number}", f"203.0.113.{4 * number + 2}/30", f"192.168.{10 + number}"
        lines += [
            f"- name: {name}",
            f"  router: {{ssh: {name}-router, asn: {65000 + number}, wan: {wan}, lan: {lan}.1/24}}",
            f"  devices: [{{name: {name}-phone, address: {lan}.20}}]",
        ]
    return "\n".join([*lines, "groups:", "- {name: paging, address: 239.1.1.1}", ""])


def measure(sites: int) -> tuple[dict[str, float], float]:
    """Return the seconds of each stage and the memory in MiB."""
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        seconds[name] = time.monotonic() - begin

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lab.yaml"
        file.write_text(document(sites), encoding="utf-8")
        lab = read_lab(file)
        lifecycle.down(lab.name)
        stages = Stages(Console(file=sys.stderr))
        try:
            with stage("twin up"):
                enter(lifecycle.up(lab, lab.name))
            with stage("cdk deploy"):
                cdk_work.deploy(Path(folder) / "cdk", lab_context(file, None), lambda _: None)
            with stage("instances"):
                facts = facts_of(lab)
                await_running(Clients(lab.region), facts, progress=lambda _: None)
            with stage("push"):
                push(lab, facts, stages)
            with stage("VPN, BGP, GRE, PIM"):
                await_working(lab, facts, stages)
            twin = lifecycle.find(lab.name)
            memory = inspection.memory_mib(twin) if twin else 0.0
        finally:
            lifecycle.down(lab.name)
    return seconds, memory


def main(many: int) -> int:
    before = dict(os.environ)
    results = []
    for sites in (1, many):
        seconds, memory = measure(sites)
        os.environ.clear()
        os.environ.update(before)
        results.append((sum(seconds.values()), memory))
        told = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
        print(f"{sites} sites: {told}; together {sum(seconds.values()):.1f} s; {memory:.0f} MiB", flush=True)
    (one_s, one_mib), (many_s, _) = results
    holds = many_s <= RATIO * one_s and one_mib < ONE_SITE_MIB
    print(f"{many} sites take {many_s / one_s:.1f} times as long as one (wanted: {RATIO} at most)")
    print(f"one site takes {one_mib:.0f} MiB (wanted: less than {ONE_SITE_MIB})")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
