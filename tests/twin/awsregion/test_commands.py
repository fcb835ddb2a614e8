"""Run Command: what SSM takes, and how commands end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from twin.awsregion.labs import ROUTER_IMAGE, host, make_net

from awsregion import ssm
from awsregion.commands import STDERR_LIMIT, STDOUT_LIMIT
from awsregion.ec2.errors import AwsError
from awsregion.live import Live

if TYPE_CHECKING:
    from awsregion.core import Region

pytestmark = pytest.mark.process

DOCUMENT = "AWS-RunShellScript"


@pytest.fixture
def instance(region: Region) -> str:
    """A host that the fabric reports as running."""
    net = make_net(region)
    identifier: str = host(region, net.subnet, IamInstanceProfile={"Name": "hosts"})["InstanceId"]
    region.report(Live(running=(identifier,)))
    return identifier


def send(region: Region, *instances: str, **options: Any) -> str:
    asked = {"DocumentName": DOCUMENT, "InstanceIds": list(instances), "Parameters": {"commands": ["id"]}}
    identifier: str = region.perform_ssm("SendCommand", asked | options)["Command"]["CommandId"]
    return identifier


def invocation(region: Region, command: str, instance: str) -> dict[str, Any]:
    return region.perform_ssm("GetCommandInvocation", {"CommandId": command, "InstanceId": instance})


def finish(region: Region, command: str, instance: str, **reported: Any) -> None:
    base = {"command_id": command, "instance_id": instance, "status": "Success", "code": 0, "stdout": "", "stderr": ""}
    region.finish_command(base | reported)


def code_of(region: Region, action: str, request: dict[str, Any]) -> str:
    with pytest.raises(AwsError) as caught:
        region.perform_ssm(action, request)
    return caught.value.code


def test_a_command_goes_pending_in_progress_success(region: Region, instance: str) -> None:
    parameters = {"commands": ["cd /srv", "id"], "workingDirectory": ["/srv"], "executionTimeout": ["60"]}
    command = send(region, instance, Parameters=parameters)
    assert invocation(region, command, instance)["Status"] == "Pending"
    taken = region.take_command()
    assert taken is not None
    assert (taken.instance_id, taken.commands) == (instance, ("cd /srv", "id"))
    assert (taken.working_directory, taken.timeout_s) == ("/srv", 60)
    assert region.take_command() is None
    assert invocation(region, command, instance)["Status"] == "InProgress"
    finish(region, command, instance, stdout="uid=0\n")
    ended = invocation(region, command, instance)
    assert (ended["Status"], ended["ResponseCode"], ended["StandardOutputContent"]) == ("Success", 0, "uid=0\n")


def test_a_failed_command_keeps_its_code_and_its_output_is_cut(region: Region, instance: str) -> None:
    command = send(region, instance)
    region.take_command()
    finish(region, command, instance, status="Failed", code=3, stdout="o" * 30000, stderr="e" * 30000)
    ended = invocation(region, command, instance)
    assert (ended["Status"], ended["ResponseCode"]) == ("Failed", 3)
    assert len(ended["StandardOutputContent"]) == STDOUT_LIMIT == 24_000
    assert len(ended["StandardErrorContent"]) == STDERR_LIMIT == 8_000


def test_without_a_fabric_nothing_takes_commands(region: Region) -> None:
    net = make_net(region)
    identifier = host(region, net.subnet, IamInstanceProfile={"Name": "hosts"})["InstanceId"]
    asked = {"DocumentName": DOCUMENT, "InstanceIds": [identifier], "Parameters": {"commands": ["id"]}}
    assert code_of(region, "SendCommand", asked) == "InvalidInstanceId"
    assert region.perform_ssm("DescribeInstanceInformation", {})["InstanceInformationList"] == []


def test_routers_and_hosts_without_a_profile_take_no_commands(region: Region, instance: str) -> None:
    net = make_net(region)
    router = host(region, net.subnet, ImageId=ROUTER_IMAGE, IamInstanceProfile={"Name": "hosts"})["InstanceId"]
    bare = host(region, net.subnet)["InstanceId"]
    region.report(Live(running=(instance, router, bare)))
    listed = region.perform_ssm("DescribeInstanceInformation", {})["InstanceInformationList"]
    assert [(one["InstanceId"], one["PingStatus"]) for one in listed] == [(instance, "Online")]
    region.report(Live())
    listed = region.perform_ssm("DescribeInstanceInformation", {})["InstanceInformationList"]
    assert [(one["InstanceId"], one["PingStatus"]) for one in listed] == [(instance, "ConnectionLost")]


def test_a_command_that_nobody_takes_times_out_in_delivery(region: Region, instance: str) -> None:
    command = send(region, instance, TimeoutSeconds=30)
    later(region, 31)
    ended = invocation(region, command, instance)
    assert (ended["Status"], ended["StatusDetails"], ended["ResponseCode"]) == ("TimedOut", "Delivery Timed Out", -1)
    assert region.take_command() is None


def test_a_command_of_which_nothing_is_heard_times_out_in_execution(region: Region, instance: str) -> None:
    command = send(region, instance, Parameters={"commands": ["sleep 99"], "executionTimeout": ["10"]})
    region.take_command()
    later(region, 60)
    ended = invocation(region, command, instance)
    assert (ended["Status"], ended["StatusDetails"]) == ("TimedOut", "Execution Timed Out")
    finish(region, command, instance)
    assert invocation(region, command, instance)["Status"] == "TimedOut"


def later(region: Region, seconds: int) -> None:
    moment = region.ec2.now() + timedelta(seconds=seconds)
    region.commands._now = lambda: moment  # noqa: SLF001  (the clock is given when the region is made)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"DocumentName": "AWS-RunPowerShellScript"}, "InvalidDocument"),
        ({"Parameters": {"commands": []}}, "InvalidParameters"),
        ({"Parameters": {"command": ["id"]}}, "InvalidParameters"),
        ({"Parameters": {"commands": ["id"], "executionTimeout": ["soon"]}}, "InvalidParameters"),
        ({"InstanceIds": []}, "ValidationException"),
        ({"OutputS3BucketName": "bucket"}, "ValidationException"),
    ],
)
def test_what_ssm_does_not_take_is_refused(region: Region, instance: str, options: dict[str, Any], code: str) -> None:
    asked = {"DocumentName": DOCUMENT, "InstanceIds": [instance], "Parameters": {"commands": ["id"]}}
    assert code_of(region, "SendCommand", asked | options) == code


def test_unknown_commands_are_unknown(region: Region, instance: str) -> None:
    asked = {"CommandId": "00000000-0000-0000-0000-000000000000", "InstanceId": instance}
    assert code_of(region, "GetCommandInvocation", asked) == "InvocationDoesNotExist"
    assert code_of(region, "GetCommandInvocation", {"CommandId": asked["CommandId"]}) == "ValidationException"


def test_cancelled_before_it_began_it_is_not_handed_over(region: Region, instance: str) -> None:
    command = send(region, instance)
    region.perform_ssm("CancelCommand", {"CommandId": command})
    assert region.take_command() is None
    assert invocation(region, command, instance)["Status"] == "Cancelled"


def test_answers_have_the_shapes_of_ssm(region: Region, instance: str) -> None:
    model = ServiceModel(Loader().load_service_model("ssm", "service-2"))
    command = send(region, instance)
    region.take_command()
    finish(region, command, instance, stdout="x")
    requests: dict[str, dict[str, Any]] = {
        "SendCommand": {"DocumentName": DOCUMENT, "InstanceIds": [instance], "Parameters": {"commands": ["id"]}},
        "GetCommandInvocation": {"CommandId": command, "InstanceId": instance},
        "ListCommands": {},
        "ListCommandInvocations": {"Details": True},
        "DescribeInstanceInformation": {},
        "CancelCommand": {"CommandId": command},
    }
    assert set(requests) == ssm.ACTIONS
    parser = create_parser("json")
    for action, request in requests.items():
        shape = model.operation_model(action).output_shape
        assert shape is not None
        answer = region.perform_ssm(action, request)
        _check_members(shape, answer)
        body = json.dumps(answer).encode()
        read = parser.parse({"body": body, "headers": {}, "status_code": 200}, shape)
        assert read.keys() - {"ResponseMetadata"} == answer.keys()


def _check_members(shape: Any, value: Any) -> None:
    if shape.type_name == "structure":
        assert value.keys() <= shape.members.keys()
        for name, one in value.items():
            _check_members(shape.members[name], one)
    elif shape.type_name == "list":
        for one in value:
            _check_members(shape.member, one)
    elif getattr(shape, "enum", None):
        assert value in shape.enum
