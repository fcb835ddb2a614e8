"""A deletion that ends, in a real CloudFormation engine: what lingers is tried again, what is somebody else's stays."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from awsregion import standalone
from awsregion.control import RegionControl
from awsregion.faults import RegionFault
from mcastlab.aws.clients import Clients
from mcastlab.aws.deletion import TIMEOUT_S, delete_stacks, release_members
from mcastlab.aws.stacks import stacks_of, statuses_of
from mcastlab.lab.design.names import LAB_TAG, StackRole, stack_name
from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.waiting import ManualWaitClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

HOST_IMAGE = "ami-0a12023061000a001"


class Deployed:
    """A stack of a lab's network that stands in a region, and a way to destroy it once."""

    def __init__(self, lab: Lab, region: standalone.Standalone) -> None:
        self.lab = lab
        self.clients = Clients(lab.region)
        self.control = RegionControl(region.control)
        self.name = stack_name(lab, StackRole.NETWORK)
        self.clock = ManualWaitClock()
        self.reported: list[str] = []
        self.attempts = 0
        tags = [{"Key": LAB_TAG, "Value": lab.name}]
        resources = {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "Tags": tags}},
            "Subnet": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {
                    "VpcId": {"Ref": "Vpc"},
                    "CidrBlock": "10.0.1.0/24",
                    "AvailabilityZone": "us-east-1a",
                    "Tags": tags,
                },
            },
        }
        self.cfn.create_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        self.cfn.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig={"Delay": 1})

    @property
    def cfn(self) -> Any:
        return self.clients.cloudformation

    def id_of(self, logical_id: str) -> str:
        found = self.cfn.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def fail(self, times: int | None) -> None:
        asyncio.run(self.control.fail(RegionFault(what="delete", target="Vpc", times=times)))

    def delete(self) -> tuple[str, ...]:
        return delete_stacks(
            self.clients,
            self.lab,
            remaining=lambda: stacks_of(self.clients, self.lab),
            destroy=self.destroy_once,
            progress=self.reported.append,
            clock=self.clock,
        )

    def destroy_once(self) -> None:
        """Delete the stack as the CDK does, which ends with an error where CloudFormation fails."""
        self.attempts += 1
        self.cfn.delete_stack(StackName=self.name)
        end = time.monotonic() + 20
        while status := statuses_of(self.clients, self.lab).get(self.name):
            if status == "DELETE_FAILED":
                raise RefusedError("cdk destroy ended with 1")
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[standalone.Standalone]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("region")))
        running = standalone.up("deletion", settle_s=0)
        for name, value in standalone.environment(running).items():
            patch.setenv(name, value)
        yield running
        standalone.down("deletion")


@pytest.fixture
def deployed(lab: Lab, region: standalone.Standalone) -> Iterator[Deployed]:
    found = Deployed(lab, region)
    yield found
    asyncio.run(found.control.clear_faults())
    found.delete()


def test_what_fails_for_a_while_is_tried_again_until_it_is_gone(deployed: Deployed) -> None:
    deployed.fail(3)
    assert deployed.delete() == ()
    assert deployed.attempts == 4
    assert deployed.clock.now() == 5 + 10 + 20
    assert any(
        f"{deployed.name}: DELETE_FAILED: " in line and "tried again (15 s)" in line for line in deployed.reported
    )


def test_a_stack_that_an_earlier_run_left_in_delete_failed_is_deleted(deployed: Deployed) -> None:
    deployed.fail(1)
    with pytest.raises(RefusedError):
        deployed.destroy_once()
    assert deployed.delete() == ()
    assert deployed.clock.now() == 0


def test_what_never_goes_ends_the_deletion_in_its_time_and_is_named(deployed: Deployed) -> None:
    deployed.fail(None)
    with pytest.raises(TimedOutError, match=rf"within 20 min 0 s:\n{deployed.name}: DELETE_FAILED: "):
        deployed.delete()
    assert deployed.clock.now() == pytest.approx(TIMEOUT_S)


def test_an_instance_of_somebody_else_is_named_with_its_owner_and_left_alone(deployed: Deployed) -> None:
    ec2: Any = deployed.clients.ec2
    asked = {"ImageId": HOST_IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    tags = [{"Key": "Name", "Value": "build-7"}, {"Key": "Owner", "Value": "ana"}]
    specification = [{"ResourceType": "instance", "Tags": tags}]
    made = ec2.run_instances(**asked, SubnetId=deployed.id_of("Subnet"), TagSpecifications=specification)
    stranger = made["Instances"][0]["InstanceId"]
    with pytest.raises(RefusedError, match=rf"instance {stranger} \(Name build-7, Owner ana, since 20") as caught:
        deployed.delete()
    assert "left alone" in caught.value.text
    assert deployed.clock.now() == 0
    (left,) = ec2.describe_instances(InstanceIds=[stranger])["Reservations"][0]["Instances"]
    assert left["State"]["Name"] == "pending"
    # Once its owner took it away, the same command deletes the rest.
    ec2.terminate_instances(InstanceIds=[stranger])
    assert deployed.delete() == ()


def test_a_missing_permission_is_not_waited_for(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> None:
        raise RefusedError("cdk destroy ended with 1: AccessDenied: not authorized to perform ec2:DeleteVpc")

    with monkeypatch.context() as patch:
        patch.setattr(deployed, "destroy_once", denied)
        with pytest.raises(RefusedError, match="AccessDenied"):
            deployed.delete()
    assert deployed.clock.now() == 0


def test_members_that_the_api_registered_are_released(lab: Lab, region: standalone.Standalone) -> None:
    ec2: Any = Clients(region.region).ec2
    tags = [{"ResourceType": "transit-gateway-multicast-domain", "Tags": [{"Key": LAB_TAG, "Value": lab.name}]}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    eni = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    gateway = ec2.create_transit_gateway(Options={"MulticastSupport": "enable"})["TransitGateway"]["TransitGatewayId"]
    attachment = ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet])
    domain = ec2.create_transit_gateway_multicast_domain(TransitGatewayId=gateway, TagSpecifications=tags)
    identifier = domain["TransitGatewayMulticastDomain"]["TransitGatewayMulticastDomainId"]
    ec2.associate_transit_gateway_multicast_domain(
        TransitGatewayMulticastDomainId=identifier,
        TransitGatewayAttachmentId=attachment["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"],
        SubnetIds=[subnet],
    )
    ec2.register_transit_gateway_multicast_group_members(
        TransitGatewayMulticastDomainId=identifier, GroupIpAddress="239.1.1.1", NetworkInterfaceIds=[eni]
    )
    assert release_members(Clients(region.region), lab) == 1
    found = ec2.search_transit_gateway_multicast_groups(TransitGatewayMulticastDomainId=identifier)
    assert found["MulticastGroups"] == []
