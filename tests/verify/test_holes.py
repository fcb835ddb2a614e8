"""Whatever part of the observations is missing, rungs and causes say so and raise nothing."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from verify.broken import SCENE

from mcastlab.verify.causes import causes_of
from mcastlab.verify.ladder import climb
from mcastlab.verify.model import Verdict
from mcastlab.verify.observations import Observations
from mcastlab.verify.run import verdict_of

if TYPE_CHECKING:
    from mcastlab.verify.scene import Scene


def holes_of(view: Any) -> list[str]:
    """Return the fields of a view that may be empty."""
    return [each.name for each in fields(view) if each.default is not MISSING or each.default_factory is not MISSING]


def emptied(view: Any, names: set[str]) -> Any:
    """Return a view with fields at their defaults: as if nothing had been told of them."""
    empty: dict[str, Any] = {}
    for each in fields(view):
        if each.name in names and each.default_factory is not MISSING:
            empty[each.name] = each.default_factory()
        elif each.name in names:
            empty[each.name] = each.default
    return replace(view, **empty)


VIEWS: dict[tuple[str, str], Any] = {
    ("aws", ""): SCENE.aws,
    **{("routers", name): view for name, view in SCENE.seen.routers.items()},
    **{("hosts", name): view for name, view in SCENE.seen.hosts.items()},
}
HOLES = [(place, name) for place, view in VIEWS.items() for name in holes_of(view)]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Return the sound scene with holes in it, or with whole views missing."""
    holes = draw(st.lists(st.sampled_from(HOLES), max_size=12))
    gone = draw(st.lists(st.sampled_from(sorted(VIEWS)), max_size=3))
    views = {
        place: emptied(view, {name for at, name in holes if at == place})
        for place, view in VIEWS.items()
        if place not in gone
    }
    seen = Observations(
        aws=views.get(("aws", "")),
        routers={name: view for (kind, name), view in views.items() if kind == "routers"},
        hosts={name: view for (kind, name), view in views.items() if kind == "hosts"},
    )
    facts = SCENE.facts if draw(st.booleans()) else None
    return replace(SCENE, seen=seen, facts=facts)


@settings(max_examples=300)
@given(scenes())
def test_holes_raise_nothing_and_are_told(scene: Scene) -> None:
    rungs = climb(scene)
    causes = causes_of(scene, rungs)
    assert causes == causes_of(scene, climb(scene))
    # What fails has a cause, if only one that says that nobody knows it.
    assert bool(causes) or all(rung.verdict is not Verdict.FAILS for rung in rungs)
    if scene.facts is None or scene.seen.aws is None:
        assert verdict_of(rungs, causes) is Verdict.FAILS
