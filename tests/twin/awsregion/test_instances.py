"""Instances and what they are made of."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from twin.awsregion.labs import HOST_IMAGE, PROFILE, ROUTER_IMAGE, host, interface, make_net, refusal

from awsregion.ec2.store import RETENTION
from awsregion.live import Live

if TYPE_CHECKING:
    from awsregion.core import Region


def described(region: Region, identifier: str) -> dict[str, Any]:
    found = region.call("DescribeInstances", {"InstanceIds": [identifier]})
    instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
    return instance


def attribute(region: Region, identifier: str, name: str) -> dict[str, Any]:
    return region.call("DescribeInstanceAttribute", {"InstanceId": identifier, "Attribute": name})


def test_everything_given_is_described(region: Region) -> None:
    net = make_net(region)
    group = region.call("CreateSecurityGroup", {"GroupName": "g", "Description": "g", "VpcId": net.vpc})["GroupId"]
    region.call("CreateKeyPair", {"KeyName": "k"})
    text = base64.b64encode(b"#!/bin/sh\n").decode()
    made = host(
        region,
        net.subnet,
        InstanceType="m5n.large",
        PrivateIpAddress="10.0.1.77",
        SecurityGroupIds=[group],
        KeyName="k",
        UserData=text,
        IamInstanceProfile={"Name": "hosts"},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        Monitoring={"Enabled": True},
        DisableApiTermination=True,
        EbsOptimized=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "Encrypted": True}}],
        TagSpecifications=[
            {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": "doppel-1"}]} for kind in ("instance", "volume")
        ],
    )
    shown = described(region, made["InstanceId"])
    assert shown["State"]["Name"] == "pending"
    assert (shown["InstanceType"], shown["ImageId"], shown["KeyName"]) == ("m5n.large", HOST_IMAGE, "k")
    assert (shown["PrivateIpAddress"], shown["SubnetId"], shown["VpcId"]) == ("10.0.1.77", net.subnet, net.vpc)
    assert shown["PrivateDnsName"] == "ip-10-0-1-77.ec2.internal"
    assert shown["SecurityGroups"] == [{"GroupId": group, "GroupName": "g"}]
    assert shown["IamInstanceProfile"] == PROFILE
    assert shown["MetadataOptions"]["HttpTokens"] == "required"
    assert shown["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert shown["Monitoring"] == {"State": "enabled"}
    assert shown["EbsOptimized"] is True
    assert shown["Tags"] == [{"Key": "Name", "Value": "doppel-1"}]
    assert attribute(region, made["InstanceId"], "userData")["UserData"] == {"Value": text}
    assert attribute(region, made["InstanceId"], "disableApiTermination")["DisableApiTermination"] == {"Value": True}
    (volume,) = region.call("DescribeVolumes", {})["Volumes"]
    assert (volume["Size"], volume["Encrypted"]) == (20, True)
    assert volume["Tags"] == [{"Key": "Name", "Value": "doppel-1"}]


def test_an_instance_runs_when_the_fabric_says_so(region: Region) -> None:
    net = make_net(region)
    identifier, other = (host(region, net.subnet)["InstanceId"] for _ in range(2))
    assert region.call("DescribeInstanceStatus", {})["InstanceStatuses"] == []
    region.report(Live(running=(identifier,)))
    assert described(region, identifier)["State"] == {"Code": 16, "Name": "running"}
    assert described(region, other)["State"]["Name"] == "pending"
    (status,) = region.call("DescribeInstanceStatus", {})["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"


def test_the_check_of_source_and_destination_is_the_interface_s(region: Region) -> None:
    net = make_net(region)
    made = host(region, net.subnet)
    assert made["SourceDestCheck"] is True
    asked = {"InstanceId": made["InstanceId"], "SourceDestCheck": {"Value": False}}
    region.call("ModifyInstanceAttribute", asked)
    assert described(region, made["InstanceId"])["SourceDestCheck"] is False
    eni = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
    (shown,) = region.call("DescribeNetworkInterfaces", {"NetworkInterfaceIds": [eni]})["NetworkInterfaces"]
    assert shown["SourceDestCheck"] is False


def test_a_given_interface_outlives_the_instance_and_a_made_one_does_not(region: Region) -> None:
    net = make_net(region)
    given = interface(region, net.subnet)
    asked = {"ImageId": ROUTER_IMAGE, "MinCount": 1, "MaxCount": 1}
    asked["NetworkInterfaces"] = [
        {"DeviceIndex": 0, "NetworkInterfaceId": given},
        {"DeviceIndex": 1, "SubnetId": net.subnet},
    ]
    made = region.call("RunInstances", asked)["Instances"][0]
    enis = [one["NetworkInterfaceId"] for one in made["NetworkInterfaces"]]
    assert enis[0] == given
    region.call("TerminateInstances", {"InstanceIds": [made["InstanceId"]]})
    left = region.call("DescribeNetworkInterfaces", {"Filters": [{"Name": "interface-type", "Values": ["interface"]}]})
    assert [(one["NetworkInterfaceId"], one["Status"]) for one in left["NetworkInterfaces"]] == [(given, "available")]
    assert region.call("DescribeVolumes", {})["Volumes"] == []


def test_an_instance_takes_no_more_interfaces_than_its_type(region: Region) -> None:
    net = make_net(region)
    asked = {"ImageId": ROUTER_IMAGE, "MinCount": 1, "MaxCount": 1, "InstanceType": "c5n.large"}
    four = [{"DeviceIndex": index, "SubnetId": net.subnet} for index in range(4)]
    assert refusal(region, "RunInstances", asked | {"NetworkInterfaces": four}) == "AttachmentLimitExceeded"
    made = region.call("RunInstances", asked | {"NetworkInterfaces": four[:3]})
    assert len(made["Instances"][0]["NetworkInterfaces"]) == 3


def test_a_protected_instance_is_not_terminated(region: Region) -> None:
    net = make_net(region)
    identifier = host(region, net.subnet, DisableApiTermination=True)["InstanceId"]
    assert refusal(region, "TerminateInstances", {"InstanceIds": [identifier]}) == "OperationNotPermitted"


def test_a_terminated_instance_stays_listed_for_a_while(region: Region) -> None:
    net = make_net(region)
    identifier = host(region, net.subnet)["InstanceId"]
    region.call("TerminateInstances", {"InstanceIds": [identifier]})
    assert described(region, identifier)["State"]["Name"] == "terminated"
    later = region.ec2.now() + RETENTION + timedelta(seconds=1)
    region.ec2.now = lambda: later
    assert refusal(region, "DescribeInstances", {"InstanceIds": [identifier]}) == "InvalidInstanceID.NotFound"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"ImageId": "ami-0000"}, "InvalidAMIID.NotFound"),
        ({"KeyName": "nobody's"}, "InvalidKeyPair.NotFound"),
        ({"InstanceType": "x9.huge"}, "InvalidParameterValue"),
        ({"IamInstanceProfile": {"Name": "nobody's"}}, "InvalidParameterValue"),
        ({"SecurityGroupIds": ["sg-0000"]}, "InvalidGroup.NotFound"),
        ({"UserData": "not base64!"}, "InvalidUserData.Malformed"),
        ({"HibernationOptions": {"Configured": True}}, "UnsupportedOperation"),
        ({"MetadataOptions": {"HttpTokens": "Required"}}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_launched_is_refused(region: Region, options: dict[str, Any], code: str) -> None:
    net = make_net(region)
    asked = {"ImageId": HOST_IMAGE, "MinCount": 1, "MaxCount": 1, "SubnetId": net.subnet, **options}
    assert refusal(region, "RunInstances", asked) == code
    assert region.call("DescribeInstances", {})["Reservations"] == []


def test_a_reboot_asks_the_fabric_for_one_and_a_stopped_instance_has_none(region: Region) -> None:
    identifier = host(region, make_net(region).subnet)["InstanceId"]
    region.report(Live(running=(identifier,)))
    before = next(each for each in region.cloud()[1].instances if each.id == identifier)
    assert region.call("RebootInstances", {"InstanceIds": [identifier]}) == {}
    after = next(each for each in region.cloud()[1].instances if each.id == identifier)
    assert after.boots == before.boots + 1
    assert described(region, identifier)["State"]["Name"] == "running"
    region.call("StopInstances", {"InstanceIds": [identifier]})
    assert region.cloud()[1].stopped == (identifier,)
    assert refusal(region, "RebootInstances", {"InstanceIds": [identifier]}) == "IncorrectInstanceState"
    region.call("TerminateInstances", {"InstanceIds": [identifier]})
    assert region.cloud()[1].stopped == ()


def test_user_data_changes_while_the_instance_is_stopped(region: Region) -> None:
    net = make_net(region)
    identifier = host(region, net.subnet)["InstanceId"]
    value = base64.b64encode(b"new").decode()
    asked = {"InstanceId": identifier, "UserData": {"Value": value}}
    assert refusal(region, "ModifyInstanceAttribute", asked) == "IncorrectInstanceState"
    region.call("StopInstances", {"InstanceIds": [identifier]})
    region.call("ModifyInstanceAttribute", asked)
    region.call("StartInstances", {"InstanceIds": [identifier]})
    assert described(region, identifier)["State"]["Name"] == "pending"
    assert attribute(region, identifier, "userData")["UserData"]["Value"] == value


def test_a_made_key_pair_s_halves_belong_together(region: Region) -> None:
    made = region.call("CreateKeyPair", {"KeyName": "k", "KeyType": "rsa"})
    private = serialization.load_pem_private_key(made["KeyMaterial"].encode(), password=None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    asked = {"KeyNames": ["k"], "IncludePublicKey": True}
    (shown,) = region.call("DescribeKeyPairs", asked)["KeyPairs"]
    assert shown["PublicKey"] == f"{public.decode()} k"
    assert refusal(region, "CreateKeyPair", {"KeyName": "k"}) == "InvalidKeyPair.Duplicate"
    again = base64.b64encode(public).decode()
    imported = region.call("ImportKeyPair", {"KeyName": "mine", "PublicKeyMaterial": again})
    assert imported["KeyFingerprint"].count(":") == 15
    assert refusal(region, "ImportKeyPair", {"KeyName": "bad", "PublicKeyMaterial": "AAAA"}) == "InvalidKey.Format"


def test_images_are_found_by_owner_and_name(region: Region) -> None:
    asked = {"Owners": ["aws-marketplace"], "Filters": [{"Name": "name", "Values": ["Cisco-C8K-*"]}]}
    (found,) = region.call("DescribeImages", asked)["Images"]
    assert found["ImageId"] == ROUTER_IMAGE
    assert region.call("DescribeImages", {"Owners": ["self"]})["Images"] == []


def test_a_connect_endpoint_takes_an_address_and_gives_it_back(region: Region) -> None:
    net = make_net(region)
    made = region.call("CreateInstanceConnectEndpoint", {"SubnetId": net.subnet, "PreserveClientIp": False})
    endpoint = made["InstanceConnectEndpoint"]
    assert endpoint["PreserveClientIp"] is False
    assert refusal(region, "CreateInstanceConnectEndpoint", {"SubnetId": net.subnet}) == "ResourceLimitExceeded"
    asked = {"InstanceConnectEndpointId": endpoint["InstanceConnectEndpointId"]}
    region.call("DeleteInstanceConnectEndpoint", asked)
    listed = region.call("DescribeNetworkInterfaces", {})["NetworkInterfaces"]
    assert {one["InterfaceType"] for one in listed} == {"transit_gateway"}


def test_private_dns_needs_the_vpc_s_host_names(region: Region) -> None:
    net = make_net(region)
    asked = {
        "VpcId": net.vpc,
        "ServiceName": "com.amazonaws.us-east-1.ssm",
        "VpcEndpointType": "Interface",
        "SubnetIds": [net.subnet],
        "PrivateDnsEnabled": True,
    }
    assert refusal(region, "CreateVpcEndpoint", asked) == "InvalidParameter"
    region.call("ModifyVpcAttribute", {"VpcId": net.vpc, "EnableDnsHostnames": {"Value": True}})
    made = region.call("CreateVpcEndpoint", asked)["VpcEndpoint"]
    assert len(made["NetworkInterfaceIds"]) == 1
    assert refusal(region, "CreateVpcEndpoint", asked | {"ServiceName": "com.amazonaws.us-east-1.nope"}) == (
        "InvalidServiceName"
    )
