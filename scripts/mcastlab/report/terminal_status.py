"""The state of a lab on a terminal: what there is, who has joined, what flows, and which checks hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.text import Text

from mcastlab.report.tables import grid, plain_table
from mcastlab.report.terminal import layer_table
from mcastlab.report.terminal_follow import follow_table
from mcastlab.report.terminal_traffic import sign
from mcastlab.report.words import SIGNS, failing
from mcastlab.text import count, printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from mcastlab.verify.report import LabPart, Status

EACH_SHOWN: Final = 6
"""Parts of a kind; more are counted by their state, but for those that are not sound."""
GROUPS_SHOWN: Final = 12
FOLLOWED_SHOWN: Final = 20
"""Lines that the table of followed groups may take."""


def status_table(status: Status) -> Group:
    """Return a lab's state for people, what fails first; 80 columns are enough."""
    return Group(*_shown(status))


def _shown(status: Status) -> Iterator[RenderableType]:
    if not status.deployed:
        yield Text(f"- {printable(status.lab)}: nothing is deployed").append(
            f"; {status.taken:%H:%M:%S} UTC", style="dim"
        )
        return
    holds = status.verdict is Verdict.HOLDS
    failed = sum(check.verdict is Verdict.FAILS for check in status.checks)
    said = (
        f"{count(sum(check.verdict is Verdict.HOLDS for check in status.checks), 'check')} hold at a glance"
        if holds
        else failing(failed, count(len(status.checks), "check"))
    )
    yield (
        sign(holds=holds)
        .append(f" {printable(status.lab)}: ", style="bold default")
        .append(said, style="not bold default")
        .append(f"; {status.taken:%H:%M:%S} UTC", style="dim not bold default")
    )
    yield ""
    checks = layer_table(status.checks, {check.key for check in status.checks})
    if not holds:
        yield checks
        yield ""
    yield _parts(status.parts)
    yield ""
    yield _members(status)
    yield ""
    yield _rates(status)
    yield ""
    if status.followed is not None:
        yield follow_table(status.followed, FOLLOWED_SHOWN)
        yield ""
    if holds:
        yield checks
    for note in status.notes:
        yield Text(f"note: {printable(note)}", style="dim")


def _parts(parts: Sequence[LabPart]) -> Table:
    table = grid(2)
    kinds: dict[str, list[LabPart]] = {}
    for part in parts:
        kind = part.subject.words
        of_site = "" if part.subject.site is None else f" {part.subject.site}"
        kinds.setdefault(f"{kind}{of_site}", []).append(part)
    for kind, found in kinds.items():
        table.add_row(Text(printable(kind), style="bold"), _named_parts(found))
    return table


def _named_parts(parts: Sequence[LabPart]) -> Text:
    """Return each part by name while they are few; of many, how many are in which state."""
    line = Text()
    shown = parts if len(parts) <= EACH_SHOWN else [part for part in parts if not part.sound][:EACH_SHOWN]
    for part in shown:
        line.append("\n" if line else "").append_text(sign(holds=part.sound))
        line.append(f" {printable(part.subject.name)} {printable(part.state)}", style="not bold default")
    if len(parts) > EACH_SHOWN:
        states = Counter(part.state for part in parts)
        line.append("\n" if line else "").append(", ".join(f"{number} {state}" for state, number in states.items()))
    return line


def _members(status: Status) -> Table:
    table = plain_table("group", "members in the gateway's domain >", "joined at remote sites")
    # Of many groups those that nobody has joined are worth more than the others.
    shown = sorted(status.members, key=lambda each: each.domain)[:GROUPS_SHOWN]
    for each in status.members:
        if each in shown:
            table.add_row(f"{printable(each.group)} {each.address}", str(each.domain), ", ".join(each.sites) or "-")
    if len(status.members) > len(shown):
        table.add_rest(f"and {len(status.members) - len(shown)} more")
    return table


def _rates(status: Status) -> Table:
    table = plain_table("GRE tunnel", "packets/s in >", "packets/s out >")
    for rate in status.rates:
        table.add_row(f"{printable(rate.subject.name)} {rate.interface}", f"{rate.in_pps:.1f}", f"{rate.out_pps:.1f}")
    if not status.rates:
        table.add_row(Text(f"{SIGNS[Verdict.NOT_REACHED]} no router has one", style="dim"))
    return table
