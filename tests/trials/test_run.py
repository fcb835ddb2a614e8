"""A trial against hosts whose probes answer as they are to, and what the probe takes for batches in a row."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from trials.flows import trials
from trials.run import MEASURED, Stream, run_trial
from trials.trial_probe import first_of_whole

from mcastlab.ports import ShellResult

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

SOURCE = "192.0.2.1"
NONE_HEARD: dict[str, list[object]] = {"flows": []}


def flow(phase: int, count: int, source: str = SOURCE) -> dict[str, object]:
    times = dict.fromkeys(("latency_min_us", "latency_median_us", "latency_max_us"), 1000)
    counts = {"received": count, "distinct": count, "duplicates": 0, "reordered": 0}
    return {"source": source, "phase": phase, **counts, **times}


@dataclass
class AnsweringHost:
    """A host that sends, and hears batches whole from one of them on: none at all where that is None."""

    host: str
    first: int | None = None
    bystander: bool = False
    commands: list[str] = field(default_factory=list)

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        assert timeout_s > 0
        self.commands.append(command)
        words = command.partition("/probe.py ")[2].rpartition("/probe.py ")[2].split()
        verb = words[0] if words else ""
        return ShellResult(code=0, stdout=json.dumps(self._answer(verb, words)), stderr="")

    def _answer(self, verb: str, words: list[str]) -> object:
        match verb:
            case "send":
                return {"sent": int(words[words.index("--count") + 1]), "errors": 0, "source": SOURCE}
            case "batches":
                return {"began_s": [0.25 * number for number in range(20)], "source": SOURCE}
            case "await":
                return {"first": self.first}
            case "stop" if not self.bystander and self.first is not None:
                return {"flows": [flow(MEASURED, 30)]}
        return NONE_HEARD


@pytest.mark.parametrize(("firsts", "established_s"), [((4, 8), 2.0), ((4, None), None)])
def test_a_path_stands_once_the_last_receiver_has_whole_batches(
    lab: Lab, firsts: tuple[int | None, int | None], established_s: float | None
) -> None:
    trial = trials(lab)[1]
    heard = dict(zip(trial.receivers, firsts, strict=True))
    names = (trial.sender, *trial.receivers, *trial.bystanders)
    shells = {name: AnsweringHost(name, heard.get(name), bystander=name in trial.bystanders) for name in names}
    outcome = run_trial(trial, shells, Stream(count=30), progress=lambda _: None)
    assert outcome.established_after_s == established_s
    assert outcome.holds is (established_s is not None)
    assert any(command.startswith("touch ") for command in shells[trial.sender].commands), "the batches end"


def test_batches_in_a_row_are_of_one_source_and_whole() -> None:
    flows = [flow(0, 20), flow(1, 19), *(flow(phase, 20) for phase in (2, 3)), flow(4, 20, "192.0.2.9")]
    assert first_of_whole(flows, 20, 3) is None
    assert first_of_whole([*flows, flow(4, 20)], 20, 3) == 2
