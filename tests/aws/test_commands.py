"""Commands on many instances, against the local region's own SSM and an agent that runs them here."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from twin.awsregion.labs import ACCOUNT, PROFILE, host, make_net

from awsregion.core import Region
from awsregion.ec2.errors import AwsError
from awsregion.ec2.store import Neighbours
from awsregion.live import Live
from awsregion.wire import Wire
from mcastlab.aws import commands as commands_module
from mcastlab.aws.commands import MOST_INSTANCES, SsmCommands, SsmShell
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_ssm import SSMClient

pytestmark = pytest.mark.process

SEND, LIST, GET = "SendCommand", "ListCommandInvocations", "GetCommandInvocation"
INFORMATION = "DescribeInstanceInformation"


class Pages:
    """An action of that client, page by page."""

    def __init__(self, ssm: Ssm, action: str) -> None:
        self.ssm = ssm
        self.action = action

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        page = self.ssm.perform(self.action, {**request, "MaxResults": 20})
        yield page
        while "NextToken" in page:
            page = self.ssm.perform(self.action, {**request, "MaxResults": 20, "NextToken": page["NextToken"]})
            yield page


class Ssm:
    """A client of a region in this process, which notes what it is asked."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.lock = threading.Lock()
        self.refused: dict[str, list[str]] = {}
        """Codes with which an action's next calls are refused."""

    def perform(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.asked.append((action, request))
            if self.refused.get(action):
                raise ClientError({"Error": {"Code": self.refused[action].pop(0), "Message": ""}}, action)
            try:
                return self.region.perform_ssm(action, request)
            except AwsError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": str(error)}}, action) from None

    def send_command(self, **request: Any) -> dict[str, Any]:
        return self.perform(SEND, request)

    def get_command_invocation(self, **request: Any) -> dict[str, Any]:
        return self.perform(GET, request)

    def get_paginator(self, name: str) -> Pages:
        return Pages(self, LIST if name == "list_command_invocations" else INFORMATION)

    def agent(self, stop: threading.Event) -> None:
        """Run what the region hands out, as SSM's agent does."""
        while not stop.wait(0.01):
            with self.lock:
                taken = self.region.take_command()
            if taken is not None:
                done = subprocess.run(
                    ["sh", "-c", "\n".join(taken.commands)],
                    env={**os.environ, "AWS_SSM_INSTANCE_ID": taken.instance_id},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                reported = {"command_id": taken.command_id, "instance_id": taken.instance_id, "code": done.returncode}
                reported |= {"status": "Failed" if done.returncode else "Success", "stdout": done.stdout}
                with self.lock:
                    self.region.finish_command({**reported, "stderr": done.stderr})


@pytest.fixture
def ssm() -> Iterator[Ssm]:
    import botocore.session  # noqa: PLC0415

    model = botocore.session.Session().get_service_model("ec2")
    known = {"hosts": PROFILE, PROFILE["Arn"]: PROFILE}
    region = Region(
        name="us-east-1", account=ACCOUNT, wire=Wire(model), neighbours=Neighbours(instance_profile=known.get)
    )
    stop, made = threading.Event(), Ssm(region)
    running = threading.Thread(target=made.agent, args=(stop,))
    running.start()
    yield made
    stop.set()
    running.join()


def shells(ssm: Ssm, count: int) -> list[SsmShell]:
    net = make_net(ssm.region)
    ids = [host(ssm.region, net.subnet, IamInstanceProfile={"Name": "hosts"})["InstanceId"] for _ in range(count)]
    ssm.region.report(Live(running=tuple(ids)))
    commands = SsmCommands(cast("SSMClient", ssm))
    return [SsmShell(commands, host=f"doppel-{place}", instance_id=each) for place, each in enumerate(ids)]


def test_one_command_on_many_is_as_few_calls_as_aws_takes_and_each_knows_itself(
    ssm: Ssm, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Calls are sent when they are full: how long the threads take to start decides nothing.
    monkeypatch.setattr(commands_module, "GATHER_S", 60.0)
    many = shells(ssm, 2 * MOST_INSTANCES)
    word, _ = many[0].identity
    with ThreadPoolExecutor(max_workers=len(many)) as pool:
        results = list(pool.map(lambda shell: shell.run(f"echo {word}", timeout_s=50), many))
    assert [result.stdout.strip() for result in results] == [shell.identity[1] for shell in many]
    sent = [len(request["InstanceIds"]) for action, request in ssm.asked if action == SEND]
    assert sent == [MOST_INSTANCES] * 2
    assert sum(action == GET for action, _ in ssm.asked) == len(many)


def test_other_commands_at_the_same_time_do_not_mix(ssm: Ssm) -> None:
    many = shells(ssm, 4)
    with ThreadPoolExecutor(max_workers=len(many)) as pool:
        results = list(
            pool.map(lambda place: many[place].run(f"echo {place % 2}; exit {place % 2}", timeout_s=60), range(4))
        )
    assert [(result.stdout.strip(), result.code) for result in results] == [("0", 0), ("1", 1)] * 2


def all_at_once(many: list[SsmShell]) -> list[str]:
    """What each of some hosts says, or the error in its place."""

    def one(shell: SsmShell) -> str:
        try:
            return shell.run("echo fine", timeout_s=30).stdout.strip()
        except RefusedError as error:
            return error.text

    with ThreadPoolExecutor(max_workers=len(many)) as pool:
        return list(pool.map(one, many))


def test_an_instance_that_is_offline_is_refused_alone(ssm: Ssm) -> None:
    many = shells(ssm, 3)
    silent = many[1].identity[1]
    ssm.region.report(Live(running=tuple(each.identity[1] for each in many if each.identity[1] != silent)))
    reported = all_at_once(many)
    assert reported == ["fine", f"doppel-1: SSM does not reach {silent}: its agent is ConnectionLost", "fine"]


def test_instances_that_are_stopped_and_terminated_are_refused_alone_in_more_than_one_call(ssm: Ssm) -> None:
    many = shells(ssm, MOST_INSTANCES + 2)
    stopped, gone = many[0].identity[1], many[MOST_INSTANCES].identity[1]
    ssm.region.call("StopInstances", {"InstanceIds": [stopped]})
    ssm.region.call("TerminateInstances", {"InstanceIds": [gone]})
    reported = all_at_once(many)
    assert "no agent of it is registered" in reported[0]
    assert "no agent of it is registered" in reported[MOST_INSTANCES]
    assert reported.count("fine") == MOST_INSTANCES


def test_where_agents_may_not_be_asked_about_an_offline_one_is_found_by_halves(ssm: Ssm) -> None:
    many = shells(ssm, 5)
    silent = many[3].identity[1]
    ssm.region.report(Live(running=tuple(each.identity[1] for each in many if each.identity[1] != silent)))
    ssm.refused[INFORMATION] = ["AccessDeniedException"] * 20
    reported = all_at_once(many)
    assert [text for text in reported if text != "fine"] == [reported[3]]
    assert silent in reported[3]


def test_all_that_are_offline_are_reported_by_name(ssm: Ssm) -> None:
    many = shells(ssm, 2)
    ssm.region.report(Live())
    assert [text.partition(":")[0] for text in all_at_once(many)] == ["doppel-0", "doppel-1"]


@pytest.mark.parametrize("action", [SEND, LIST])
def test_what_is_throttled_is_asked_again(ssm: Ssm, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcastlab.aws.commands.THROTTLED_PAUSE_S", 0.01)
    many = shells(ssm, 2)
    ssm.refused[action] = ["ThrottlingException"] * 3
    assert all_at_once(many) == ["fine", "fine"]
    assert ssm.refused[action] == []


def test_a_command_that_goes_on_is_given_up_in_time(ssm: Ssm) -> None:
    (one,) = shells(ssm, 1)
    with pytest.raises(TimedOutError, match="doppel-0: the command did not end within"):
        one.run("sleep 2", timeout_s=0.6)
    assert json.dumps([request for action, request in ssm.asked if action == SEND]).count('"executionTimeout"') == 1
