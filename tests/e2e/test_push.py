"""The configuration of a lab that runs: nothing to do, one group more under traffic, drift, and out again."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

import pytest
import yaml

from mcastlab.cli.compose import facts_of, router_sessions, shells_of
from mcastlab.render.routers import aws_router_name
from mcastlab.traffic.flows import Outcome, trials
from mcastlab.traffic.run import Stream, run_trial

from .conftest import Deployed, in_twin, write_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

LONG = Stream(count=600, establish_within_s=30)
GROUP = {"name": "first", "address": "239.9.8.1"}
MORE = {"name": "second", "address": "239.9.8.2"}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    yield from in_twin(write_lab(tmp_path_factory.mktemp("push"), name="pushes", groups=[GROUP]))


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


def test_a_second_run_sends_nothing(deployed: Deployed) -> None:
    report = json.loads(deployed.command_line.must("configure", "--json"))
    assert [(each["side"], each["lines"]) for each in report["routers"]] == [("in sync", [])] * 2
    assert deployed.command_line.run("drift").returncode == 0


def test_one_more_group_costs_the_others_no_packet(deployed: Deployed) -> None:
    path = deployed.command_line.lab_file
    before = path.read_text(encoding="utf-8")
    trial = trials(deployed.lab)[0]
    shells = shells_of(deployed.lab, facts_of(deployed.lab))
    outcomes: list[Outcome] = []
    flowing = threading.Thread(target=lambda: outcomes.append(run_trial(trial, shells, LONG, progress=print)))
    try:
        path.write_text(yaml.safe_dump({**yaml.safe_load(before), "groups": [GROUP, MORE]}), encoding="utf-8")
        flowing.start()
        report = json.loads(deployed.command_line.must("configure", "--json"))
        flowing.join(60)
        listed = ["ip access-list standard MCASTLAB-GROUPS", " permit 239.9.8.2"]
        assert [each["lines"] for each in report["routers"]] == [
            ["interface GigabitEthernet1", " ip igmp join-group 239.9.8.2", *listed],
            listed,
        ]
        assert [outcome.holds for outcome in outcomes] == [True], outcomes
    finally:
        path.write_text(before, encoding="utf-8")
        deployed.command_line.must("configure")


def test_drift_is_told_and_mended(deployed: Deployed) -> None:
    with router_sessions(deployed.lab, facts_of(deployed.lab), progress=print) as sessions:
        session = sessions[aws_router_name(deployed.lab)]
        session.enter_configuration()
        session.configure("interface Tunnel200", " ip mtu 1400")
        session.leave_configuration()
    told = deployed.command_line.run("drift")
    assert told.returncode == 1
    assert "interface Tunnel200\n   ip mtu 1380" in told.stdout
    deployed.command_line.must("configure")
    assert deployed.command_line.run("drift").returncode == 0
