"""How fast and how small a twin is, with one site, three and many.

``python tests/benchmarks/twin.py [SITES]`` prints each stage until the routers work together, the memory, and how far
the fabric and its routers are from the floor: the same fabric brought up by a script written by hand.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

# Its own folder would hide the twin's tests.
sys.path[:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

import yaml  # noqa: E402  (the path comes first)
from documents import of_sites  # noqa: E402  (as above)

from mcastlab.aws import cdk  # noqa: E402  (as above)
from mcastlab.aws.ready import await_running  # noqa: E402  (as above)
from mcastlab.cli.arguments import LabVerb  # noqa: E402  (as above)
from mcastlab.cli.context import Context  # noqa: E402  (as above)
from mcastlab.cli.steps import await_working, push  # noqa: E402  (as above)
from mcastlab.cli.targeting import point_at, twin_target  # noqa: E402  (as above)
from mcastlab.lab.design.kept_resources import NOTHING_KEPT  # noqa: E402  (as above)
from mcastlab.traffic.matrix import run_matrix  # noqa: E402  (as above)
from mcastlab.traffic.options import Options  # noqa: E402  (as above)
from mcastlab_twin import inspection, lifecycle  # noqa: E402  (as above)

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY, RATIO, ONE_SITE_MIB = 20, 4, 700
QUOTAS = ("security-group-rule=200",)
"""The router's security group needs 64 rules for twenty sites; AWS gives 60 at first and more when asked."""
FLOOR_NEIGHBOUR_S, FLOOR_LOSS_FREE_S, FLOOR_RATIO = 1.5, 6.5, 1.5
"""What a script that knows all addresses beforehand needs to the PIM neighbour and to both directions without loss."""

UP, DEPLOY, BOOT, PUSH, WORKING = "twin up", "cdk deploy", "instances", "push", "VPN, BGP, GRE, PIM"


def measure(sites: int, *, traffic: bool) -> tuple[dict[str, float], float, float]:
    """Return the seconds of each stage, those that both directions took to be loss-free, and the memory in MiB."""
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        seconds[name] = time.monotonic() - begin

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lab.yaml"
        file.write_text(yaml.safe_dump(of_sites(sites)), encoding="utf-8")
        context = Context(LabVerb(lab=file, name=None), (), ExitStack())
        lab, connections = context.lab, context.connections
        lifecycle.down(lab.name)
        try:
            with stage(UP):
                point_at(twin_target(lab.name, lifecycle.up(lab, lab.name, quotas=QUOTAS)))
            deployer = cdk.CdkDeployer(Path(folder) / "cdk", context.command.context, lambda _: None)
            with stage(DEPLOY), deployer:
                deployer.deploy(NOTHING_KEPT, {})
            with stage(BOOT):
                facts = connections.facts()
                await_running(connections.clients, facts, progress=lambda _: None)
            with stage(PUSH):
                push(context, facts)
            with stage(WORKING):
                await_working(context, facts)
            options = Options(payload=False)
            sent = run_matrix(lab, connections.shells(facts), options, progress=lambda _text: None) if traffic else None
            twin = lifecycle.find(lab.name)
            memory = inspection.memory_mib(twin) if twin else 0.0
        finally:
            lifecycle.down(lab.name)
    deliveries = () if sent is None else sent.deliveries
    return seconds, max((each.established_after_s or math.inf for each in deliveries), default=0.0), memory


def main(many: int) -> int:
    before = dict(os.environ)
    totals: dict[int, float] = {}
    holds = True
    for sites in (1, 3, many):
        seconds, loss_free_s, mib = measure(sites, traffic=sites == 1)
        os.environ.clear()
        os.environ.update(before)
        totals[sites] = sum(seconds.values())
        reported = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
        print(f"{sites} sites: {reported}; together {totals[sites]:.1f} s; {mib:.0f} MiB", flush=True)
        if sites == 1:
            holds &= within_floor(seconds, loss_free_s)
            holds &= mib < ONE_SITE_MIB
            print(f"one site takes {mib:.0f} MiB (wanted: less than {ONE_SITE_MIB})")
    ratio = totals[many] / totals[1]
    print(f"{many} sites take {ratio:.1f} times as long as one (wanted: {RATIO} at most)")
    return 0 if holds and ratio <= RATIO else 1


def within_floor(seconds: dict[str, float], loss_free_s: float) -> bool:
    """Compare all but the CDK, which the script written by hand has no counterpart of."""
    neighbour_s = sum(value for name, value in seconds.items() if name != DEPLOY)
    both_s = neighbour_s + loss_free_s
    for what, took, floor in (
        ("a PIM neighbour", neighbour_s, FLOOR_NEIGHBOUR_S),
        ("both directions without loss", both_s, FLOOR_LOSS_FREE_S),
    ):
        print(f"fabric, routers and push to {what}: {took:.1f} s, {took / floor:.2f} times the floor of {floor} s")
    return both_s <= FLOOR_RATIO * FLOOR_LOSS_FREE_S


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
