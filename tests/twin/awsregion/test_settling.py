"""States that take time, and what AWS refuses meanwhile. The clock is the test's own: nothing waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.labs import associate, attach, make_gateway, make_net, refusal, vpn

if TYPE_CHECKING:
    from awsregion.core import Region

pytestmark = pytest.mark.process


class Clock:
    """A clock that goes when a test says so."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(region: Region) -> Clock:
    """The clock of a region whose states take ten seconds."""
    own = Clock()
    region.ec2.clock = own
    region.ec2.settle_s = 10.0
    return own


def states(region: Region, action: str, answer: str) -> list[str]:
    return [one["State"] for one in region.call(action, {})[answer]]


def test_a_gateway_is_pending_then_available_then_deleting_then_deleted(region: Region, clock: Clock) -> None:
    gateway = make_gateway(region)

    def seen() -> list[str]:
        return states(region, "DescribeTransitGateways", "TransitGateways")

    assert seen() == ["pending"]
    assert refusal(region, "DeleteTransitGateway", {"TransitGatewayId": gateway}) == "IncorrectState"
    clock.at += 10
    assert seen() == ["available"]
    region.call("DeleteTransitGateway", {"TransitGatewayId": gateway})
    assert seen() == ["deleting"]
    assert refusal(region, "DeleteTransitGateway", {"TransitGatewayId": gateway}) == "IncorrectState"
    clock.at += 10
    assert seen() == ["deleted"]
    assert refusal(region, "DeleteTransitGateway", {"TransitGatewayId": gateway}) == "InvalidTransitGatewayID.NotFound"


def test_nothing_is_attached_to_a_gateway_that_is_pending(region: Region, clock: Clock) -> None:
    vpc = region.call("CreateVpc", {"CidrBlock": "10.0.0.0/16"})["Vpc"]["VpcId"]
    subnet = region.call("CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.1.0/24"})["Subnet"]["SubnetId"]
    gateway = make_gateway(region)
    asked: dict[str, Any] = {"TransitGatewayId": gateway, "VpcId": vpc, "SubnetIds": [subnet]}
    assert refusal(region, "CreateTransitGatewayVpcAttachment", asked) == "IncorrectState"
    domain = {"TransitGatewayId": gateway}
    assert refusal(region, "CreateTransitGatewayMulticastDomain", domain) == "IncorrectState"
    clock.at += 10
    attach(region, gateway, vpc, subnet)


def test_what_is_being_deleted_still_keeps_what_it_hangs_on(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    clock = Clock()
    region.ec2.clock, region.ec2.settle_s = clock, 10.0
    association = {
        "TransitGatewayMulticastDomainId": net.domain,
        "TransitGatewayAttachmentId": net.attachment,
        "SubnetIds": [net.subnet],
    }
    domain = {"TransitGatewayMulticastDomainId": net.domain}
    attachment = {"TransitGatewayAttachmentId": net.attachment}
    gateway = {"TransitGatewayId": net.gateway}
    for action, request, then in (
        ("DeleteTransitGatewayMulticastDomain", domain, ("DisassociateTransitGatewayMulticastDomain", association)),
        ("DeleteTransitGatewayMulticastDomain", domain, None),
        ("DeleteTransitGatewayVpcAttachment", attachment, None),
    ):
        assert refusal(region, action, request) == "IncorrectState"
        if then:
            region.call(*then)
    shown = region.call("GetTransitGatewayMulticastDomainAssociations", domain)["MulticastDomainAssociations"]
    assert [one["Subnet"]["State"] for one in shown] == ["disassociating"]
    clock.at += 10
    region.call("DeleteTransitGatewayMulticastDomain", domain)
    clock.at += 10
    region.call("DeleteTransitGatewayVpcAttachment", attachment)
    # Its deletion has only begun.
    assert refusal(region, "DeleteTransitGateway", gateway) == "IncorrectState"
    assert refusal(region, "DeleteVpc", {"VpcId": net.vpc}) == "DependencyViolation"
    clock.at += 10
    region.call("DeleteTransitGateway", gateway)
    listed = states(region, "DescribeTransitGatewayAttachments", "TransitGatewayAttachments")
    assert listed == ["deleted"]


def test_a_connection_keeps_its_customer_gateway_until_it_is_deleted(region: Region, clock: Clock) -> None:
    gateway = make_gateway(region)
    clock.at += 10
    made = vpn(region, gateway)
    assert states(region, "DescribeVpnConnections", "VpnConnections") == ["pending"]
    clock.at += 10
    region.call("DeleteVpnConnection", {"VpnConnectionId": made["VpnConnectionId"]})
    customer = {"CustomerGatewayId": made["CustomerGatewayId"]}
    assert refusal(region, "DeleteCustomerGateway", customer) == "IncorrectState"
    clock.at += 10
    region.call("DeleteCustomerGateway", customer)


def test_a_table_s_states_may_take_another_time(region: Region, clock: Clock) -> None:
    region.delay("transit-gateway", 30)
    make_gateway(region)
    clock.at += 29
    assert states(region, "DescribeTransitGateways", "TransitGateways") == ["pending"]
    clock.at += 1
    assert states(region, "DescribeTransitGateways", "TransitGateways") == ["available"]


def test_what_is_begun_can_be_awaited(region: Region) -> None:
    region.ec2.settle_s = 0.05
    gateway = region.patiently(lambda: make_gateway(region))
    assert region.ec2.ready("transit-gateway", gateway)["State"] == "available"
