"""RunInstances: what an instance is made of."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.catalogue import MachineImage, image, instance_type
from awsregion.ec2.common import required, tag_new
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.interfaces import attach, make_interface
from awsregion.ec2.keys import key_named
from awsregion.ec2.parameters import Given
from awsregion.ec2.security_groups import checked_groups

if TYPE_CHECKING:
    from awsregion.ec2.store import Ec2, Record

STATES: Final = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
"""Source: Amazon EC2 API Reference, InstanceState."""

_USER_DATA_LIMIT_BYTES: Final = 16384
_METADATA_DEFAULTS: Final = {
    "HttpTokens": "optional",
    "HttpPutResponseHopLimit": 1,
    "HttpEndpoint": "enabled",
    "HttpProtocolIpv6": "disabled",
    "InstanceMetadataTags": "disabled",
}


def state(name: str) -> Record:
    """Return an instance's state as EC2 writes it."""
    return {"Code": STATES[name], "Name": name}


def launch(ec2: Ec2, given: Given) -> list[Record]:
    """Make instances in state pending; the fabric makes them run.

    Raises:
        AwsError: something that they are to be made of is not there or does not fit.
    """
    count = int(given.get("MaxCount", 1))
    if not 1 <= int(given.get("MinCount", count)) <= count:
        raise invalid_value("MinCount", given.get("MinCount"))
    boot = image(required(given, "ImageId"))
    common = _common(ec2, given, boot)
    interfaces = _interfaces_asked(given)
    _refuse_too_many(common["InstanceType"], len(interfaces))
    if count > 1 and any("NetworkInterfaceId" in one for one in interfaces):
        raise AwsError(
            "InvalidParameterCombination", "Network interfaces and more than one instance exclude each other"
        )
    reservation = ec2.new_id("r")
    made = []
    for index in range(count):
        identifier = ec2.new_id("i")
        subnet = _make_interfaces(ec2, identifier, interfaces, given)
        volumes = _volumes(ec2, given, identifier, boot, subnet["AvailabilityZone"])
        record = common | {
            "AmiLaunchIndex": index,
            "BlockDeviceMappings": volumes,
            "InstanceId": identifier,
            "Placement": {"AvailabilityZone": subnet["AvailabilityZone"], "GroupName": "", "Tenancy": "default"},
            "SubnetId": subnet["SubnetId"],
            "VpcId": subnet["VpcId"],
            "_reservation": reservation,
        }
        made.append(ec2.add("instance", identifier, record))
    tag_new(
        ec2,
        given,
        {
            "instance": [one["InstanceId"] for one in made],
            "volume": [volume["Ebs"]["VolumeId"] for one in made for volume in one["BlockDeviceMappings"]],
            "network-interface": [
                eni["NetworkInterfaceId"]
                for one in made
                for eni in ec2.all("network-interface", _instance=one["InstanceId"])
            ],
        },
    )
    return made


def _common(ec2: Ec2, given: Given, boot: MachineImage) -> Record:
    name = given.get("KeyName")
    profile = given.get("IamInstanceProfile")
    kind = instance_type(given.get("InstanceType", "t3.micro"))
    record: Record = {
        "Architecture": "x86_64",
        "ClientToken": given.get("ClientToken", ""),
        "EbsOptimized": bool(given.get("EbsOptimized", False)),
        "EnaSupport": True,
        "Hypervisor": "xen",
        "ImageId": boot.id,
        "InstanceType": kind.name,
        "LaunchTime": ec2.now(),
        "MetadataOptions": {"State": "applied", **_METADATA_DEFAULTS, **(given.plain("MetadataOptions") or {})},
        "Monitoring": {"State": "enabled" if (given.get("Monitoring") or {}).get("Enabled") else "disabled"},
        "RootDeviceName": boot.root_device,
        "RootDeviceType": "ebs",
        "State": state("pending"),
        "StateTransitionReason": "",
        "VirtualizationType": "hvm",
        "_protected": bool(given.get("DisableApiTermination", False)),
        "_shutdown": given.get("InstanceInitiatedShutdownBehavior", "stop"),
        "_user_data": _user_data(given.get("UserData", "")),
        "_public_key": None,
    }
    record |= booted_at(ec2, record)
    if boot.product_code:
        record["ProductCodes"] = [{"ProductCodeId": boot.product_code, "ProductCodeType": "marketplace"}]
    if name is not None:
        record |= {"KeyName": name, "_public_key": key_named(ec2, name)["_public_key"]}
    if profile is not None:
        record["IamInstanceProfile"] = _profile(ec2, profile)
    return record


def booted_at(ec2: Ec2, record: Record) -> Record:
    """Return the field that says when, by the region's clock, an instance that boots now has booted."""
    slow_s = ec2.slowness.router_boot_s if image(record["ImageId"]).boots == "ios-xe" else 0
    return {"_booted_at": ec2.clock() + slow_s} if slow_s or "_booted_at" in record else {}


def _profile(ec2: Ec2, given: Given) -> Record:
    named = given.get("Arn") or given.get("Name") or ""
    found = ec2.neighbours.instance_profile(named)
    if found is None:
        field = "iamInstanceProfile.arn" if named.startswith("arn:") else "iamInstanceProfile.name"
        raise invalid_value(field, named, "Invalid IAM Instance Profile")
    return found


def _user_data(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from error
    if size > _USER_DATA_LIMIT_BYTES:
        raise AwsError("InvalidParameterValue", f"User data is limited to {_USER_DATA_LIMIT_BYTES} bytes")
    return text


def _interfaces_asked(given: Given) -> list[Any]:
    asked = given.get("NetworkInterfaces") or []
    if asked and any(name in given for name in ("SubnetId", "SecurityGroupIds", "PrivateIpAddress")):
        raise AwsError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID may not be specified on the same request",
        )
    if not asked:
        return [_primary(given)]
    indexes = sorted(int(required(one, "DeviceIndex")) for one in asked)
    if indexes != list(range(len(asked))):
        raise AwsError("InvalidParameterValue", "Network interfaces need the device indexes 0, 1, ... once each.")
    return list(asked)


def _refuse_too_many(kind: str, count: int) -> None:
    """Refuse more interfaces than a type takes. Source: EC2 API reference, Error codes, AttachmentLimitExceeded."""
    if count > instance_type(kind).interfaces:
        raise AwsError("AttachmentLimitExceeded", f"Interface count {count} exceeds the limit for {kind}")


def _primary(given: Given) -> Given:
    renamed = {"SubnetId": "SubnetId", "PrivateIpAddress": "PrivateIpAddress", "SecurityGroupIds": "Groups"}
    values = {new: given.plain(old) for old, new in renamed.items() if old in given}
    return Given({"DeviceIndex": 0, "DeleteOnTermination": True, **values})


def _make_interfaces(ec2: Ec2, instance_id: str, asked: list[Given], given: Given) -> Record:
    """Make or take the interfaces, attach them, and return the subnet of the first."""
    zone = (given.get("Placement") or {}).get("AvailabilityZone")
    subnets = {}
    for one in asked:
        index = int(one["DeviceIndex"])
        if "NetworkInterfaceId" in one:
            interface = ec2.get("network-interface", one["NetworkInterfaceId"])
            subnet = ec2.get("subnet", interface["SubnetId"])
        else:
            subnet = ec2.get("subnet", required(one, "SubnetId"))
            interface = make_interface(
                ec2,
                subnet=subnet,
                groups=checked_groups(ec2, one.plain("Groups"), subnet["VpcId"]),
                wanted=one.get("PrivateIpAddress"),
                description=one.get("Description", ""),
            )
        if zone is not None and zone != subnet["AvailabilityZone"]:
            raise invalid_value("availabilityZone", zone, f"Subnet {subnet['SubnetId']} is in another zone.")
        if one.get("AssociatePublicIpAddress"):
            raise AwsError(
                "UnsupportedOperation", "There are no public addresses here: the VPC has no internet gateway."
            )
        delete = bool(one.get("DeleteOnTermination", "NetworkInterfaceId" not in one))
        attach(ec2, interface, instance_id, index, delete=delete)
        subnets[index] = subnet
    return subnets[0]


def _volumes(ec2: Ec2, given: Given, instance_id: str, boot: MachineImage, zone: str) -> list[Record]:
    root: Record = {"DeviceName": boot.root_device, "Ebs": {}}
    asked = {root["DeviceName"]: root} | {one["DeviceName"]: one for one in given.plain("BlockDeviceMappings") or []}
    return [_volume(ec2, one, instance_id, boot, zone) for one in asked.values()]


def _volume(ec2: Ec2, asked: Record, instance_id: str, boot: MachineImage, zone: str) -> Record:
    known = {"DeleteOnTermination", "VolumeSize", "VolumeType", "Encrypted", "Iops", "Throughput", "KmsKeyId"}
    ebs = asked.get("Ebs", {})
    odd = (set(asked) - {"DeviceName", "Ebs"}) | (set(ebs) - known)
    if odd:
        raise AwsError("UnsupportedOperation", f"This region does not honour {', '.join(sorted(odd))} of a volume.")
    identifier = ec2.new_id("vol")
    attached = {
        "AttachTime": ec2.now(),
        "DeleteOnTermination": bool(ebs.get("DeleteOnTermination", True)),
        "VolumeId": identifier,
    }
    ec2.add(
        "volume",
        identifier,
        {
            "VolumeId": identifier,
            "AvailabilityZone": zone,
            "CreateTime": ec2.now(),
            "Encrypted": bool(ebs.get("Encrypted", False)),
            "Size": int(ebs.get("VolumeSize", boot.root_gib)),
            "SnapshotId": "",
            "State": "in-use",
            "VolumeType": ebs.get("VolumeType", "gp2"),
            "Attachments": [
                {**attached, "Device": asked["DeviceName"], "InstanceId": instance_id, "State": "attached"}
            ],
            **{name: ebs[name] for name in ("Iops", "Throughput", "KmsKeyId") if name in ebs},
        },
    )
    return {"DeviceName": asked["DeviceName"], "Ebs": attached | {"Status": "attached"}}
