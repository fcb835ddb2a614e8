"""What is left in an account once a lab is gone: found by tag, by recorded id, and within its network."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from documents import lab_with

from mcastlab.aws.clients import Clients
from mcastlab.aws.remaining_resources import ids_now, remaining_in_account
from mcastlab.aws.resource_kinds import KINDS, kind_of
from mcastlab.cleanup.inventory import Inventory
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import botocore.model
    from twin.awsregion.conftest import Served

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

TAGS = [{"Key": "mcastlab:lab", "Value": "leaver"}]
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
TEMPLATE = {
    "Resources": {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "DeletionPolicy": "Retain",
            "Properties": {"CidrBlock": "10.66.0.0/16", "Tags": TAGS},
        },
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.66.1.0/24", "Tags": TAGS},
        },
        "Gateway": {
            "Type": "AWS::EC2::CustomerGateway",
            "DeletionPolicy": "Retain",
            "Properties": {"Type": "ipsec.1", "BgpAsn": 65066, "IpAddress": "203.0.113.66", "Tags": TAGS},
        },
        "Key": {
            "Type": "AWS::EC2::KeyPair",
            "DeletionPolicy": "Retain",
            "Properties": {"KeyName": "leaver-key", "Tags": TAGS},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "DeletionPolicy": "Retain",
            "Properties": {"AssumeRolePolicyDocument": TRUST, "Tags": TAGS},
        },
    }
}


@pytest.fixture(scope="module")
def lab() -> Lab:
    return lab_with({"name": "leaver"})


@pytest.fixture
def clients(served: Served, monkeypatch: pytest.MonkeyPatch) -> Clients:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    return Clients("us-east-1")


@pytest.fixture
def made(clients: Clients) -> Iterator[dict[str, str]]:
    """A stack of the lab that has come and is gone, and what it and somebody's hands have left; physical ids."""
    cloud, ec2 = clients.cloudformation, clients.ec2
    name = "leaver-Network"
    cloud.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_IAM"])
    cloud.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    summaries = cloud.list_stack_resources(StackName=name)["StackResourceSummaries"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries}
    yield ids
    cloud.delete_stack(StackName=name)
    cloud.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    for group in ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["by-hand"]}])[
        "SecurityGroups"
    ]:
        ec2.delete_security_group(GroupId=group["GroupId"])
    ec2.delete_vpc(VpcId=ids["Vpc"])
    ec2.delete_customer_gateway(CustomerGatewayId=ids["Gateway"])
    ec2.delete_key_pair(KeyName="leaver-key")
    clients.iam.delete_role(RoleName=ids["Role"])


def once_settled(
    clients: Clients, lab: Lab, recorded: Iterable[str], wanted: set[tuple[str, str, str]]
) -> set[tuple[str, str, str]]:
    """Return what is left once it is as wanted, or after a while: on AWS too, what goes takes its time."""
    end = time.monotonic() + 20
    while True:
        left = {(each.kind, each.id, each.found_by) for each in remaining_in_account(clients, lab, recorded)[0]}
        if left == wanted or time.monotonic() > end:
            return left
        time.sleep(0.1)


def test_what_a_stack_and_a_hand_have_left_is_found_until_it_is_gone(
    clients: Clients, lab: Lab, made: dict[str, str]
) -> None:
    ec2 = clients.ec2
    recorded = ids_now(clients, lab)
    assert {made["Vpc"], made["Subnet"], made["Gateway"], f"AWS::IAM::Role/{made['Role']}"} <= recorded
    there, _ = remaining_in_account(clients, lab, recorded)
    assert ("stack", "leaver-Network", "name") in {(each.kind, each.id, each.found_by) for each in there}

    clients.cloudformation.delete_stack(StackName="leaver-Network")
    clients.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="leaver-Network", WaiterConfig={"Delay": 1}
    )
    ec2.delete_tags(Resources=[made["Vpc"]], Tags=[{"Key": "mcastlab:lab"}])
    by_hand = ec2.create_security_group(GroupName="by-hand", Description="by hand", VpcId=made["Vpc"])["GroupId"]
    specification: Any = [{"ResourceType": "network-interface", "Tags": TAGS}]
    subnet = ec2.create_subnet(VpcId=made["Vpc"], CidrBlock="10.66.2.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet, TagSpecifications=specification)["NetworkInterface"]
    key = ec2.describe_key_pairs(KeyNames=["leaver-key"])["KeyPairs"][0]["KeyPairId"]

    left = {
        ("VPC", made["Vpc"], "recorded id"),
        ("security group", by_hand, "within"),
        ("subnet", subnet, "within"),
        ("network interface", interface["NetworkInterfaceId"], "tag"),
        ("customer gateway", made["Gateway"], "tag"),
        ("key pair", key, "tag"),
        ("private key", f"/ec2/keypair/{key}", "recorded id"),
        ("role", made["Role"], "recorded id"),
    }
    assert once_settled(clients, lab, recorded, left) == left

    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_customer_gateway(CustomerGatewayId=made["Gateway"])
    gone = {"network interface", "subnet", "customer gateway"}
    still = {each for each in left if each[0] not in gone}
    assert once_settled(clients, lab, recorded, still) == still
    made["Gateway"] = ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65067, PublicIp="203.0.113.67")[
        "CustomerGateway"
    ]["CustomerGatewayId"]


def test_another_labs_things_are_not_ours(clients: Clients, made: dict[str, str]) -> None:
    assert made
    assert remaining_in_account(clients, lab_with({"name": "stayer"}), ())[0] == ()


def test_every_kind_is_asked_as_ec2_can_be_asked(ec2_model: botocore.model.ServiceModel) -> None:
    for kind in KINDS:
        operation = ec2_model.operation_model("".join(word.capitalize() for word in kind.operation.split("_")))
        listed = operation.output_shape.members[kind.answer].member  # type: ignore[union-attr]
        record = listed.members["Instances"].member if kind.answer == "Reservations" else listed
        assert kind.id_member in record.members, kind.name
        assert "Filters" in operation.input_shape.members, kind.name  # type: ignore[union-attr]
        assert kind_of(f"{kind.prefix}0123456789abcdef0") is kind


@pytest.mark.parametrize("name", ["vpc-cidr-assoc-0123", "rtb-0123|10.0.0.0/8", "leaver-key", "sgr-01"])
def test_what_is_no_resource_of_its_own_has_no_kind(name: str) -> None:
    assert kind_of(name) is None


def test_ids_are_kept_together_until_nothing_is_left(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path, "leaver", "us-east-1")
    assert inventory.ids() == frozenset()
    inventory.add(["vpc-1"])
    inventory.add(["sg-2", "vpc-1"])
    assert Inventory(tmp_path, "leaver", "us-east-1").ids() == {"vpc-1", "sg-2"}
    assert Inventory(tmp_path, "leaver", "eu-west-1").ids() == frozenset()
    inventory.keep(())
    assert inventory.ids() == frozenset()
    assert list((tmp_path / "inventory").iterdir()) == []


@pytest.mark.parametrize("text", ["{}", "[1]", "no"])
def test_damaged_record_is_reported(tmp_path: Path, text: str) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "leaver--us-east-1.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match="is damaged"):
        Inventory(tmp_path, "leaver", "us-east-1").ids()
