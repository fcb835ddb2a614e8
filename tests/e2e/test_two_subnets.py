"""Senders in two subnets of the router's zone: each datagram reaches everybody once, in the VPC and at the site."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

import pytest
from trials.flows import Direction, Trial
from trials.run import Stream, run_trial

from mcastlab.cli.connections import Connections
from mcastlab.lab.design.names import VPC_BOUNDARY, aws_router_name
from mcastlab.lab_files import PROJECT

from .breaks import line_out
from .conftest import Deployed, in_twin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trials.flows import Outcome

pytestmark = pytest.mark.twin

STREAM: Final = Stream(count=60, establish_within_s=40)
BROKEN: Final = Stream(count=20, batch=5, establish_within_s=3)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    yield from in_twin(PROJECT / "tests/labs/two_subnets.yaml")


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


def sent(deployed: Deployed, group: str, sender: str, stream: Stream) -> Outcome:
    """Send to a group from one of those that are in it, and return what the others got."""
    lab = deployed.lab
    members = (*lab.host_names, *(device.name for site in lab.sites for device in site.devices))
    trial = Trial(
        direction=Direction.TO_SITE if sender in lab.host_names else Direction.TO_AWS,
        group=next(each for each in lab.groups if each.name == group),
        sender=sender,
        receivers=tuple(name for name in members if name != sender),
        bystanders=(),
    )
    shells = Connections(lab).shells(Connections(lab).facts())
    return run_trial(trial, shells, stream, progress=print)


# The router joins the one group, and the API registers it in the other.
@pytest.mark.parametrize("group", ["paging", "calls"])
@pytest.mark.parametrize("sender", ["near-1", "beside-1", "phone-1"])
def test_each_datagram_reaches_everybody_once(deployed: Deployed, group: str, sender: str) -> None:
    outcome = sent(deployed, group, sender, STREAM)
    assert outcome.holds, outcome
    assert [each.duplicates for each in outcome.receptions] == [0, 0], outcome


def test_without_the_boundary_datagrams_come_in_again_and_the_diagnosis_says_so(deployed: Deployed) -> None:
    line, section = f"ip multicast boundary {VPC_BOUNDARY} out", ["interface GigabitEthernet1"]
    with line_out(deployed, aws_router_name(deployed.lab), line, section=section):
        outcome = sent(deployed, "paging", "beside-1", BROKEN)
        found = deployed.command_line.run("verify", "--no-traffic", "--json")
        diagnoses = json.loads(found.stdout)["diagnoses"]
    assert {each.receiver: each.duplicates > each.received // 2 for each in outcome.receptions} == {
        "near-1": True,
        "phone-1": True,
    }, outcome
    assert [each["key"] for each in diagnoses] == ["no_boundary"]
    assert sent(deployed, "paging", "beside-1", STREAM).holds
