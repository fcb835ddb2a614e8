"""A verification by its layers, and its failures by their root causes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.report.cases import diagnosis_of, explaining
from mcastlab.report.words import failing, worst
from mcastlab.text import count
from mcastlab.verify.checks.diagnosis import is_unexplained
from mcastlab.verify.findings import Layer, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcastlab.verify.findings import CheckResult, Diagnosis, Finding
    from mcastlab.verify.report import VerificationReport

NAMES: Final[Mapping[Layer, tuple[str, str]]] = {
    Layer.AWS: ("AWS", "stacks, instances, security groups"),
    Layer.ACCESS: ("access", "routers, hosts and devices answer"),
    Layer.VPN: ("VPN", "IKEv2, ESP and BGP"),
    Layer.ROUTING: ("routing", "unicast routes both ways"),
    Layer.OVERLAY: ("overlay", "GRE and MTU"),
    Layer.MULTICAST: ("multicast", "PIM, RP, reverse paths, domain"),
    Layer.ENDPOINTS: ("endpoints", "IGMPv2, senders, licences"),
    Layer.TRAFFIC: ("traffic", "datagrams, and silence elsewhere"),
}
"""What each layer is called, and what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerResult:
    """The checks of one layer."""

    layer: Layer
    checks: tuple[CheckResult, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return NAMES[self.layer][0]

    @property
    def about(self) -> str:
        """What it is about."""
        return NAMES[self.layer][1]

    @property
    def verdict(self) -> Verdict:
        """The worst of its checks'; not reached only where none was."""
        return worst(each.verdict for each in self.checks)

    @property
    def failing(self) -> tuple[CheckResult, ...]:
        """Those that fail."""
        return tuple(each for each in self.checks if each.verdict is Verdict.FAILS)

    @property
    def held(self) -> str:
        """What became of it in a few words."""
        if self.failing:
            return failing(len(self.failing), count(len(self.checks), "check"))
        reached = [each for each in self.checks if each.verdict is Verdict.HOLDS]
        if not reached:
            return next((each.verdict.words for each in self.checks), Verdict.NOT_REACHED.words)
        if missing := sum(each.verdict is Verdict.NOT_REACHED for each in self.checks):
            return f"{len(reached)} of {count(len(self.checks), 'check')} hold, {missing} not reached"
        looked = sum(each.verdict is Verdict.HOLDS for check in reached for each in check.findings)
        return f"{looked} of {looked} hold"


def layers(checks: Sequence[CheckResult]) -> tuple[LayerResult, ...]:
    """Return checks by layer, from the bottom up."""
    found = {layer: tuple(each for each in checks if each.layer is layer) for layer in Layer}
    return tuple(LayerResult(layer=layer, checks=members) for layer, members in found.items() if members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A root cause, and how many of the failures it has brought about."""

    diagnosis: Diagnosis
    failures: int
    of: int

    @property
    def share(self) -> str:
        """The share of the failures, in words; nothing where it is the only one.

        >>> from mcastlab.report.layers import Explanation
        >>> Explanation(diagnosis=None, failures=5, of=23).share, Explanation(diagnosis=None, failures=1, of=1).share
        ('5 of 23 failures have this cause', '')
        """
        if self.of < 2 or not self.failures:  # noqa: PLR2004  (one failure has one cause)
            return ""
        return f"{self.failures} of {self.of} failures {'has' if self.failures == 1 else 'have'} this cause"


def explanations(report: VerificationReport) -> tuple[Explanation, ...]:
    """Return the root causes in the report's order, each with its share of the failures; a failure may have several."""
    of = [explaining(report.diagnoses, check, finding) for check, finding in failures(report)]
    return tuple(
        Explanation(diagnosis=each, failures=sum(each in found for found in of), of=len(of))
        for each in report.diagnoses
    )


def failures(report: VerificationReport) -> Iterator[tuple[CheckResult, Finding]]:
    """Yield what fails, with its check."""
    for check in report.checks:
        for finding in check.findings:
            if finding.verdict is Verdict.FAILS:
                yield check, finding


def unexplained(report: VerificationReport) -> frozenset[str]:
    """Return the keys of checks that fail and that no known root cause explains."""
    return frozenset(
        check.key
        for check, finding in failures(report)
        if (found := diagnosis_of(report.diagnoses, check, finding)) is None or is_unexplained(found)
    )
