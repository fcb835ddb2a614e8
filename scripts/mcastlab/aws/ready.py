"""Wait until what was deployed runs: instances, and the SSM agents of the hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import asking, list_all
from mcastlab.aws.commands import ONLINE, agent_states
from mcastlab_base.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.aws.clients import Clients
    from mcastlab.facts import Facts

POLL_S: Final = 0.2
TIMEOUT_S: Final = 600.0
"""An instance on AWS boots within minutes; a Catalyst 8000V takes the longest."""


def await_running(
    clients: Clients, facts: Facts, *, progress: Callable[[str], None], timeout_s: float = TIMEOUT_S
) -> None:
    """Wait until every instance runs and every host answers SSM.

    Raises:
        RefusedError: AWS refuses to tell.
        TimedOutError: one does not run in time; the text names what is missing.
    """
    ssm_instances = frozenset(facts.host_instance_ids.values())
    instances = ssm_instances | {facts.router_instance_id}

    def missing() -> str:
        if stopped := sorted(instances - _running(clients, instances)):
            return f"{len(stopped)} of {len(instances)} instances to run: {', '.join(stopped)}"
        silent = sorted(ssm_instances - _online(clients, ssm_instances))
        return f"{len(silent)} of {len(ssm_instances)} SSM agents to answer: {', '.join(silent)}" if silent else ""

    wait_for(
        missing,
        timeout_s=timeout_s,
        every_s=POLL_S,
        progress=progress,
        hint="the instance's console output and its subnet's SSM endpoints tell more",
    )


def _running(clients: Clients, instances: frozenset[str]) -> frozenset[str]:
    with asking("reading the state of the instances"):
        ids = sorted(instances)
        found = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", InstanceIds=ids)
        return frozenset(each["InstanceId"] for each in found if each["State"]["Name"] == "running")


def _online(clients: Clients, instances: frozenset[str]) -> frozenset[str]:
    with asking("reading the state of the SSM agents"):
        states = agent_states(clients.ssm, sorted(instances))
    return frozenset(each for each, state in states.items() if state == ONLINE)
