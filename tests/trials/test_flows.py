"""Trials and outcomes: who sends and who joins, and when the result holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from trials.flows import Direction, Outcome, Reception, trials
from trials.trial_probe import HEADER, MAGIC, Counter, run_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Lab


def outcome(lab: Lab) -> Outcome:
    to_site = trials(lab)[0]
    reception = Reception(
        receiver="phone-1",
        received=300,
        duplicates=0,
        reordered=0,
        latency_min_us=800,
        latency_median_us=1000,
        latency_max_us=2000,
    )
    return Outcome(
        trial=to_site, established_after_s=0.5, sent=300, receptions=(reception,), heard_unjoined=(("doppel-2", 0),)
    )


def test_both_directions_are_tried(lab: Lab) -> None:
    to_site, to_aws = trials(lab)
    assert (to_site.direction, to_aws.direction) == (Direction.TO_SITE, Direction.TO_AWS)
    assert (to_site.sender, to_site.receivers, to_site.bystanders) == ("doppel-1", ("phone-1",), ("doppel-2",))
    assert (to_aws.sender, to_aws.receivers) == ("phone-1", ("doppel-1", "doppel-2"))


def test_whole_reception_and_silence_hold(lab: Lab) -> None:
    assert outcome(lab).holds


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: replace(whole, established_after_s=None),
        lambda whole: replace(whole, sent=0),
        lambda whole: replace(whole, sent=301),
        lambda whole: replace(whole, heard_unjoined=(("doppel-2", 1),)),
    ],
    ids=["never established", "nothing sent", "one lost", "heard unjoined"],
)
def test_anything_less_does_not_hold(lab: Lab, change: Callable[[Outcome], Outcome]) -> None:
    assert not change(outcome(lab)).holds


def test_duplicate_does_not_make_up_for_a_loss(lab: Lab) -> None:
    whole = outcome(lab)
    doubled = replace(whole.receptions[0], received=300, duplicates=1)
    assert whole.lost(doubled) == 1


def packet(sequence: int, *, run: bytes = b"one", phase: int = 0, magic: bytes = MAGIC) -> bytes:
    return HEADER.pack(magic, run.ljust(8, b"\0"), phase, sequence, 0)


def test_probe_counts_its_own_run_only() -> None:
    counter = Counter(run_field("one"))
    for sequence in (0, 1, 3, 2, 2):
        counter.take(packet(sequence), "10.0.0.1")
    counter.take(packet(9, run=b"other"), "10.0.0.1")
    counter.take(packet(9, magic=b"stranger"), "10.0.0.1")
    counter.take(b"short", "10.0.0.1")
    (flow,) = counter.summary()["flows"]
    counts = {key: flow[key] for key in ("source", "received", "distinct", "duplicates", "reordered")}
    assert counts == {"source": "10.0.0.1", "received": 5, "distinct": 4, "duplicates": 1, "reordered": 1}


def test_probe_keeps_sources_and_phases_apart() -> None:
    counter = Counter(run_field("one"))
    counter.take(packet(0, phase=0), "10.0.0.1")
    counter.take(packet(0, phase=1), "10.0.0.1")
    counter.take(packet(0, phase=1), "10.0.0.2")
    flows = [(flow["source"], flow["phase"]) for flow in counter.summary()["flows"]]
    assert flows == [("10.0.0.1", 0), ("10.0.0.1", 1), ("10.0.0.2", 1)]
