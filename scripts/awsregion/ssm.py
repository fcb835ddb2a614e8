"""The SSM actions that have to do with instances: Run Command, and which instances there are."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from awsregion.commands import Commands, Invocation, RunCommand, document_and_plugin
from awsregion.ec2.catalogue import image
from awsregion.ec2.describe import page
from awsregion.ec2.errors import AwsError
from awsregion.ec2.parameters import Given

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from awsregion.ec2.store import Ec2, Record

_DOCUMENT, _PLUGIN = document_and_plugin()
_PLUGIN_OUTPUT_LIMIT: Final = 2500


def online(ec2: Ec2) -> list[str]:
    """Return the ids of the instances that take commands: Linux, with an instance profile, running in the fabric."""
    return [one["InstanceId"] for one in _managed(ec2) if one["InstanceId"] in ec2.live.running]


def _managed(ec2: Ec2) -> list[Record]:
    return [
        one
        for one in ec2.all("instance")
        if image(one["ImageId"]).boots == "linux" and "IamInstanceProfile" in one and one["State"]["Name"] == "running"
    ]


def _send_command(ec2: Ec2, commands: Commands, given: Given) -> Record:
    return {"Command": _command(commands, commands.send(given, online(ec2)))}


def _get_command_invocation(_ec2: Ec2, commands: Commands, given: Given) -> Record:
    found = commands.invocation(given["CommandId"], given["InstanceId"])
    if given.get("PluginName", _PLUGIN) != _PLUGIN:
        raise AwsError("InvalidPluginName", "The plugin name is not valid.")
    elapsed = ""
    if found.started is not None and found.ended is not None:
        elapsed = f"PT{(found.ended - found.started).total_seconds():g}S"
    return {
        "CommandId": found.command.command_id,
        "InstanceId": found.command.instance_id,
        "Comment": commands.command(found.command.command_id).comment,
        "DocumentName": _DOCUMENT,
        "DocumentVersion": "$DEFAULT",
        "PluginName": _PLUGIN,
        "ResponseCode": found.code,
        "ExecutionStartDateTime": _iso(found.started),
        "ExecutionElapsedTime": elapsed,
        "ExecutionEndDateTime": _iso(found.ended),
        "Status": found.status,
        "StatusDetails": found.details,
        "StandardOutputContent": found.stdout,
        "StandardOutputUrl": "",
        "StandardErrorContent": found.stderr,
        "StandardErrorUrl": "",
        "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False},
    }


def _list_commands(_ec2: Ec2, commands: Commands, given: Given) -> Record:
    wanted, instance = given.get("CommandId"), given.get("InstanceId")
    found = [
        _command(commands, one)
        for one in commands.all()
        if wanted in {None, one.id} and (instance is None or instance in one.instance_ids)
    ]
    return page("Commands", found, given)


def _list_command_invocations(ec2: Ec2, commands: Commands, given: Given) -> Record:
    wanted, instance = given.get("CommandId"), given.get("InstanceId")
    details = bool(given.get("Details", False))
    found = [
        _invocation(ec2, one, commands.invocation(one.id, identifier), details=details)
        for one in commands.all()
        for identifier in one.instance_ids
        if wanted in {None, one.id} and instance in {None, identifier}
    ]
    return page("CommandInvocations", found, given)


def _cancel_command(_ec2: Ec2, commands: Commands, given: Given) -> Record:
    commands.cancel(given["CommandId"], given.get("InstanceIds") or ())
    return {}


def _describe_instance_information(ec2: Ec2, _commands: Commands, given: Given) -> Record:
    wanted = _wanted_instances(given)
    shown = [
        {
            "InstanceId": one["InstanceId"],
            "PingStatus": "Online" if one["InstanceId"] in ec2.live.running else "ConnectionLost",
            "LastPingDateTime": ec2.now().timestamp(),
            "AgentVersion": "3.3.3050.0",
            "IsLatestVersion": True,
            "PlatformType": "Linux",
            "PlatformName": "Amazon Linux",
            "PlatformVersion": "2023",
            "ResourceType": "EC2Instance",
            "IPAddress": interface["PrivateIpAddress"],
            "ComputerName": interface["PrivateDnsName"],
        }
        for one in _managed(ec2)
        if wanted is None or one["InstanceId"] in wanted
        for interface in ec2.all("network-interface", _instance=one["InstanceId"])[:1]
    ]
    return page("InstanceInformationList", shown, given)


def _wanted_instances(given: Given) -> set[str] | None:
    filters = [(one["Key"], one["Values"]) for one in given.get("Filters") or ()]
    filters += [(one["key"], one["valueSet"]) for one in given.get("InstanceInformationFilterList") or ()]
    wanted: set[str] | None = None
    for key, values in filters:
        if key != "InstanceIds":
            raise AwsError("InvalidFilterKey", f"This region filters by InstanceIds, not by {key}.")
        wanted = set(values) if wanted is None else wanted & set(values)
    return wanted


_ACTIONS: Final = MappingProxyType(
    {
        "SendCommand": _send_command,
        "GetCommandInvocation": _get_command_invocation,
        "ListCommands": _list_commands,
        "ListCommandInvocations": _list_command_invocations,
        "CancelCommand": _cancel_command,
        "DescribeInstanceInformation": _describe_instance_information,
    }
)

ACTIONS: Final = frozenset(_ACTIONS)
"""The actions that are answered here; the host answers the others."""


def perform(ec2: Ec2, commands: Commands, action: str, request: Mapping[str, Any]) -> Record:
    """Do one of `ACTIONS` and return its answer.

    Raises:
        AwsError: SSM refuses it, or the request holds something that this region does not honour.
    """
    given = Given(request)
    try:
        answer = _ACTIONS[action](ec2, commands, given)
    except AwsError as error:
        if error.code != "MissingParameter":
            raise
        raise AwsError("ValidationException", error.message) from error
    if unread := given.unread():
        raise AwsError("ValidationException", f"This region does not honour {', '.join(unread)} of {action}.")
    return answer


def _command(commands: Commands, one: RunCommand) -> Record:
    found = [commands.invocation(one.id, identifier) for identifier in one.instance_ids]
    status, details = _together(found)
    return {
        "CommandId": one.id,
        "DocumentName": _DOCUMENT,
        "DocumentVersion": "$DEFAULT",
        "Comment": one.comment,
        "ExpiresAfter": one.deliver_until.timestamp(),
        "Parameters": one.parameters,
        "InstanceIds": list(one.instance_ids),
        "Targets": [],
        "RequestedDateTime": one.requested.timestamp(),
        "Status": status,
        "StatusDetails": details,
        "MaxConcurrency": one.extra.get("MaxConcurrency", "50"),
        "MaxErrors": one.extra.get("MaxErrors", "0"),
        "TargetCount": len(found),
        "CompletedCount": sum(invocation.over for invocation in found),
        "ErrorCount": sum(invocation.status in {"Failed", "TimedOut"} for invocation in found),
        "DeliveryTimedOutCount": sum(invocation.details == "Delivery Timed Out" for invocation in found),
        "TimeoutSeconds": one.timeout_s,
    }


def _together(found: list[Invocation]) -> tuple[str, str]:
    if all(one.status == "Pending" for one in found):
        return "Pending", "Pending"
    if not all(one.over for one in found):
        return "InProgress", "InProgress"
    for status in ("Failed", "TimedOut", "Cancelled"):
        for one in found:
            if one.status == status:
                return status, one.details
    return "Success", "Success"


def _invocation(ec2: Ec2, command: RunCommand, found: Invocation, *, details: bool) -> Record:
    plugin = {
        "Name": _PLUGIN,
        "Status": found.status,
        "StatusDetails": found.details,
        "ResponseCode": found.code,
        "Output": found.stdout[:_PLUGIN_OUTPUT_LIMIT],
        **({"ResponseStartDateTime": found.started.timestamp()} if found.started else {}),
        **({"ResponseFinishDateTime": found.ended.timestamp()} if found.ended else {}),
    }
    return {
        "CommandId": command.id,
        "InstanceId": found.command.instance_id,
        "InstanceName": ec2.tags(found.command.instance_id).get("Name", ""),
        "Comment": command.comment,
        "DocumentName": _DOCUMENT,
        "DocumentVersion": "$DEFAULT",
        "RequestedDateTime": command.requested.timestamp(),
        "Status": found.status,
        "StatusDetails": found.details,
        "CommandPlugins": [plugin] if details else [],
    }


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
