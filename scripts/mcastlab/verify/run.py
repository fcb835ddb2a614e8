"""A verification: look once, climb the ladder, find the causes, and send traffic where nothing is known to stop it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING, Final

from mcastlab.command_line import LabCommand
from mcastlab.errors import LabError
from mcastlab.verify.causes import causes_of
from mcastlab.verify.causes.trace import traced, wants_trace
from mcastlab.verify.causes.unexplained import is_unexplained
from mcastlab.verify.ladder import climb
from mcastlab.verify.ladder.traffic import TRAFFIC, broken_off, not_sent, traffic_rung
from mcastlab.verify.model import Report, Verdict
from mcastlab.verify.observe import observe
from mcastlab.verify.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.model import Cause, Rung
    from mcastlab.verify.observe import Sources

    Send = Callable[[Facts], TrafficReport]

PROGRAM: Final = "mcastlab"
PATIENCE_S: Final = 10.0
AGAIN_S: Final = 1.0
FEWEST_LOOKS: Final = 3
"""However long each takes: on a busy machine one may take as long as the patience lasts."""


def verify(
    lab: Lab,
    sources: Sources,
    *,
    progress: Callable[[str], None],
    send: Send | None = None,
    site: str | None = None,
    sends: bool | None = None,
    patience_s: float = PATIENCE_S,
    notes: tuple[str, ...] = (),
    command: LabCommand | None = None,
) -> Report:
    """Verify a lab.

    Args:
        lab: the lab.
        sources: the ways to its parts.
        progress: told what is being done.
        send: sends the traffic and returns what became of it; None leaves it out.
        site: leave the other sites alone.
        sends: let each sender send one datagram, so that its TTL is seen; where it is not said, if there is traffic.
        patience_s: seconds for which what no rule explains is looked at again, as it may only be coming up; unless it
            is 0, three times at least.
        notes: what this world cannot vouch for.
        command: how a command says that it is about this lab; cdk.json's where it is not said.
    """
    started, begin = datetime.now(UTC), time.monotonic()
    sends = send is not None if sends is None else sends
    for looks in count(1):
        facts, seen = observe(lab, sources, progress=progress, site=site, sends=sends)
        scene = Scene(lab=lab, facts=facts, seen=seen, only=site, command=command or LabCommand())
        rungs = climb(scene)
        causes = causes_of(scene, rungs)
        doubtful = next((cause for cause in causes if is_unexplained(cause)), None)
        fewest = FEWEST_LOOKS if patience_s else 1
        if doubtful is None or (looks >= fewest and time.monotonic() - begin >= patience_s):
            break
        # What no rule explains may only be on its way: a session that is being made, a neighbour not yet heard.
        progress(f"looking again: {doubtful.sentence}")
        time.sleep(AGAIN_S)
    traffic: TrafficReport | None = None
    if send is not None:
        stopped = next((cause for cause in causes if not cause.flows_still), None)
        if stopped is not None or facts is None:
            last = not_sent(scene, "something below stops it" if stopped is None else stopped.sentence)
        else:
            progress("traffic: every sender to every receiver")
            sent = time.monotonic()
            try:
                traffic = send(facts)
            except LabError as error:
                last = broken_off(scene, error.text, time.monotonic() - sent)
            else:
                last = traffic_rung(scene, traffic, time.monotonic() - sent)
        rungs = (*rungs, last)
        causes = causes_of(scene, rungs)
        if traffic is not None and wants_trace(causes):
            progress("where the datagrams stop: what the routers have counted")
            _, after = observe(lab, sources, progress=progress, site=site, sends=False)
            causes = traced(causes, replace(scene, seen=after), traffic)
    return Report(
        lab=lab.name,
        started=started,
        duration_s=time.monotonic() - begin,
        verdict=verdict_of(rungs, causes),
        causes=causes,
        rungs=rungs,
        traffic=traffic,
        configurations={name: view.running for name, view in seen.routers.items()},
        versions=_versions(scene),
        notes=notes,
    )


def verdict_of(rungs: Sequence[Rung], causes: Sequence[Cause]) -> Verdict:
    """Return the verdict of the whole: it holds only if every rung holds or does not apply."""
    bad = [rung for rung in rungs if rung.verdict in {Verdict.FAILS, Verdict.NOT_REACHED}]
    return Verdict.FAILS if bad or causes else Verdict.HOLDS


def _versions(scene: Scene) -> dict[str, str]:
    found = {PROGRAM: version(PROGRAM)}
    for name, view in scene.seen.routers.items():
        if view.version is not None:
            found[name] = f"IOS-XE {view.version.release} on {view.version.hardware}"
    for name, host in scene.seen.hosts.items():
        if host.kernel:
            found[name] = f"Linux {host.kernel}"
    return found


__all__ = ["TRAFFIC", "verdict_of", "verify"]
