"""Design checks: what a lab must be so that it can work, each rule one function with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks import addresses, blocks, groups, names, networks, offerings, quotas, sites, tunnels, vpc
from mcastlab.lab.checks.finding import ORDER, Check, DesignFinding, Severity, abridged
from mcastlab.lab.document import at_line
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Lab

__all__ = ["CHECKS", "Check", "DesignFinding", "Severity", "abridged", "check", "refuse_unsound"]

_IN_ORDER: Final = (names, offerings, vpc, networks, sites, addresses, tunnels, groups, blocks, quotas)
CHECKS: Final = tuple(each for module in _IN_ORDER for each in vars(module).values() if isinstance(each, Check))
"""Every check, in about the order of a lab file."""


def check(lab: Lab) -> tuple[DesignFinding, ...]:
    """Return what all checks find in a lab: errors first, then warnings, then notes."""
    found = [finding for each in CHECKS for finding in each(lab)]
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.severity)))


def refuse_unsound(
    lab: Lab,
    where: str,
    *,
    more: str = "./scripts/lab check",
    line_of: Callable[[str], int | None] = lambda _: None,
) -> None:
    """Refuse a lab that cannot work.

    Args:
        lab: the lab.
        where: its file, as it is reported.
        more: the command that tells more about it.
        line_of: the line of a field in that file, by its path.

    Raises:
        BadInputError: a check found an error; the text has one line for each, with what to write instead.
    """
    errors = [finding for finding in check(lab) if finding.severity is Severity.ERROR]
    if errors:
        lines = [
            f"{at_line(where, line_of(finding.path))}: {finding.path}: {finding.text}; {finding.hint}"
            for finding in errors
        ]
        raise BadInputError("\n".join(lines), hint=f"for more, with the source of each rule: {more}")
