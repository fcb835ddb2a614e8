"""A verification: observe, run the checks, and send traffic where nothing is known to stop it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING, Final

from mcastlab.verify.checks import run_checks
from mcastlab.verify.checks.diagnosis import is_unexplained
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.lab import observe
from mcastlab.verify.report import VerificationReport
from mcastlab.verify.traffic import prove_traffic, traced, wants_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcastlab.command_line import LabCommand
    from mcastlab.lab.model import Lab
    from mcastlab.verify.findings import CheckResult, Diagnosis
    from mcastlab.verify.observe.lab import Sources
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.traffic import Send

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
) -> VerificationReport:
    """Verify a lab.

    Args:
        lab: the lab.
        sources: the ways to its parts.
        progress: receives what is being done.
        send: sends the traffic and returns what became of it; None leaves it out.
        site: leave the other sites alone.
        sends: let each sender send one datagram, so that its TTL is seen; where it is not said, if there is traffic.
        patience_s: seconds for which what no check explains is looked at again, as it may only be coming up; unless it
            is 0, three times at least.
        notes: what this world cannot vouch for.
        command: how a command says that it is about this lab; by default it names none.
    """
    started, begin = datetime.now(UTC), time.monotonic()
    sends = send is not None if sends is None else sends
    for looks in count(1):
        snapshot = observe(lab, sources, progress=progress, site=site, sends=sends, command=command)
        found = run_checks(snapshot)
        doubtful = next((each for each in found.diagnoses if is_unexplained(each)), None)
        fewest = FEWEST_LOOKS if patience_s else 1
        if doubtful is None or (looks >= fewest and time.monotonic() - begin >= patience_s):
            break
        # What no check explains may only be on its way: a session that is being made, a neighbour not yet heard.
        progress(f"looking again: {doubtful.sentence}")
        time.sleep(AGAIN_S)
    results, diagnoses, traffic = found.results, found.diagnoses, None
    if send is not None:
        results, diagnoses, traffic = prove_traffic(snapshot, found, send, progress)
        if traffic is not None and wants_trace(diagnoses):
            progress("where the datagrams stop: what the routers have counted")
            after = observe(lab, sources, progress=progress, site=site, sends=False, command=command)
            diagnoses = traced(diagnoses, after, traffic)
    return VerificationReport(
        lab=lab.name,
        started=started,
        duration_s=time.monotonic() - begin,
        verdict=verdict_of(results, diagnoses),
        diagnoses=diagnoses,
        checks=results,
        traffic=traffic,
        configurations={name: router.running for name, router in snapshot.routers.items()},
        versions=_versions(snapshot),
        notes=notes,
    )


def verdict_of(results: Sequence[CheckResult], diagnoses: Sequence[Diagnosis]) -> Verdict:
    """Return the verdict of the whole: it holds only if every check holds or does not apply."""
    bad = any(each.verdict in {Verdict.FAILS, Verdict.NOT_REACHED} for each in results)
    return Verdict.FAILS if bad or diagnoses else Verdict.HOLDS


def _versions(snapshot: Snapshot) -> dict[str, str]:
    found = {PROGRAM: version(PROGRAM)}
    for name, router in snapshot.routers.items():
        if router.version is not None:
            found[name] = f"IOS-XE {router.version.release} on {router.version.hardware}"
    for name, host in snapshot.hosts.items():
        if host.kernel:
            found[name] = f"Linux {host.kernel}"
    return found
