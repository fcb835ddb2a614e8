"""Wait until the routers work together, layer by layer: the VPN, BGP, GRE and PIM, by a verification's checks.

All routers are asked at once. A layer has its own time, which begins when the one below it holds: what takes long below
takes nothing from it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.routers import designed_routers
from mcastlab.verify.checks import multicast, overlay, run_checks, vpn
from mcastlab.verify.checks.diagnosis import is_unexplained
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.lab import WORKERS, pings_of
from mcastlab.verify.observe.routers import observe_router
from mcastlab.verify.snapshot.lab import Snapshot
from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.waiting import CLOCK, WORTH_SHOWING_S, attempts, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.facts import Facts
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession
    from mcastlab.verify.checks import CheckRun
    from mcastlab.verify.checks.check import VerificationCheck
    from mcastlab.verify.snapshot.routers import ObservedRouter
    from mcastlab_base.waiting import WaitClock

POLL_S: Final = 0.2
LONGEST_POLL_S: Final = 2.0
LONGER: Final = 1.1
TIMEOUT_S: Final = 240.0
LAYER_S: Final = 60.0
PING_AFTER_S: Final = 5.0
"""An echo that is not answered takes seconds, so GRE is proven by PIM's hellos, and asked only where those are late."""

NEEDED: Final = frozenset({"interfaces", "ikev2", "bgp", "pim_neighbors"})
"""The fields that the checks read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitLayer:
    """One layer that is waited for."""

    name: str
    usually: str
    """How long it takes."""
    check: VerificationCheck


LAYERS: Final = (
    WaitLayer(name="the VPN", usually="IKEv2 takes up to 30 s", check=vpn.tunnels_are_up),
    WaitLayer(name="BGP", usually="an open that failed comes again after 6 to 29 s", check=vpn.bgp_is_established),
    WaitLayer(name="GRE", usually="routes reach the gateway's table within 30 s", check=overlay.gre_carries),
    WaitLayer(name="PIM", usually="a hello comes every 30 s", check=multicast.neighbors_see_each_other),
)
"""From the bottom up. Sources: Cisco, BGP "open active delayed" (35 s at most, jitter); RFC 7761, section 4.11."""

WORKING: Final = tuple(each.check for each in LAYERS)
GRE: Final = next(number for number, each in enumerate(LAYERS) if each.check is overlay.gre_carries)
AT_A_GLANCE: Final = tuple(each for each in WORKING if each is not overlay.gre_carries)
"""Those that need no ping."""


def await_working(
    lab: Lab,
    facts: Facts,
    connect: Callable[[str], RouterSession],
    *,
    progress: Callable[[str], None],
    site: str | None = None,
    timeout_s: float = TIMEOUT_S,
    layer_s: float = LAYER_S,
    clock: WaitClock = CLOCK,
) -> CheckRun:
    """Poll the routers until the checks of VPN, BGP, GRE and PIM hold, and return what they found.

    Args:
        lab: the lab.
        facts: what deployment made of it.
        connect: opens a session on a router, by its name in reports.
        progress: receives what is being waited for.
        site: leave the other sites alone.
        timeout_s: seconds for all layers together.
        layer_s: seconds for each layer, from the moment when the one below it held.
        clock: what passes the time.

    Raises:
        RefusedError: a router cannot be reached, or answers what its command does not answer.
        TimedOutError: a layer does not hold in time; the text names it and holds what was seen last.
    """
    with _Watch(lab, facts, site) as watch:
        watch.log_in(connect, progress)
        reached, since, late = 0, 0.0, False
        looks = attempts(timeout_s, every_s=POLL_S, longest_s=LONGEST_POLL_S, factor=LONGER, clock=clock)
        # Where a look lasts past the time, there is one more, which is late.
        for waited_s in chain(looks, (timeout_s,)):
            late = late or waited_s >= timeout_s
            found = watch.look(AT_A_GLANCE)
            layer = _first_missing(found, AT_A_GLANCE)
            # What GRE carries is asked when PIM holds, or is late, or the time is over.
            if layer > GRE and (layer == len(LAYERS) or late or (reached >= GRE and waited_s - since >= PING_AFTER_S)):
                found = watch.look(WORKING, pings=True)
                layer = _first_missing(found, WORKING)
            elif layer > GRE:
                # It held when it was asked, or it is the next to be asked.
                layer = max(GRE, reached)
            if layer == len(LAYERS):
                return found
            if layer != reached:
                reached, since = layer, waited_s
            if late or waited_s - since >= layer_s:
                raise _timed_out(found, LAYERS[layer], timeout_s if late else layer_s)
            progress(_progress_line(found, LAYERS[layer], waited_s - since))
    raise AssertionError  # the last attempt is late


class _Watch(ExitStack):
    """Sessions on the routers, and what was seen of them last."""

    def __init__(self, lab: Lab, facts: Facts, site: str | None) -> None:
        super().__init__()
        self._lab, self._facts, self._site = lab, facts, site
        self._designs = [each for each in designed_routers(lab) if each.site is None or site in {None, each.site.name}]
        self._sessions: dict[str, RouterSession] = {}
        self._routers: dict[str, ObservedRouter] = {}
        self._pool = self.enter_context(ThreadPoolExecutor(max_workers=WORKERS))

    def log_in(self, connect: Callable[[str], RouterSession], progress: Callable[[str], None]) -> None:
        def opened(design: RouterDesign) -> RouterSession:
            progress(f"{design.name}: logging in")
            session = connect(design.name)
            self.callback(session.close)
            return session

        names = [each.name for each in self._designs]
        self._sessions = dict(zip(names, self._pool.map(opened, self._designs), strict=True))

    def look(self, checks: tuple[VerificationCheck, ...], *, pings: bool = False) -> CheckRun:
        def observed(design: RouterDesign) -> ObservedRouter:
            before = self._routers.get(design.name)
            return _observed(self._lab, self._sessions[design.name], design, before, pings=pings)

        self._routers |= {each.name: each for each in self._pool.map(observed, self._designs)}
        _refuse_unread(self._routers)
        return run_checks(
            Snapshot(lab=self._lab, facts=self._facts, routers=dict(self._routers), only=self._site), checks
        )


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


def _first_missing(found: CheckRun, checks: tuple[VerificationCheck, ...]) -> int:
    """Return the number of the lowest layer that does not hold, or how many there are."""
    holding = {check for check, result in zip(checks, found.results, strict=True) if result.verdict is Verdict.HOLDS}
    return next(
        (number for number, each in enumerate(LAYERS) if each.check in checks and each.check not in holding),
        len(LAYERS),
    )


def _progress_line(found: CheckRun, layer: WaitLayer, waited_s: float) -> str:
    so_far = f"{duration(waited_s)}; " if waited_s >= WORTH_SHOWING_S else ""
    return f"waiting for {layer.name} ({so_far}{layer.usually}): {_missing(found)[0]}"


def _missing(found: CheckRun) -> tuple[str, str]:
    """Return what the first finding that does not hold expects, and what was seen instead."""
    for result in found.results:
        for finding in result.findings:
            if finding.verdict is not Verdict.HOLDS:
                where = "" if finding.where is None else f" ({finding.where})"
                return finding.expected, f"{finding.subject.words} {finding.subject.name}: {finding.seen}{where}"
    return "the lab has sites", "it has none"


def _timed_out(found: CheckRun, layer: WaitLayer, timeout_s: float) -> TimedOutError:
    expected, seen = _missing(found)
    known = next((each for each in found.diagnoses if not is_unexplained(each)), None)
    return TimedOutError(
        f"{layer.name}: it does not hold within {timeout_s:g} s that {expected}: {seen}"
        + ("" if known is None else f"\n{known.sentence}"),
        hint="the first check that fails names the layer: VPN and BGP, then GRE and PIM"
        if known is None
        else f"{known.fix_where}:\n{known.fix}",
    )
