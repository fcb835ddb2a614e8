"""Hosts that answer garbage: a finding of their own, and the others are looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from garbage.heap import GARBAGE

from mcastlab.ports import ShellResult
from mcastlab.traffic.answers import read_found, unpacked
from mcastlab.traffic.matrix_plan import matrix_plan
from mcastlab.traffic.options import Options
from mcastlab.traffic.participants import setting_of
from mcastlab.verify.observe.hosts import observe_host
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from garbage.conftest import World

    from mcastlab.lab.model import Lab


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_host_whose_answer_is_garbage_fails_its_check_alone(world: World, kind: str) -> None:
    host = world.lab.host_names[0]
    garble = lambda device, _command, answer: GARBAGE[kind](answer) if device == host else answer  # noqa: E731
    report = json.loads(world.run("verify", "--no-traffic", "--json", garble=garble).out)
    (access,) = [each for each in report["checks"] if each["key"] == "access"]
    of_hosts = {each["subject"]["name"]: each["verdict"] for each in access["findings"]}
    assert [of_hosts[name] for name in world.lab.host_names[1:]] == ["holds"] * (len(world.lab.host_names) - 1)


@pytest.mark.parametrize(
    "reported",
    [
        {"source": "no address"},
        {"mtu_octets": "many"},
        {"igmp_version": [2]},
        {"ttl": {"a": 1}},
        {"unknown": 1},
        [],
        None,
        "text",
    ],
)
def test_a_value_of_another_form_is_reported_with_host_and_place(lab: Lab, reported: Any) -> None:
    class Host:
        host = "doppel-1"

        def run(self, command: str, *, timeout_s: float) -> ShellResult:  # noqa: ARG002  (the port's)
            return ShellResult(code=0, stdout=json.dumps(reported), stderr="")

    with pytest.raises(RefusedError, match="doppel-1: cannot read what it says of its multicast") as caught:
        observe_host(Host(), None, lab.groups[0], sends=False)
    if isinstance(reported, dict):
        assert next(iter(reported)) in caught.value.text


GOOD: dict[str, Any] = {
    "sent": [],
    "received": {},
    "arrived_us": {},
    "delay_us": {},
    "slices": {},
    "sweeps": [],
    "rates": [],
    "cpu_s": {},
    "silences": None,
    "pauses": [],
    "dropped": [],
}


@pytest.mark.parametrize(
    "change",
    [
        {"sent": [{"flow": -1, "sent": 1, "errors": 0}]},
        {"sent": 1},
        {"received": {"flow": [0]}},
        {"received": {"flow": ["x"]}},
        {"received": None},
        {"slices": {"0": [[1, 2, 3]]}},
        {"sweeps": [{"flow": 99999, "whole_octets": 1}]},
        {"rates": [{"flow": 0, "distinct": 1}]},
        {"cpu_s": {"0": "NaN"}},
        {"silences": [1] * 999},
        {"silences": [10**40]},
        {"pauses": [1]},
        {"arrived_us": {"0": "x"}},
        {"delay_us": {"99999": ""}},
        {"dropped": [[0, 1, 2]]},
        {"sweeps": [{"flow": 0, "whole_octets": 1, "shift_us": 0, "holes": [[0, 2**62]]}]},
    ],
)
def test_what_a_node_found_is_checked_against_the_plan(lab: Lab, change: dict[str, Any]) -> None:
    plan = matrix_plan(setting_of(lab, Options(), guard_ms=10))
    assert read_found("doppel-1", json.dumps(GOOD), plan, 0) == GOOD
    with pytest.raises(RefusedError, match="doppel-1: cannot read what the probe answered"):
        read_found("doppel-1", json.dumps(GOOD | change), plan, 0)


@pytest.mark.parametrize("pages", [[], ["x"], ["!!!"], ["eJwr"], ["AAAA", "BBBB"]])
def test_pages_that_are_not_whole_are_refused(pages: list[str]) -> None:
    with pytest.raises(RefusedError, match="not whole"):
        unpacked("doppel-1", pages)
