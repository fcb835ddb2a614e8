"""A verification: observe, run the checks, and send traffic where nothing is known to stop it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.timers import BGP_COMES_UP_S, PIM_COMES_UP_S, VPN_COMES_UP_S
from mcastlab.verify.checks import run_checks
from mcastlab.verify.checks.check import CheckKey
from mcastlab.verify.checks.diagnosis import UNEXPLAINED, is_unexplained
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.lab import observe
from mcastlab.verify.report import VerificationReport
from mcastlab.verify.traffic import prove_traffic, traced, wants_trace
from mcastlab_base.waiting import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcastlab.command_line import LabCommand
    from mcastlab.lab.model import Lab
    from mcastlab.verify.findings import CheckResult, Diagnosis
    from mcastlab.verify.observe.lab import Sources
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.traffic import Send
    from mcastlab_base.waiting import WaitClock

PROGRAM: Final = "mcastlab"
PATIENCE_S: Final = 10.0
TIMERS_S: Final = {
    f"{UNEXPLAINED}{CheckKey.VPN_TUNNELS}": VPN_COMES_UP_S,
    f"{UNEXPLAINED}{CheckKey.BGP}": BGP_COMES_UP_S,
    f"{UNEXPLAINED}{CheckKey.PIM_NEIGHBORS}": PIM_COMES_UP_S,
}
"""Of what comes up by a protocol's timer, how long that is."""
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
    patience_s: float | None = None,
    notes: tuple[str, ...] = (),
    command: LabCommand | None = None,
    clock: WaitClock = CLOCK,
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
            is 0, three times at least. Without it as long as the timers of its protocol take.
        notes: what this target cannot vouch for.
        command: how a command says that it is about this lab; by default it names none.
        clock: what passes the time.
    """
    started, begin = datetime.now(UTC), clock.now()
    sends = send is not None if sends is None else sends
    for looks in count(1):
        snapshot = observe(lab, sources, progress=progress, site=site, sends=sends, command=command)
        found = run_checks(snapshot)
        doubtful = next((each for each in found.diagnoses if is_unexplained(each)), None)
        if doubtful is None:
            break
        patient_s = TIMERS_S.get(doubtful.key, PATIENCE_S) if patience_s is None else patience_s
        if looks >= (FEWEST_LOOKS if patient_s else 1) and clock.now() - begin >= patient_s:
            break
        # What no check explains may only be on its way: a session that is being made, a neighbour not yet heard.
        progress(f"looking again: {doubtful.sentence}")
        clock.sleep(AGAIN_S)
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
        duration_s=clock.now() - begin,
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
