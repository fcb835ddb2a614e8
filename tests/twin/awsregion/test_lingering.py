"""A whole lab goes, whatever of it AWS does not let go of for a while."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError
from twin.awsregion.fast_deployer import FastDeployer
from twin.awsregion.lab_pairs import observed

from awsregion import standalone
from awsregion.control import RegionControl
from awsregion.faults import RegionFault
from awsregion.live import IgmpMember, Live
from mcastlab.aws.clients import Clients
from mcastlab.aws.deletion import delete_stacks
from mcastlab.aws.images import images_of
from mcastlab.aws.stacks import stacks_of
from mcastlab.lab.design.kept_resources import NOTHING_KEPT
from mcastlab_base.errors import RefusedError
from mcastlab_base.waiting import ManualWaitClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[standalone.Standalone]:
    running = standalone.up("lingering", settle_s=0)
    for name, value in standalone.environment(running).items():
        monkeypatch.setenv(name, value)
    yield running
    standalone.down("lingering")


def test_a_whole_lab_goes_while_members_linger_an_interface_is_in_use_and_attachments_take_their_time(
    lab: Lab, region: standalone.Standalone
) -> None:
    clients, control = Clients(lab.region), RegionControl(region.control)
    ec2: Any = clients.ec2
    before, deployer = observed(clients), FastDeployer(clients, lab)
    deployer.deploy(NOTHING_KEPT, images_of(clients, lab).parameters)
    (domain,) = (
        one["TransitGatewayMulticastDomainId"]
        for one in ec2.describe_transit_gateway_multicast_domains()["TransitGatewayMulticastDomains"]
        if one["State"] == "available"
    )
    interfaces = [
        each["NetworkInterfaceId"]
        for found in ec2.describe_instances()["Reservations"]
        for one in found["Instances"]
        for each in one["NetworkInterfaces"]
        if one["State"]["Name"] != "terminated"
    ]
    # Nobody leaves: the gateway lists them as long as their interfaces are there.
    members = tuple(
        IgmpMember(domain_id=domain, group=IPv4Address("239.1.1.1"), network_interface_id=each) for each in interfaces
    )
    asyncio.run(control.report(Live(members=members)))
    slow = ("AWS::EC2::TransitGatewayAttachment", "AWS::EC2::VPNConnection")
    in_use = ("AWS::EC2::NetworkInterface", "AWS::EC2::TransitGatewayMulticastDomainAssociation")
    for kind in in_use:
        asyncio.run(control.fail(RegionFault(what="delete", target=kind, times=2)))
    for kind in slow:
        asyncio.run(control.delay(kind, 0.3))

    def destroy() -> None:
        try:
            deployer.destroy()
        except WaiterError as error:
            raise RefusedError("cdk destroy ended with 1") from error

    reported: list[str] = []
    try:
        left = delete_stacks(
            clients,
            lab,
            remaining=lambda: stacks_of(clients, lab),
            destroy=destroy,
            progress=reported.append,
            clock=ManualWaitClock(),
        )
    finally:
        for kind in slow:
            asyncio.run(control.delay(kind, 0))
        asyncio.run(control.clear_faults())
        asyncio.run(control.report(Live()))
    assert left == ()
    assert [line for line in reported if "DELETE_FAILED" in line and "tried again" in line], reported
    assert observed(clients) == before
