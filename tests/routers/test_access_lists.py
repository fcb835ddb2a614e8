"""A list with permits and denies: whatever it was, it ends in the order that is wanted, and nothing is sent again."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from routers.rig import Rig

from mcastlab.ios.configuration import parse
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from series import Sampled

    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab

NAME = "demo/r"
KINDS = {
    "standard": ("permit 10.1.0.0 0.0.255.255", "deny   10.0.0.0 0.255.255.255", "permit any"),
    "extended": ("permit ip 10.1.0.0 0.0.255.255 any", "deny   ip 10.0.0.0 0.255.255.255 any", "permit ip any any"),
}
ORDERS = [chosen for count in (1, 2, 3) for chosen in permutations(range(3), count)]


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(lab, tmp_path, wanted={NAME: parse("ip multicast-routing distributed\n")})
    yield made
    made.close()


def wanted(kind: str, order: tuple[int, ...]) -> Tree:
    entries = "".join(f" {' '.join(KINDS[kind][each].split())}\n" for each in order)
    return parse(f"ip access-list {kind} MCASTLAB-MIXED\n{entries}")


def listed(rig: Rig, kind: str) -> list[str]:
    section = next(line for line in parse(rig.texts()[NAME]) if line.text == f"ip access-list {kind} MCASTLAB-MIXED")
    return [" ".join(line.text.split()) for line in section.below]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begin", [(0, 1, 2), (2, 0), (1,)], ids=str)
def test_a_mixed_list_ends_in_the_wanted_order(rig: Rig, kind: str, begin: tuple[int, ...], sampled: Sampled) -> None:
    for order in sampled(ORDERS, gate=5):
        for step in (begin, order):
            rig.wanted = {NAME: wanted(kind, step)}
            report = rig.push()
            assert report.exit_code is ExitCode.OK, (begin, order, report.as_text())
            found, entries = listed(rig, kind), [" ".join(KINDS[kind][each].split()) for each in step]
            # Of permits alone, or denies alone, the order says nothing.
            mixed = len({entry.split()[0] for entry in entries}) > 1
            assert found == entries if mixed else sorted(found) == sorted(entries), (begin, order)
        assert [each.side for each in rig.push().routers] == [Side.IN_SYNC], (begin, order)
