"""Rows for instances and what they are made of."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from awsregion.cfn.resource import Creation, CustomCreation, Resource, deleted, described, request, same, tags

if TYPE_CHECKING:
    from awsregion.cfn.resource import Change, Ec2Actions, Record
    from awsregion.ec2.parameters import Given

_PRIVATE_KEYS: Final = "/ec2/keypair"
"""Where the private key goes. Source: CloudFormation, AWS::EC2::KeyPair."""


def _interface_attribute(name: str, default: Any) -> Change:
    def change(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
        asked = {"NetworkInterfaceId": identifier, name: {"Value": new.get(name, default)}}
        cloud.call("ModifyNetworkInterfaceAttribute", asked)

    return change


def _interface_groups(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    asked = {"NetworkInterfaceId": identifier, "Groups": new.plain("GroupSet") or []}
    cloud.call("ModifyNetworkInterfaceAttribute", asked)


def _create_key(cloud: Ec2Actions, given: Given, _name: str) -> str:
    name: str = given["KeyName"]
    if "PublicKeyMaterial" in given:
        material = base64.b64encode(given["PublicKeyMaterial"].encode()).decode()
        asked = {"KeyName": name, "PublicKeyMaterial": material} | tags(given, "key-pair")
        cloud.call("ImportKeyPair", asked)
        # CDK writes the type and format of an imported key too; EC2 reads the type from the key.
        given.plain("KeyType")
        given.plain("KeyFormat")
        return name
    asked = request(given, same("KeyName", "KeyType", "KeyFormat")) | tags(given, "key-pair")
    made = cloud.call("CreateKeyPair", asked)
    cloud.vault.put(f"{_PRIVATE_KEYS}/{made['KeyPairId']}", made["KeyMaterial"])
    return name


def _key_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    record = cloud.call("DescribeKeyPairs", {"KeyNames": [identifier]})["KeyPairs"][0]
    return {"KeyPairId": record["KeyPairId"], "KeyFingerprint": record["KeyFingerprint"]}


def _delete_key(cloud: Ec2Actions, identifier: str, properties: Record) -> None:
    record = cloud.call("DescribeKeyPairs", {"KeyNames": [identifier]})["KeyPairs"][0]
    cloud.call("DeleteKeyPair", {"KeyName": identifier})
    if "PublicKeyMaterial" not in properties:
        cloud.vault.drop(f"{_PRIVATE_KEYS}/{record['KeyPairId']}")


_LAUNCH: Final = same(
    "ImageId",
    "InstanceType",
    "KeyName",
    "SubnetId",
    "SecurityGroupIds",
    "PrivateIpAddress",
    "UserData",
    "EbsOptimized",
    "BlockDeviceMappings",
    "DisableApiTermination",
    "InstanceInitiatedShutdownBehavior",
    "MetadataOptions",
) | {
    "Monitoring": "Monitoring.Enabled",
    "IamInstanceProfile": "IamInstanceProfile.Name",
    "AvailabilityZone": "Placement.AvailabilityZone",
}
_INTERFACE: Final = same(
    "DeviceIndex",
    "NetworkInterfaceId",
    "SubnetId",
    "PrivateIpAddress",
    "DeleteOnTermination",
    "AssociatePublicIpAddress",
    "Description",
) | {"GroupSet": "Groups"}


def _create_instance(cloud: Ec2Actions, given: Given, _name: str) -> str:
    volumes = str(given.get("PropagateTagsToVolumeOnCreation", "false")).lower() == "true"
    asked = request(given, _LAUNCH) | tags(given, "instance", *(["volume"] if volumes else []))
    if "NetworkInterfaces" in given:
        asked["NetworkInterfaces"] = [request(one, _INTERFACE) for one in given["NetworkInterfaces"]]
    made = cloud.call("RunInstances", {"MinCount": 1, "MaxCount": 1, **asked})
    identifier: str = made["Instances"][0]["InstanceId"]
    if "SourceDestCheck" in given:
        _instance_attribute("SourceDestCheck", "true")(cloud, identifier, given, given)
    return identifier


def _instance_attribute(name: str, default: str) -> Change:
    def change(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
        cloud.call("ModifyInstanceAttribute", {"InstanceId": identifier, name: {"Value": new.get(name, default)}})

    return change


def _instance_groups(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    cloud.call("ModifyInstanceAttribute", {"InstanceId": identifier, "Groups": new.plain("SecurityGroupIds") or []})


def _stopped(name: str) -> Change:
    """Change what only a stopped instance lets change: it is stopped for it and started again."""

    def change(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
        cloud.call("StopInstances", {"InstanceIds": [identifier]})
        cloud.call("ModifyInstanceAttribute", {"InstanceId": identifier, name: {"Value": new.get(name, "")}})
        cloud.call("StartInstances", {"InstanceIds": [identifier]})

    return change


def _metadata(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    asked = new.plain("MetadataOptions") or {"HttpTokens": "optional"}
    cloud.call("ModifyInstanceMetadataOptions", {"InstanceId": identifier, **asked})


def _instance_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    found = cloud.call("DescribeInstances", {"InstanceIds": [identifier]})
    record = found["Reservations"][0]["Instances"][0]
    return {
        "InstanceId": identifier,
        "AvailabilityZone": record["Placement"]["AvailabilityZone"],
        "PrivateDnsName": record["PrivateDnsName"],
        "PrivateIp": record["PrivateIpAddress"],
        "PublicDnsName": "",
        "PublicIp": "",
        "VpcId": record["VpcId"],
        "State.Code": str(record["State"]["Code"]),
        "State.Name": record["State"]["Name"],
    }


COMPUTE: Final = (
    Resource(
        type="AWS::EC2::NetworkInterface",
        create=Creation(
            action="CreateNetworkInterface",
            made="NetworkInterface.NetworkInterfaceId",
            takes=same("SubnetId", "Description", "PrivateIpAddress") | {"GroupSet": "Groups"},
            tags="network-interface",
            then=("SourceDestCheck",),
        ),
        delete=deleted("DeleteNetworkInterface", "NetworkInterfaceId"),
        attributes=described(
            "DescribeNetworkInterfaces",
            "NetworkInterfaceIds",
            "NetworkInterfaces",
            {"Id": "NetworkInterfaceId", "PrimaryPrivateIpAddress": "PrivateIpAddress", "VpcId": "VpcId"},
        ),
        changes={
            "SourceDestCheck": _interface_attribute("SourceDestCheck", "true"),
            "Description": _interface_attribute("Description", ""),
            "GroupSet": _interface_groups,
        },
    ),
    Resource(
        type="AWS::EC2::KeyPair",
        create=CustomCreation(make=_create_key, reads=("KeyFormat", "KeyName", "KeyType", "PublicKeyMaterial", "Tags")),
        delete=_delete_key,
        attributes=_key_attributes,
        tagged=False,
    ),
    Resource(
        type="AWS::EC2::Instance",
        create=CustomCreation(
            make=_create_instance,
            reads=(*_LAUNCH, "NetworkInterfaces", "PropagateTagsToVolumeOnCreation", "SourceDestCheck", "Tags"),
        ),
        delete=deleted("TerminateInstances", "InstanceIds", many=True),
        attributes=_instance_attributes,
        changes={
            "SourceDestCheck": _instance_attribute("SourceDestCheck", "true"),
            "DisableApiTermination": _instance_attribute("DisableApiTermination", "false"),
            "InstanceInitiatedShutdownBehavior": _instance_attribute("InstanceInitiatedShutdownBehavior", "stop"),
            "SecurityGroupIds": _instance_groups,
            "UserData": _stopped("UserData"),
            "InstanceType": _stopped("InstanceType"),
            "MetadataOptions": _metadata,
        },
        replaced_by=("BlockDeviceMappings", "IamInstanceProfile", "EbsOptimized"),
    ),
    Resource(
        type="AWS::EC2::InstanceConnectEndpoint",
        create=Creation(
            action="CreateInstanceConnectEndpoint",
            made="InstanceConnectEndpoint.InstanceConnectEndpointId",
            takes=same("SubnetId", "SecurityGroupIds", "PreserveClientIp", "ClientToken"),
            tags="instance-connect-endpoint",
        ),
        delete=deleted("DeleteInstanceConnectEndpoint", "InstanceConnectEndpointId"),
        attributes=described(
            "DescribeInstanceConnectEndpoints",
            "InstanceConnectEndpointIds",
            "InstanceConnectEndpoints",
            {"Id": "InstanceConnectEndpointId"}
            | same(
                "AvailabilityZone",
                "AvailabilityZoneId",
                "CreatedAt",
                "InstanceConnectEndpointArn",
                "NetworkInterfaceIds",
                "OwnerId",
                "State",
                "StateMessage",
                "VpcId",
            ),
        ),
    ),
)
