"""Wait until the routers work together, all of them at once: the VPN, BGP, GRE and PIM, by a verification's checks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.routers import designed_routers
from mcastlab.verify.checks import multicast, overlay, run_checks, vpn
from mcastlab.verify.checks.diagnosis import is_unexplained
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.lab import WORKERS, pings_of
from mcastlab.verify.observe.routers import observe_router
from mcastlab.verify.snapshot.lab import Snapshot
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.facts import Facts
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession
    from mcastlab.verify.checks import CheckRun
    from mcastlab.verify.snapshot.routers import ObservedRouter

POLL_S: Final = 0.2
TIMEOUT_S: Final = 60.0

NEEDED: Final = frozenset({"interfaces", "ikev2", "bgp", "pim_neighbors"})
"""The fields that the checks read."""

AT_A_GLANCE: Final = (vpn.tunnels_are_up, vpn.bgp_is_established, multicast.neighbors_see_each_other)
"""Those that need no ping: one that is not answered takes seconds."""

WORKING: Final = (
    vpn.tunnels_are_up,
    vpn.bgp_is_established,
    overlay.gre_carries,
    multicast.neighbors_see_each_other,
)


def await_working(
    lab: Lab,
    facts: Facts,
    connect: Callable[[str], RouterSession],
    *,
    progress: Callable[[str], None],
    site: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> CheckRun:
    """Poll the routers until the checks of VPN, BGP, GRE and PIM hold, and return what they found.

    Args:
        lab: the lab.
        facts: what deployment made of it.
        connect: opens a session on a router, by its name in reports.
        progress: told what is being waited for.
        site: leave the other sites alone.
        timeout_s: seconds for all of them together.

    Raises:
        RefusedError: a router cannot be reached, or answers what its command does not answer.
        TimedOutError: one does not hold in time; the text holds what was seen last.
    """
    designs = [each for each in designed_routers(lab) if each.site is None or site in {None, each.site.name}]
    deadline = time.monotonic() + timeout_s
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=WORKERS) as pool:

        def opened(design: RouterDesign) -> RouterSession:
            progress(f"{design.name}: logging in")
            session = connect(design.name)
            stack.callback(session.close)
            return session

        sessions = dict(zip((each.name for each in designs), pool.map(opened, designs), strict=True))
        routers: dict[str, ObservedRouter] = {}

        def observed(*, pings: bool) -> Snapshot:
            def look(design: RouterDesign) -> ObservedRouter:
                return _observed(lab, sessions[design.name], design, routers.get(design.name), pings=pings)

            routers.update({each.name: each for each in pool.map(look, designs)})
            _refuse_unread(routers)
            return Snapshot(lab=lab, facts=facts, routers=routers, only=site)

        while True:
            found = run_checks(observed(pings=False), AT_A_GLANCE)
            late = time.monotonic() > deadline
            if late or _hold(found):
                found = run_checks(observed(pings=True), WORKING)
                if _hold(found):
                    return found
            if late:
                raise _timed_out(found, timeout_s)
            progress(f"waiting until {_missing(found)[0]}")
            time.sleep(POLL_S)


def _observed(
    lab: Lab, session: RouterSession, design: RouterDesign, before: ObservedRouter | None, *, pings: bool
) -> ObservedRouter:
    site = design.site
    below = {} if site is None or not pings else pings_of(lab, site)
    return observe_router(
        session,
        site=None if site is None else site.name,
        fields=NEEDED,
        before=before,
        pings={name: command for name, command in below.items() if name != "full_size"},
    )


def _refuse_unread(routers: Mapping[str, ObservedRouter]) -> None:
    for name, router in routers.items():
        for command, why in router.unread.items():
            raise RefusedError(f"{name}: {why}", hint=f"enter `{command}` on {name}: what does it print?")


def _hold(found: CheckRun) -> bool:
    return all(each.verdict is Verdict.HOLDS for each in found.results)


def _missing(found: CheckRun) -> tuple[str, str]:
    """Return what the first finding that does not hold expects, and what was seen instead."""
    for result in found.results:
        for finding in result.findings:
            if finding.verdict is not Verdict.HOLDS:
                where = "" if finding.where is None else f" ({finding.where})"
                return finding.expected, f"{finding.subject.kind} {finding.subject.name}: {finding.seen}{where}"
    return "the lab has sites", "it has none"


def _timed_out(found: CheckRun, timeout_s: float) -> TimedOutError:
    expected, seen = _missing(found)
    known = next((each for each in found.diagnoses if not is_unexplained(each)), None)
    return TimedOutError(
        f"it does not hold within {timeout_s:g} s that {expected}: {seen}"
        + ("" if known is None else f"\n{known.sentence}"),
        hint="the first check that fails names the layer: VPN and BGP, then GRE and PIM"
        if known is None
        else f"{known.fix_where}:\n{known.fix}",
    )
