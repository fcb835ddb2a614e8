"""What the end-to-end tests ask and wait for: routers, AWS, the twin's sandbox, what traffic arrives."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from trials.flows import Direction, Outcome, trials
from trials.run import Stream, run_trial

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab_base.waiting import attempts
from mcastlab_twin import inspection, lifecycle
from mcastlab_twin.sandbox import machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Deployed

BOTH: Final = (Direction.TO_SITE, Direction.TO_AWS)
REPAIRED: Final = Stream(count=60, establish_within_s=60)
PATIENCE_S: Final = 90
"""More than AWS's times of a dead peer: 30 s for DPD and for BGP."""


def shown(deployed: Deployed, router: str, command: str) -> str:
    """Return what a router answers to a show command."""
    with Connections(deployed.lab).sessions(Connections(deployed.lab).facts(), print) as sessions:
        return sessions[router].show(command)


def telemetry(deployed: Deployed) -> dict[str, str]:
    """What AWS tells of each tunnel of the lab's one VPN connection, by its outside address."""
    (reported,) = Clients(deployed.lab.region).ec2.describe_vpn_connections()["VpnConnections"]
    return {each["OutsideIpAddress"]: str(each["Status"]) for each in reported["VgwTelemetry"]}


def in_sandbox(deployed: Deployed, *command: str) -> str:
    """Run a command as the twin's owner may: what `ssh` runs in a node reaches no daemon."""
    twin = lifecycle.find(deployed.lab.name)
    assert twin is not None
    argv = inspection.command_in_sandbox(twin, *command)
    path = {**os.environ, "PATH": machine.SEARCH_PATH}
    return subprocess.run(argv, capture_output=True, text=True, check=True, env=path).stdout


def until(
    condition: Callable[[], object], what: Callable[[], object] | str, seconds: float = PATIENCE_S, every_s: float = 0.5
) -> None:
    """Wait for a condition; what was waited for, or is seen instead, is reported when the time is over."""
    for _ in attempts(seconds, every_s=every_s):
        if condition():
            return
    raise AssertionError(what() if callable(what) else what)


def outcomes(deployed: Deployed, number: int, directions: tuple[Direction, ...], stream: Stream) -> list[Outcome]:
    """Run a group's trials in these directions."""
    group = deployed.lab.groups[number]
    shells = Connections(deployed.lab).shells(Connections(deployed.lab).facts())
    return [
        run_trial(trial, shells, stream, progress=print)
        for trial in trials(deployed.lab)
        if trial.group == group and trial.direction in directions
    ]
