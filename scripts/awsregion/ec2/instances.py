"""Instances: running, stopping, ending, and what is reported about them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from awsregion.ec2.catalogue import instance_type
from awsregion.ec2.common import required
from awsregion.ec2.describe import Listing, listed
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.interfaces import addresses, detach_all
from awsregion.ec2.launching import booted_at, launch, state
from awsregion.ec2.security_groups import checked_groups, groups_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


def run_instances(ec2: Ec2, given: Given) -> Record:
    """Launch instances."""
    made = launch(ec2, given)
    return {
        "Groups": [],
        "Instances": [ec2.tagged(one["InstanceId"], _view(ec2, one)) for one in made],
        "OwnerId": ec2.account,
        "ReservationId": made[0]["_reservation"],
    }


def terminate_instances(ec2: Ec2, given: Given) -> Record:
    """End instances, with the volumes and interfaces that were made with them."""
    answer = []
    for identifier in required(given, "InstanceIds"):
        before = ec2.listed("instance").get(identifier)
        if before is not None and "_gone" in before:
            answer.append(_changed(identifier, "terminated", "terminated"))
            continue
        record = ec2.get("instance", identifier)
        if record["_protected"]:
            raise AwsError(
                "OperationNotPermitted",
                f"The instance '{identifier}' may not be terminated. Modify its 'disableApiTermination' instance "
                "attribute and try again.",
            )
        detach_all(ec2, identifier)
        for volume in ec2.all("volume"):
            if volume["Attachments"] and volume["Attachments"][0]["InstanceId"] == identifier:
                _release(ec2, volume)
        ec2.retire(
            "instance",
            identifier,
            State=state("terminated"),
            BlockDeviceMappings=[],
            StateTransitionReason=f"User initiated ({ec2.now():%Y-%m-%d %H:%M:%S} GMT)",
        )
        answer.append(_changed(identifier, record["State"]["Name"], "shutting-down"))
    return {"TerminatingInstances": answer}


def _move(answer: str, *, begin: str, end: str, since: tuple[str, ...]) -> Callable[[Ec2, Given], Record]:
    def action(ec2: Ec2, given: Given) -> Record:
        moved = []
        given.get("Force")
        for identifier in required(given, "InstanceIds"):
            record = ec2.get("instance", identifier)
            before = record["State"]["Name"]
            settled = {"pending": ("pending", "running")}.get(end, (end,))
            if before not in (*since, *settled):
                raise AwsError(
                    "IncorrectInstanceState",
                    f"The instance '{identifier}' is not in a state from which it can be {end}: it is {before}.",
                )
            if before in since:
                ec2.change("instance", identifier, State=state(end), **booted_at(ec2, record))
            moved.append(_changed(identifier, before, begin if before in since else before))
        return {answer: moved}

    return action


def reboot_instances(ec2: Ec2, given: Given) -> Record:
    """Reboot instances: the fabric boots each anew from its disk, and its state stays what it is.

    Source: EC2 API reference, RebootInstances; Amazon EC2 User Guide, Reboot your instance.
    """
    records = [ec2.get("instance", identifier) for identifier in required(given, "InstanceIds")]
    for record in records:
        if record["State"]["Name"] not in {"pending", "running"}:
            raise AwsError(
                "IncorrectInstanceState",
                f"The instance '{record['InstanceId']}' is not in a state from which it can be rebooted: it is "
                f"{record['State']['Name']}.",
            )
    for record in records:
        boots = record.get("_boots", 0) + 1
        ec2.change("instance", record["InstanceId"], _boots=boots, **booted_at(ec2, record))
    return {}


def modify_instance_attribute(ec2: Ec2, given: Given) -> Record:
    """Change one of an instance's attributes."""
    record = ec2.get("instance", required(given, "InstanceId"))
    identifier = record["InstanceId"]
    interfaces = ec2.all("network-interface", _instance=identifier)
    if "SourceDestCheck" in given or "Groups" in given:
        if len(interfaces) != 1:
            raise AwsError("InvalidInstanceID", f"There are multiple interfaces attached to instance '{identifier}'.")
        interface = interfaces[0]
        changes: Record = {}
        if "SourceDestCheck" in given:
            changes["SourceDestCheck"] = bool(given["SourceDestCheck"]["Value"])
        if "Groups" in given:
            changes["_groups"] = checked_groups(ec2, given.plain("Groups"), record["VpcId"])
        ec2.change("network-interface", interface["NetworkInterfaceId"], **changes)
    if "UserData" in given or "InstanceType" in given:
        _change_stopped(ec2, record, given)
    if "DisableApiTermination" in given:
        ec2.change("instance", identifier, _protected=bool(given["DisableApiTermination"]["Value"]))
    if "InstanceInitiatedShutdownBehavior" in given:
        ec2.change("instance", identifier, _shutdown=given["InstanceInitiatedShutdownBehavior"]["Value"])
    return {}


def _change_stopped(ec2: Ec2, record: Record, given: Given) -> None:
    identifier = record["InstanceId"]
    if record["State"]["Name"] != "stopped":
        raise AwsError("IncorrectInstanceState", f"The instance '{identifier}' is not in the 'stopped' state.")
    if "UserData" in given:
        # The API's type for it is a blob, which travels in base64 as user data does anyway.
        data = given["UserData"].get("Value", b"")
        ec2.change("instance", identifier, _user_data=base64.b64encode(data).decode())
    if "InstanceType" in given:
        ec2.change("instance", identifier, InstanceType=instance_type(given["InstanceType"]["Value"]).name)


def modify_instance_metadata_options(ec2: Ec2, given: Given) -> Record:
    """Change an instance's metadata options."""
    record = ec2.get("instance", required(given, "InstanceId"))
    asked = {name: given[name] for name in record["MetadataOptions"] if name in given}
    options = record["MetadataOptions"] | asked
    ec2.change("instance", record["InstanceId"], MetadataOptions=options)
    return {"InstanceId": record["InstanceId"], "InstanceMetadataOptions": options}


def describe_instance_attribute(ec2: Ec2, given: Given) -> Record:
    """Tell one attribute of an instance."""
    record, attribute = ec2.get("instance", required(given, "InstanceId")), required(given, "Attribute")
    interfaces = ec2.all("network-interface", _instance=record["InstanceId"])
    values: dict[str, Record] = {
        "userData": {"UserData": {"Value": record["_user_data"]} if record["_user_data"] else {}},
        "disableApiTermination": {"DisableApiTermination": {"Value": record["_protected"]}},
        "sourceDestCheck": {"SourceDestCheck": {"Value": _first(interfaces)["SourceDestCheck"]}},
        "groupSet": {"Groups": groups_of(ec2, _first(interfaces)["_groups"])},
        "instanceType": {"InstanceType": {"Value": record["InstanceType"]}},
        "ebsOptimized": {"EbsOptimized": {"Value": record["EbsOptimized"]}},
        "instanceInitiatedShutdownBehavior": {"InstanceInitiatedShutdownBehavior": {"Value": record["_shutdown"]}},
        "rootDeviceName": {"RootDeviceName": {"Value": record["RootDeviceName"]}},
    }
    if attribute not in values:
        raise invalid_value("attribute", attribute, "This region does not tell it.")
    return {"InstanceId": record["InstanceId"], **values[attribute]}


def describe_instances(ec2: Ec2, given: Given) -> Record:
    """List instances, by reservation."""
    found = _LISTING(ec2, given)
    reservations: dict[str, Record] = {}
    for one in found["Instances"]:
        entry = {"ReservationId": one["_reservation"], "OwnerId": ec2.account, "Groups": [], "Instances": []}
        reservations.setdefault(one["_reservation"], entry)["Instances"].append(one)
    answer: Record = {"Reservations": list(reservations.values())}
    return answer | ({"NextToken": found["NextToken"]} if "NextToken" in found else {})


def describe_instance_status(ec2: Ec2, given: Given) -> Record:
    """List the checks of running instances: ok once the fabric reports them."""
    everything = given.get("IncludeAllInstances", False)
    wanted = given.get("InstanceIds") or []
    for identifier in wanted:
        ec2.get("instance", identifier)
    shown = [
        _status(ec2, record)
        for record in ec2.all("instance")
        if (not wanted or record["InstanceId"] in wanted) and (everything or record["State"]["Name"] == "running")
    ]
    return listed(ec2, "DescribeInstanceStatus", shown, given, {"instance-state-name": "InstanceState.Name"})


def note_running(ec2: Ec2) -> None:
    """Move instances that the fabric sees running from pending to running."""
    for record in ec2.all("instance"):
        if record["State"]["Name"] == "pending" and record["InstanceId"] in ec2.live.running:
            ec2.change("instance", record["InstanceId"], State=state("running"))


def _status(ec2: Ec2, record: Record) -> Record:
    ok = record["State"]["Name"] == "running" and record["InstanceId"] in ec2.live.running
    summary = {
        "Status": "ok" if ok else "initializing",
        "Details": [{"Name": "reachability", "Status": "passed" if ok else "initializing"}],
    }
    return {
        "AvailabilityZone": record["Placement"]["AvailabilityZone"],
        "InstanceId": record["InstanceId"],
        "InstanceState": record["State"],
        "InstanceStatus": summary,
        "SystemStatus": summary,
    }


def _first(interfaces: list[Record]) -> Record:
    return min(interfaces, key=lambda one: int(one["Attachment"]["DeviceIndex"]))


def _changed(identifier: str, before: str, now: str) -> Record:
    return {"InstanceId": identifier, "PreviousState": state(before), "CurrentState": state(now)}


def _release(ec2: Ec2, volume: Record) -> None:
    if volume["Attachments"][0]["DeleteOnTermination"]:
        ec2.remove("volume", volume["VolumeId"])
    else:
        ec2.change("volume", volume["VolumeId"], Attachments=[], State="available")


def _view(ec2: Ec2, record: Record) -> Record:
    interfaces = ec2.all("network-interface", _instance=record["InstanceId"])
    if not interfaces:
        gone = {"NetworkInterfaces": [], "PrivateDnsName": "", "PublicDnsName": "", "SecurityGroups": []}
        return {key: value for key, value in record.items() if key not in {"SubnetId", "VpcId"}} | gone
    primary = _first(interfaces)
    return {
        **record,
        "NetworkInterfaces": [
            {name: eni[name] for name in _OF_INTERFACE}
            | {
                "Attachment": {name: eni["Attachment"][name] for name in _OF_ATTACHMENT},
                "Groups": groups_of(ec2, eni["_groups"]),
                "PrivateIpAddresses": addresses(eni),
            }
            for eni in sorted(interfaces, key=lambda one: int(one["Attachment"]["DeviceIndex"]))
        ],
        "PrivateDnsName": primary["PrivateDnsName"],
        "PrivateIpAddress": primary["PrivateIpAddress"],
        "PublicDnsName": "",
        "SecurityGroups": groups_of(ec2, primary["_groups"]),
        "SourceDestCheck": primary["SourceDestCheck"],
    }


_OF_INTERFACE: Final = (
    *("Description", "InterfaceType", "Ipv6Addresses", "MacAddress", "NetworkInterfaceId", "OwnerId"),
    *("PrivateDnsName", "PrivateIpAddress", "SourceDestCheck", "Status", "SubnetId", "VpcId"),
)
_OF_ATTACHMENT: Final = (
    *("AttachTime", "AttachmentId", "DeleteOnTermination", "DeviceIndex", "Status", "NetworkCardIndex"),
)
_LISTING: Final = Listing(
    "DescribeInstances",
    "instance",
    also={
        "availability-zone": "Placement.AvailabilityZone",
        "instance-state-code": "State.Code",
        "instance-state-name": "State.Name",
        "instance.group-id": "SecurityGroups.GroupId",
        "monitoring-state": "Monitoring.State",
        "reservation-id": "_reservation",
    },
    view=_view,
)

describe_volumes: Final = Listing("DescribeVolumes", "volume", also={"status": "State"})
stop_instances: Final = _move("StoppingInstances", begin="stopping", end="stopped", since=("pending", "running"))
start_instances: Final = _move("StartingInstances", begin="pending", end="pending", since=("stopped",))
