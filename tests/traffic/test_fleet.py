"""Many hosts at once, against hosts that answer as they are told to."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass

from mcastlab.ports import ShellResult
from mcastlab.traffic.fleet import Fleet

MANY = 120


@dataclass
class Waiting:
    """A host that answers once all others have been asked too."""

    host: str
    barrier: threading.Barrier

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        assert "hello" in command
        self.barrier.wait(timeout_s)
        told = {"python": "3.9.0", "kernel": "6.1", "time_ns": time.time_ns()}
        return ShellResult(code=0, stdout=json.dumps(told), stderr="")


def test_no_host_waits_for_another_to_end() -> None:
    barrier = threading.Barrier(MANY)
    fleet = Fleet({f"doppel-{number}": Waiting(f"doppel-{number}", barrier) for number in range(MANY)})
    fleet.greet(f"doppel-{number}" for number in range(MANY))
    assert len(fleet.offsets) == MANY
    for offset in fleet.offsets.values():
        assert abs(offset.us) <= offset.error_us
