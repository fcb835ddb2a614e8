"""Wait until what was deployed runs: instances, and the SSM agents of the hosts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import batched, told
from mcastlab.errors import TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.aws.clients import Clients
    from mcastlab.facts import Facts

MOST_IDS: Final = 100
"""Source: AWS Systems Manager API reference, InstanceInformationStringFilter."""
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
    deadline = time.monotonic() + timeout_s
    ssm_instances = frozenset(facts.host_instance_ids.values())
    instances = ssm_instances | {facts.router_instance_id}
    while True:
        missing = sorted(instances - _running(clients, instances))
        what = "instances to run"
        if not missing:
            missing = sorted(ssm_instances - _online(clients, ssm_instances))
            what = "SSM agents to answer"
        if not missing:
            return
        progress(f"waiting for {what}: {', '.join(missing)}")
        if time.monotonic() > deadline:
            raise TimedOutError(
                f"waited {timeout_s:g} s for {what}: {', '.join(missing)}",
                hint="the instance's console output and its subnet's SSM endpoints tell more",
            )
        time.sleep(POLL_S)


def _running(clients: Clients, instances: frozenset[str]) -> frozenset[str]:
    with told("reading the state of the instances"):
        pages = clients.ec2.get_paginator("describe_instances").paginate(InstanceIds=sorted(instances))
        return frozenset(
            instance["InstanceId"]
            for page in pages
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] == "running"
        )


def _online(clients: Clients, instances: frozenset[str]) -> frozenset[str]:
    """Return those of some instances whose agent is online; SSM tells ten a page, of a hundred ids at most."""
    with told("reading the state of the SSM agents"):
        ask = clients.ssm.get_paginator("describe_instance_information").paginate
        return frozenset(
            entry["InstanceId"]
            for some in batched(sorted(instances), MOST_IDS)
            for page in ask(Filters=[{"Key": "InstanceIds", "Values": some}])
            for entry in page["InstanceInformationList"]
            if entry["PingStatus"] == "Online"
        )
