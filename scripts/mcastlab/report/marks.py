"""What was found about each part of a lab: its verdict and the lines that a picture of it shows on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab.report.words import SIGNS, count, percent, printable, worst
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.report import VerificationReport

LINES_SHOWN: Final = 8
"""On demand; of more, their number is told."""

CLASSES: Final = {
    Verdict.HOLDS: "holds",
    Verdict.FAILS: "fails",
    Verdict.NOT_APPLICABLE: "none",
    Verdict.NOT_REACHED: "none",
}

_Key = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was found."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A part of the picture: what it is called and what was found about it."""

    label: str
    detail: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found."""
        return worst(line.verdict for line in self.lines)

    @property
    def css(self) -> str:
        """The verdict's class in the page."""
        return CLASSES[self.verdict]

    @property
    def sign(self) -> str:
        """The verdict's sign; nothing where nothing was looked at."""
        return SIGNS[self.verdict] if self.verdict in {Verdict.HOLDS, Verdict.FAILS} else ""

    @property
    def told(self) -> str:
        """All of it as text: a heading, then a line each, what fails first."""
        ordered = sorted(self.lines, key=lambda line: line.verdict is not Verdict.FAILS)
        rows = [f"{SIGNS[line.verdict]} {line.text}" for line in ordered[:LINES_SHOWN]]
        if len(ordered) > LINES_SHOWN:
            rows.append(f"and {len(ordered) - LINES_SHOWN} more")
        if not rows:
            rows = ["not looked at"]
        return "\n".join([" · ".join(filter(None, (self.label, self.detail))), *rows])


@dataclass(slots=True)
class Marks:
    """All findings of a report by what they speak of."""

    _found: dict[_Key, list[Line]] = field(default_factory=dict)
    _taken: set[_Key] = field(default_factory=set)

    @classmethod
    def of(cls, report: VerificationReport) -> Marks:
        """Gather a report's findings and, at each host and device, what its traffic came to."""
        marks = cls()
        for rung in report.rungs:
            for finding in rung.findings:
                subject = finding.subject
                text = f"{rung.title}: {finding.seen}"
                if finding.verdict is Verdict.FAILS:
                    text += f"; expected: {finding.expected}"
                marks.add((subject.kind, subject.site, subject.name), finding.verdict, text)
        if report.traffic is not None:
            marks.add_traffic(report.traffic)
        return marks

    def add(self, key: _Key, verdict: Verdict, text: str) -> None:
        """Add a line to what is known of a part."""
        self._found.setdefault(key, []).append(Line(verdict=verdict, text=printable(text)))

    def add_traffic(self, traffic: TrafficReport) -> None:
        """Add what every receiver got, and what a place heard that was to hear nothing."""
        whole: dict[tuple[str, str], int] = {}
        for delivery in traffic.deliveries:
            if delivery.holds:
                key = (delivery.receiver, delivery.group)
                whole[key] = whole.get(key, 0) + 1
            else:
                lost = f"{percent(delivery.lost, delivery.sent)} of {delivery.group} from {delivery.sender} lost"
                self.add(("endpoint", None, delivery.receiver), Verdict.FAILS, lost)
        for (receiver, group), number in whole.items():
            text = f"{group} arrives whole from {count(number, 'sender')}"
            self.add(("endpoint", None, receiver), Verdict.HOLDS, text)
        for silence in traffic.silences:
            if not silence.holds:
                text = f"{silence.kind.value}, yet heard {count(silence.heard, 'datagram')} of {silence.group}"
                self.add(("endpoint", None, silence.host), Verdict.FAILS, text)

    def at(self, label: str, *keys: _Key, detail: str = "") -> Mark:
        """Return the mark of a part that findings call by these kinds, sites and names; None stands for any."""
        lines: list[Line] = []
        for key, found in self._found.items():
            if any(_matches(wanted, key) for wanted in keys):
                self._taken.add(key)
                lines += found
        return Mark(label=printable(label), detail=printable(detail), lines=tuple(lines))

    def rest(self) -> Iterable[tuple[str, Mark]]:
        """Return what no part of the picture has taken, by kind, so that nothing that was found is missing in it."""
        kinds: dict[str, list[Line]] = {}
        for key, found in self._found.items():
            if key not in self._taken:
                name = key[2] or ""
                kinds.setdefault(key[0], []).extend(
                    Line(verdict=line.verdict, text=f"{printable(name)}: {line.text}") for line in found
                )
        for kind, lines in kinds.items():
            yield kind, Mark(label=_plural(kind, lines), lines=tuple(lines))


def _matches(wanted: _Key, key: _Key) -> bool:
    return wanted[0] == key[0] and all(
        want is None or want == has for want, has in zip(wanted[1:], key[1:], strict=True)
    )


def _plural(kind: str, lines: Sequence[Line]) -> str:
    words = printable(kind.replace("-", " "))
    return words if len(lines) == 1 or words.endswith("s") else f"{words}s"
