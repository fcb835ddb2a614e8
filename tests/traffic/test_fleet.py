"""Many hosts at once, against hosts that answer as they are to."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from subprocess import DEVNULL

import pytest

from mcastlab.ports import ShellResult
from mcastlab.traffic.fleet import Fleet
from mcastlab_base.errors import RefusedError

pytestmark = pytest.mark.process

MANY = 120


@dataclass
class Waiting:
    """A host that first answers once all others have been asked too; it is asked again where that took long."""

    host: str
    barrier: threading.Barrier
    asked: int = 0

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        assert "hello" in command
        self.asked += 1
        if self.asked == 1:
            self.barrier.wait(timeout_s)
        reported = {"python": "3.9.0", "kernel": "6.1", "time_ns": time.time_ns()}
        return ShellResult(code=0, stdout=json.dumps(reported), stderr="")


def test_no_host_waits_for_another_to_end() -> None:
    barrier = threading.Barrier(MANY)
    fleet = Fleet({f"doppel-{number}": Waiting(f"doppel-{number}", barrier) for number in range(MANY)})
    fleet.greet(f"doppel-{number}" for number in range(MANY))
    assert len(fleet.offsets) == MANY
    for offset in fleet.offsets.values():
        assert abs(offset.us) <= offset.error_us


class Local:
    """A host that runs commands here."""

    def __init__(self, host: str) -> None:
        self.host = host

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, timeout=timeout_s, check=False, stdin=DEVNULL
        )
        return ShellResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@dataclass
class Silent:
    """A host that cannot be reached."""

    host: str

    def run(self, command: str, *, timeout_s: float) -> ShellResult:  # noqa: ARG002  (the port's)
        raise RefusedError(f"{self.host}: SSM does not reach i-{self.host}: its agent is ConnectionLost")


def test_a_host_that_cannot_be_reached_is_absent_and_the_others_are_greeted() -> None:
    fleet = Fleet({"a": Local("a"), "b": Silent("b"), "c": Local("c")})
    fleet.clear("abc")
    fleet.greet("abc")
    assert sorted(fleet.offsets) == ["a", "c"]
    assert list(fleet.absent) == ["b"]


def test_where_all_are_absent_the_first_ones_error_is_reported() -> None:
    fleet = Fleet({"a": Silent("a"), "b": Silent("b")})
    with pytest.raises(RefusedError, match="a: SSM does not reach i-a"):
        fleet.greet("ab")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"time_ns": "x"}', '{"time_ns": 1e400}', "\x00\xff", '{"a":' * 9999]
)
def test_a_host_whose_answer_cannot_be_read_is_absent_by_name(text: str) -> None:
    class Garbage:
        host = "b"

        def run(self, command: str, *, timeout_s: float) -> ShellResult:  # noqa: ARG002  (the port's)
            return ShellResult(code=0, stdout=text, stderr="")

    fleet = Fleet({"a": Local("a"), "b": Garbage()})
    fleet.clear(["b"])
    fleet.greet("ab")
    assert "b: cannot read what the probe answered" in fleet.absent["b"].text
    assert list(fleet.offsets) == ["a"]
