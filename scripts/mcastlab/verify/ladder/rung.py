"""How a rung of the ladder is written, and how it is judged by its findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import in_reports, site_router
from mcastlab.verify.model import Finding, Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mcastlab.verify.model import Subject
    from mcastlab.verify.scene import Scene

    Look = Callable[[Scene], Iterable[Finding]]

NOTHING_TO_LOOK_AT: Final = "the lab has nothing of the kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rung as it is written: what it is called, why it has to hold, and how it looks."""

    key: str
    title: str
    source: str
    look: Look

    def judged(self, scene: Scene) -> Rung:
        """Return the rung with its findings and its verdict."""
        findings = tuple(self.look(scene))
        return rung(self, findings, seconds_of(scene, findings))


def seconds_of(scene: Scene, findings: Sequence[Finding]) -> float:
    """Return how long what the findings speak of was looked at: the longest, as all was looked at at once."""
    taken = scene.seen.seconds
    names = {
        name for each in findings for name in (each.subject.name, *_routers_of(scene, each.subject)) if name in taken
    }
    return max((taken[name] for name in names), default=taken.get("aws", 0.0))


def _routers_of(scene: Scene, subject: Subject) -> tuple[str, ...]:
    """Return the far router that shows a tunnel or a BGP session."""
    if subject.site is None or subject.kind not in {"vpn-tunnel", "bgp", "gre-tunnel"}:
        return ()
    return (in_reports(scene.lab, site_router(subject.site)),)


def step(key: str, title: str, source: str) -> Callable[[Look], Step]:
    """Make a rung out of the function that yields its findings."""

    def make(look: Look) -> Step:
        return Step(key=key, title=title, source=source, look=look)

    return make


def rung(of: Step, findings: Sequence[Finding], seconds: float = 0) -> Rung:
    """Return a rung, judged: it fails if any finding fails, and holds if all do that apply."""
    verdicts = {each.verdict for each in findings}
    unreached = next((each for each in findings if each.verdict is Verdict.NOT_REACHED), None)
    if Verdict.FAILS in verdicts:
        verdict, reason = Verdict.FAILS, None
    elif unreached is not None:
        verdict, reason = Verdict.NOT_REACHED, unreached.seen
    elif Verdict.HOLDS in verdicts:
        verdict, reason = Verdict.HOLDS, None
    else:
        verdict, reason = Verdict.NOT_APPLICABLE, NOTHING_TO_LOOK_AT
    return Rung(
        key=of.key,
        title=of.title,
        source=of.source,
        verdict=verdict,
        reason=reason,
        findings=tuple(findings),
        seconds=seconds,
    )


def finding(subject: Subject, expected: str, seen: str, *, holds: bool, where: str | None = None) -> Finding:
    """Return what was found, as it should be or not."""
    return Finding(
        subject=subject,
        expected=expected,
        seen=seen,
        verdict=Verdict.HOLDS if holds else Verdict.FAILS,
        where=where,
    )


def unreached(subject: Subject, expected: str, why: str) -> Finding:
    """Return that something says nothing because something below it failed."""
    return Finding(subject=subject, expected=expected, seen=why, verdict=Verdict.NOT_REACHED)
