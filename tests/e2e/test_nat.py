"""A remote router with a private address: AWS sees the NAT before it, which alone chooses the ports."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import pytest
from trials.flows import trials
from trials.run import Stream, run_trial

from mcastlab.cli.connections import Connections
from mcastlab.lab_files import PROJECT

from .conftest import Deployed, in_twin

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

OUTSIDE: Final = "198.51.100.7"
STREAM: Final = Stream(count=60, establish_within_s=40)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    yield from in_twin(PROJECT / "tests/labs/behind_nat.yaml")


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


def test_both_directions_flow_to_a_site_behind_nat_and_to_one_that_is_not(deployed: Deployed) -> None:
    shells = Connections(deployed.lab).shells(Connections(deployed.lab).facts())
    for trial in trials(deployed.lab):
        outcome = run_trial(trial, shells, STREAM, progress=print)
        assert outcome.holds, outcome


def test_aws_sees_the_nats_address_and_a_port_of_its_choice(deployed: Deployed) -> None:
    endpoint = f"{Connections(deployed.lab).facts().sites['berlin'].vpn_connection_id}-1"
    look = ("timeout", "30", "tcpdump", "-nn", "-i", "out", "-Q", "in", "-c", "3", "udp")
    seen = deployed.command_line.must("ssh", endpoint, "--", *look)
    sources = re.findall(r"IP (\d+\.\d+\.\d+\.\d+)\.(\d+) > [\d.]+\.4500: ", seen)
    assert len(sources) == 3, seen
    assert {address for address, _ in sources} == {OUTSIDE}
    assert not {port for _, port in sources} & {"500", "4500"}
