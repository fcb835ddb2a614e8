"""Reading and checking a lab costs what it has entries, not their square: calls are counted, no clock is read."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from large_labs import KINDS

from mcastlab.lab.checks import check
from mcastlab.lab.document import parse_yaml
from mcastlab.lab.summary import summary, values
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

SIZES = (60, 120, 240)
MOST = 2.4
"""Twice the entries may cost so many times the calls: linear work doubles, sorting adds a little, pairs take four."""


def calls(work: Callable[[], object]) -> int:
    """Return how many calls, to Python and to C, and how many resumed generators a piece of work takes."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def whole(text: str) -> None:
    """Do what `check` does with a document."""
    try:
        lab = parse_yaml(text, "large.yaml")
    except BadInputError:
        return
    check(lab)
    assert list(summary(lab))
    assert values(lab)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_twice_the_entries_cost_about_twice_the_calls(kind: Callable[[int], dict[str, Any]]) -> None:
    texts = [yaml.dump(kind(size), Dumper=yaml.CSafeDumper) for size in SIZES]
    whole(texts[0])  # imports and caches
    counts = [calls(lambda text=text: whole(text)) for text in texts]  # type: ignore[misc]  # mypy infers no default's type
    for fewer, more in pairwise(counts):
        assert more / fewer < MOST, counts


def test_summary_of_many_entries_fits_a_screen() -> None:
    for kind in KINDS:
        try:
            lab = parse_yaml(yaml.dump(kind(100), Dumper=yaml.CSafeDumper), "large.yaml")
        except BadInputError:
            continue
        lines = list(summary(lab))
        assert len(lines) <= 55, kind.__name__
        assert max(map(len, lines)) < 600, kind.__name__
