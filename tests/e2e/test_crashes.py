"""Daemons and machines that crash are noticed, reported by ``twin status``, started again; traffic flows as before."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.connections import Connections

from .breaking import BOTH, REPAIRED, in_sandbox, outcomes, until

if TYPE_CHECKING:
    from .conftest import Deployed

pytestmark = pytest.mark.twin

FIND = """for pid in $(ip netns pids "$1"); do [ "$(cat /proc/$pid/comm)" = "$2" ] && echo "$pid"; done; true"""


def pids(deployed: Deployed, netns: str, program: str) -> set[str]:
    """The processes of a program in a namespace, as the sandbox counts them."""
    return set(in_sandbox(deployed, "sh", "-c", FIND, "find", netns, program).split())


def crashes(deployed: Deployed, service: str) -> int:
    reported = deployed.command_line.run("twin", "status").stdout
    found = re.search(rf"crash   {re.escape(service)}: .*; (\d+) in all so far", reported)
    return int(found[1]) if found else 0


def crash(deployed: Deployed, netns: str, program: str, service: str) -> None:
    """Kill a program, and wait until the twin has said so and serves as before."""
    before, reported = pids(deployed, netns, program), crashes(deployed, service)
    assert before, (netns, program)
    killed = min(before)
    in_sandbox(deployed, "kill", "-9", killed)
    until(lambda: crashes(deployed, service) == reported + 1, f"the end of {program} in {netns} is reported")
    until(lambda: deployed.command_line.run("twin", "status").returncode == 0, f"{service} runs again")
    after = pids(deployed, netns, program)
    assert len(after) == len(before), (netns, program)
    assert killed not in after, (netns, program)


def test_what_is_killed_is_reported_and_runs_again_and_traffic_flows(in_cuts: Deployed) -> None:
    deployed, facts = in_cuts, Connections(in_cuts.lab).facts()
    nodes = deployed.command_line.must("twin", "status")
    gateway = re.findall(r"tgw-\w+", nodes)[0]
    host = facts.host_instance_ids[deployed.lab.host_names[0]]
    for netns, program, service in (
        ("site.turku.router", "pimd", "site/turku"),
        ("site.turku.router", "charon-systemd", "site/turku"),
        (facts.router_instance_id, "pimd", f"router/{facts.router_instance_id}"),
        (gateway, "bird", f"speaker/{gateway}"),
        (host, "tini", f"host/{host}"),
    ):
        crash(deployed, netns, program, service)
    for outcome in outcomes(deployed, 15, BOTH, REPAIRED):
        assert outcome.holds, outcome


def test_no_direction_is_dead_right_after_the_rendezvous_point_crashed(in_cuts: Deployed) -> None:
    """All devices join and send at once, the remote one to a group that it has joined itself.

    A single datagram may be lost while trees are built anew; what pimd forgot was dead for the whole verification.
    """
    deployed, router = in_cuts, Connections(in_cuts.lab).facts().router_instance_id
    # Registers of these flows were stopped: the remote router is not to register again for long. Programs were killed
    # before, so here too trees are built anew.
    for crashes in (False, True):
        if crashes:
            crash(deployed, router, "pimd", f"router/{router}")
        deliveries = json.loads(deployed.command_line.run("verify", "--json").stdout)["traffic"]["deliveries"]
        assert deliveries
        assert [each for each in deliveries if each["received"] < 0.9 * each["sent"] or not each["sent"]] == []
