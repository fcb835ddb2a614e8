"""Whatever part of the observations is missing, checks and diagnoses say so and raise nothing."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verify.broken import SNAPSHOT

from mcastlab.verify.checks import run_checks
from mcastlab.verify.engine import verdict_of
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from mcastlab.verify.snapshot.lab import Snapshot

pytestmark = pytest.mark.process


def holes_of(view: Any) -> list[str]:
    """Return the fields of a view that may be empty."""
    return [each.name for each in fields(view) if each.default is not MISSING or each.default_factory is not MISSING]


def emptied(view: Any, names: set[str]) -> Any:
    """Return a view with fields at their defaults: as if nothing had been observed of them."""
    empty: dict[str, Any] = {}
    for each in fields(view):
        if each.name in names and each.default_factory is not MISSING:
            empty[each.name] = each.default_factory()
        elif each.name in names:
            empty[each.name] = each.default
    return replace(view, **empty)


VIEWS: dict[tuple[str, str], Any] = {
    ("aws", ""): SNAPSHOT.aws,
    **{("routers", name): view for name, view in SNAPSHOT.routers.items()},
    **{("hosts", name): view for name, view in SNAPSHOT.hosts.items()},
}
HOLES = [(place, name) for place, view in VIEWS.items() for name in holes_of(view)]


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Return the sound snapshot with holes in it, or with whole views missing."""
    holes = draw(st.lists(st.sampled_from(HOLES), max_size=12))
    gone = draw(st.lists(st.sampled_from(sorted(VIEWS)), max_size=3))
    views = {
        place: emptied(view, {name for at, name in holes if at == place})
        for place, view in VIEWS.items()
        if place not in gone
    }
    return replace(
        SNAPSHOT,
        cloud=views.get(("aws", "")),
        routers={name: view for (kind, name), view in views.items() if kind == "routers"},
        hosts={name: view for (kind, name), view in views.items() if kind == "hosts"},
        facts=SNAPSHOT.facts if draw(st.booleans()) else None,
    )


@settings(max_examples=300)
@given(snapshots())
def test_holes_raise_nothing_and_are_reported(snapshot: Snapshot) -> None:
    found = run_checks(snapshot)
    results, causes = found.results, found.diagnoses
    assert causes == run_checks(snapshot).diagnoses
    # What fails has a cause, if only one that says that nobody knows it.
    assert bool(causes) or all(result.verdict is not Verdict.FAILS for result in results)
    if snapshot.facts is None or snapshot.cloud is None:
        assert verdict_of(results, causes) is Verdict.FAILS
