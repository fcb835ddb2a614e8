"""What fails although no rule knows why: told honestly, with where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.verify.model import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.verify.model import Finding, Rung

UNEXPLAINED: Final = "unexplained-"
"""How the keys of such causes begin."""


def unexplained(rungs: Sequence[Rung], known: Sequence[Cause]) -> Iterator[Cause]:
    """Yield a cause for each rung that fails for a part of the lab in which no known cause explains it.

    The highest of them are consequences more often than not, so the lowest comes first, and a rung above it is left out
    where it fails for the same site.
    """
    told: set[str | None] = set()
    of_rung: set[str] = set()
    for rung in rungs:
        for finding in rung.findings:
            site = finding.subject.site
            if finding.verdict is not Verdict.FAILS or _explained(rung.key, site, known):
                continue
            if {site, None} & told or (site is None and rung.key in of_rung):
                continue
            told.add(site)
            of_rung.add(rung.key)
            yield _cause(rung, finding)


def is_unexplained(cause: Cause) -> bool:
    """Say whether a cause is none, but tells that no rule knows one."""
    return cause.key.startswith(UNEXPLAINED)


def _explained(key: str, site: str | None, known: Sequence[Cause]) -> bool:
    return any(key in cause.rungs and _same_part(site, cause) for cause in known)


def _same_part(site: str | None, cause: Cause) -> bool:
    sites = {subject.site for subject in cause.subjects}
    return site is None or None in sites or site in sites


def _cause(rung: Rung, finding: Finding) -> Cause:
    look = finding.where or rung.source
    return Cause(
        key=f"{UNEXPLAINED}{rung.key}",
        sentence=f"unexplained: it does not hold that {finding.expected}: {finding.seen}; look at {look}",
        mend=look,
        mend_where=f"{finding.subject.kind} {finding.subject.name}",
        rungs=(rung.key,),
        subjects=(finding.subject,),
    )
