"""A trial against hosts whose probes answer as they are to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from trials.flows import trials
from trials.run import Stream, run_trial

from mcastlab.ports import ShellResult

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

SOURCE = "192.0.2.1"
NONE_HEARD: dict[str, list[object]] = {"flows": []}


@dataclass
class LaggingHost:
    """A host whose probe counts the last datagram of a batch one look late, as a busy host does."""

    host: str
    counted: dict[int, int]
    looks: int = 0
    bystander: bool = False
    commands: list[str] = field(default_factory=list)

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        assert timeout_s > 0
        self.commands.append(command)
        words = command.split()
        verb = words[2] if words[0] == "python3" else ""
        return ShellResult(code=0, stdout=json.dumps(self._answer(verb, words)), stderr="")

    def _answer(self, verb: str, words: list[str]) -> object:
        if verb == "send":
            count = int(words[words.index("--count") + 1])
            self.counted[int(words[words.index("--phase") + 1])] = count
            return {"sent": count, "errors": 0, "source": SOURCE}
        if verb not in {"peek", "stop"} or self.bystander:
            return NONE_HEARD
        self.looks += 1
        late = verb == "peek" and self.looks % 2 == 1
        return {"flows": [self._flow(phase, count - late) for phase, count in self.counted.items()]}

    @staticmethod
    def _flow(phase: int, count: int) -> dict[str, object]:
        times = dict.fromkeys(("latency_min_us", "latency_median_us", "latency_max_us"), 1000)
        counts = {"received": count, "distinct": count, "duplicates": 0, "reordered": 0}
        return {"source": SOURCE, "phase": phase, **counts, **times}


def test_a_batch_that_is_counted_a_moment_late_is_whole_all_the_same(lab: Lab) -> None:
    trial = trials(lab)[1]
    counted: dict[int, int] = {}
    names = (trial.sender, *trial.receivers, *trial.bystanders)
    shells = {name: LaggingHost(name, counted, bystander=name in trial.bystanders) for name in names}
    outcome = run_trial(trial, shells, Stream(count=30), progress=lambda _: None)
    assert outcome.holds
    assert len(counted) == Stream().whole_batches + 1
