"""Stacks as a killed run left them, in a real CloudFormation engine: waited for, deleted, rolled back, or reported."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from awsregion import standalone
from awsregion.control import RegionControl
from mcastlab.aws.clients import Clients
from mcastlab.aws.stacks import changes_of_deployment, holding_stacks, repair_stacks, stacks_of
from mcastlab.lab.design.names import StackRole, stack_name, stack_names
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from awsregion.standalone import Standalone
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

GATEWAY = "AWS::EC2::TransitGateway"
VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
SLOW_S, FOR_EVER_S = 2.0, 600.0


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standalone]:
    """A region that this process' AWS SDK is pointed at."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    running = standalone.up("stacks")
    point_at(running, monkeypatch)
    yield running
    standalone.down("stacks")


def point_at(region: Standalone, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in standalone.environment(region).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def network(lab: Lab) -> str:
    return stack_name(lab, StackRole.NETWORK)


def template(**more: dict[str, Any]) -> str:
    return json.dumps({"Resources": {"Vpc": VPC, **more}})


def delay(region: Standalone, seconds: float) -> None:
    asyncio.run(RegionControl(region.control).delay(GATEWAY, seconds))


def status(clients: Clients, name: str) -> str:
    return clients.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]


def await_status(clients: Clients, name: str, wanted: str) -> None:
    end = time.monotonic() + 20
    while (seen := status(clients, name)) != wanted:
        assert time.monotonic() < end, seen
        time.sleep(0.02)


def killed_and_up_again(region: Standalone, saying: str, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """Kill the region once it has written down what its stacks are, start it again, and return clients of it."""
    file = region.folder / "state" / "ministack" / "cloudformation.json"
    end = time.monotonic() + 20
    while not (file.exists() and saying in file.read_text(encoding="utf-8")):
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(region.pid, signal.SIGKILL)
    while standalone.find(region.name) is not None:
        assert time.monotonic() < end
        time.sleep(0.01)
    # Somebody else may have got its port meanwhile.
    point_at(standalone.up(region.name), monkeypatch)
    return Clients(region.region)


def test_what_is_under_way_is_waited_for_and_said(region: Standalone, lab: Lab, network: str) -> None:
    delay(region, SLOW_S)
    clients, reported = Clients(lab.region), list[str]()
    clients.cloudformation.create_stack(StackName=network, TemplateBody=template(Gateway={"Type": GATEWAY}))
    assert repair_stacks(clients, lab, progress=reported.append) == ()
    assert status(clients, network) == "CREATE_COMPLETE"
    assert any(f"{network} is CREATE_IN_PROGRESS" in line for line in reported)


def test_a_stack_that_was_never_whole_is_deleted(
    region: Standalone, lab: Lab, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delay(region, FOR_EVER_S)
    clients = Clients(lab.region)
    clients.cloudformation.create_stack(StackName=network, TemplateBody=template(Gateway={"Type": GATEWAY}))
    clients = killed_and_up_again(region, "CREATE_IN_PROGRESS", monkeypatch)
    await_status(clients, network, "CREATE_FAILED")
    changes = changes_of_deployment(clients, lab)
    assert (changes.created, changes.updated, changes.replaced) == (stack_names(lab)[1:], (), (network,))
    assert repair_stacks(clients, lab, progress=lambda _: None) == (f"{network} was CREATE_FAILED and is deleted",)
    assert stacks_of(clients, lab) == ()
    assert clients.ec2.describe_vpcs()["Vpcs"] == []


def test_a_broken_rollback_is_finished(
    region: Standalone, lab: Lab, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = Clients(lab.region)
    clients.cloudformation.create_stack(StackName=network, TemplateBody=template())
    await_status(clients, network, "CREATE_COMPLETE")
    delay(region, FOR_EVER_S)
    clients.cloudformation.update_stack(StackName=network, TemplateBody=template(Gateway={"Type": GATEWAY}))
    clients = killed_and_up_again(region, "UPDATE_IN_PROGRESS", monkeypatch)
    await_status(clients, network, "UPDATE_ROLLBACK_FAILED")
    assert repair_stacks(clients, lab, progress=lambda _: None) == (
        f"{network} was UPDATE_ROLLBACK_FAILED and is rolled back",
    )
    assert status(clients, network) == "UPDATE_ROLLBACK_COMPLETE"


def test_what_cannot_be_repaired_is_reported_with_its_reason_and_goes_on_once_that_is_gone(
    region: Standalone, lab: Lab, network: str
) -> None:
    assert region.endpoint
    clients = Clients(lab.region)
    clients.cloudformation.create_stack(StackName=network, TemplateBody=template())
    await_status(clients, network, "CREATE_COMPLETE")
    (vpc,) = clients.ec2.describe_vpcs()["Vpcs"]
    foreign = clients.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    clients.cloudformation.delete_stack(StackName=network)
    await_status(clients, network, "DELETE_FAILED")
    with pytest.raises(RefusedError) as refused:
        repair_stacks(clients, lab, progress=lambda _: None)
    assert f"{network} is DELETE_FAILED" in refused.value.text
    assert "Vpc" in refused.value.text
    assert holding_stacks(clients, lab) == {network}
    clients.ec2.delete_subnet(SubnetId=foreign)
    assert repair_stacks(clients, lab, progress=lambda _: None) == (f"{network} was DELETE_FAILED and is deleted",)
    assert stacks_of(clients, lab) == ()
