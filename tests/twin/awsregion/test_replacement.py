"""What CloudFormation replaces is made anew before the old one goes, with the failures that follow from that on AWS."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.stacks import Stack, StackFailedError
from twin.awsregion.template import PUBLIC_KEY, ref, resource

from awsregion.control import RegionControl
from awsregion.live import IgmpMember, Live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.awsregion.conftest import Served

    Resources = dict[str, dict[str, Any]]

pytestmark = pytest.mark.process

OTHER_KEY = PUBLIC_KEY.replace("BIXed7", "CIXed7").replace("test", "other")


def member(group: str) -> dict[str, Any]:
    return resource(
        "TransitGatewayMulticastGroupMember",
        "InDomain",
        GroupIpAddress=group,
        TransitGatewayMulticastDomainId=ref("Domain"),
        NetworkInterfaceId=ref("Eni"),
    )


RESOURCES: Resources = {
    "Vpc": resource("VPC", CidrBlock="10.0.0.0/16"),
    "Subnet": resource("Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.1.0/24"),
    "Beside": resource("Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.2.0/24"),
    "Group": resource("SecurityGroup", GroupName="members", GroupDescription="members", VpcId=ref("Vpc")),
    "Eni": resource("NetworkInterface", SubnetId=ref("Subnet")),
    "Key": resource("KeyPair", KeyName="replaced", PublicKeyMaterial=PUBLIC_KEY),
    "Gateway": resource("TransitGateway", MulticastSupport="enable"),
    "Attachment": resource(
        "TransitGatewayAttachment", TransitGatewayId=ref("Gateway"), VpcId=ref("Vpc"), SubnetIds=[ref("Subnet")]
    ),
    "Domain": resource(
        "TransitGatewayMulticastDomain", TransitGatewayId=ref("Gateway"), Options={"Igmpv2Support": "enable"}
    ),
    "InDomain": resource(
        "TransitGatewayMulticastDomainAssociation",
        TransitGatewayMulticastDomainId=ref("Domain"),
        TransitGatewayAttachmentId=ref("Attachment"),
        SubnetId=ref("Subnet"),
    ),
    "Member": member("239.1.1.1"),
}


@pytest.fixture(scope="module")
def net(served: Served) -> Iterator[Stack]:
    stack = Stack(served.client, "replacement")
    stack.create({"Resources": RESOURCES})
    yield stack
    stack.delete()


def members(served: Served, net: Stack) -> list[tuple[str, str]]:
    """Return the members of the domain, each with how it became one."""
    rows = served.client("ec2").search_transit_gateway_multicast_groups(
        TransitGatewayMulticastDomainId=net.ids()["Domain"]
    )["MulticastGroups"]
    return sorted((row["GroupIpAddress"], row["MemberType"]) for row in rows)


def renamed(resources: Resources) -> None:
    resources["Renamed"] = resources.pop("Member")


def rekeyed(resources: Resources) -> None:
    resources["Key"]["Properties"]["PublicKeyMaterial"] = OTHER_KEY


def regrouped(resources: Resources) -> None:
    resources["Group"]["Properties"]["GroupDescription"] = "others"


def narrowed(resources: Resources) -> None:
    resources["Beside"]["Properties"]["CidrBlock"] = "10.0.2.0/25"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (renamed, "Resource of type 'AWS::EC2::TransitGatewayMulticastGroupMember' with identifier"),
        (rekeyed, "The keypair 'replaced' already exists"),
        (regrouped, "The security group 'members' already exists"),
        (narrowed, "InvalidSubnet.Conflict"),
    ],
)
def test_what_cannot_stand_beside_its_successor_fails_and_stays(
    served: Served, net: Stack, change: Callable[[Resources], None], words: str
) -> None:
    before, changed = net.ids(), deepcopy(RESOURCES)
    change(changed)
    with pytest.raises(StackFailedError) as failed:
        net.update({"Resources": changed})
    assert any(words in reason for reason in failed.value.args[0]), failed.value.args
    assert net.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert net.ids() == before
    assert members(served, net) == [("239.1.1.1", "static")]


def test_what_can_stand_beside_its_successor_is_replaced_and_goes(served: Served, net: Stack) -> None:
    before, changed = net.ids(), deepcopy(RESOURCES)
    changed["Member"] = member("239.1.1.2")
    changed["Key"]["Properties"].update(KeyName="replaced-2", PublicKeyMaterial=OTHER_KEY)
    net.update({"Resources": changed})
    after = net.ids()
    assert {name for name in before if after[name] != before[name]} == {"Member", "Key"}
    # The old ones go in the cleanup, under their old ids, after the new ones are there.
    last = net.events()
    for name in ("Member", "Key"):
        assert [one for one in last if one[0] == name][-3:] == [
            (name, "UPDATE_COMPLETE", after[name]),
            (name, "DELETE_IN_PROGRESS", before[name]),
            (name, "DELETE_COMPLETE", before[name]),
        ]
    assert [status for name, status, _ in last if name == net.name] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    assert [status for _, status, _ in last[-6:]] == [
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        *("DELETE_IN_PROGRESS", "DELETE_COMPLETE") * 2,
        "UPDATE_COMPLETE",
    ]
    assert members(served, net) == [("239.1.1.2", "static")]
    keys = {each["KeyName"] for each in served.client("ec2").describe_key_pairs()["KeyPairs"]}
    assert {name for name in keys if name.startswith("replaced")} == {"replaced-2"}
    net.update({"Resources": RESOURCES})
    assert members(served, net) == [("239.1.1.1", "static")]


def test_what_is_removed_goes_in_the_cleanup_too(net: Stack) -> None:
    beside, fewer = net.ids()["Beside"], deepcopy(RESOURCES)
    del fewer["Beside"]
    net.update({"Resources": fewer})
    assert net.events()[-4:] == [
        (net.name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", net.events()[-1][2]),
        ("Beside", "DELETE_IN_PROGRESS", beside),
        ("Beside", "DELETE_COMPLETE", beside),
        (net.name, "UPDATE_COMPLETE", net.events()[-1][2]),
    ]
    net.update({"Resources": RESOURCES})


def test_who_joined_by_igmp_is_not_registered_and_stays_a_member(served: Served, net: Stack) -> None:
    ids, changed = net.ids(), deepcopy(RESOURCES)
    joined = IgmpMember(domain_id=ids["Domain"], group=IPv4Address("239.1.1.9"), network_interface_id=ids["Eni"])
    asyncio.run(RegionControl(served.control).report(Live(members=(joined,))))
    changed["Joined"] = member("239.1.1.9")
    try:
        with pytest.raises(StackFailedError) as failed:
            net.update({"Resources": changed})
        assert any("|239.1.1.9|" in why and "already exists" in why for why in failed.value.args[0]), failed.value.args
        # What was refused is not taken back by the roll back.
        assert members(served, net) == [("239.1.1.1", "static"), ("239.1.1.9", "igmp")]
        # Once it has left, the API registers it.
        asyncio.run(RegionControl(served.control).report(Live()))
        net.update({"Resources": changed})
        assert members(served, net) == [("239.1.1.1", "static"), ("239.1.1.9", "static")]
    finally:
        asyncio.run(RegionControl(served.control).report(Live()))
        net.update({"Resources": RESOURCES})
