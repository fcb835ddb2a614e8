"""The region's slow mode, by a clock that is moved: what takes minutes on AWS takes them here, and no time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.labs import make_gateway, make_net, refusal, vpn

from awsregion.live import IPSEC_IS_DOWN, Live, TunnelStatus
from awsregion.slowness import RegionClock, Slowness, rate_of
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from awsregion.cloud import Instance, VpnConnection
    from awsregion.core import Region

ROUTER_IMAGE, HOST_IMAGE = "ami-0c8000171203a0001", "ami-0a12023061000a001"
FORTNIGHT_S = 14 * 86400


@pytest.fixture
def slow(region: Region) -> Region:
    """A slow region whose clock goes by itself as slowly as can be."""
    region.slow(Slowness(router_boot_s=180, deleting_s=120, bgp_s=45))
    region.run_clock(1e-6)
    return region


def launched(region: Region, image: str, **asked: Any) -> str:
    subnet = make_net(region).subnet
    request = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "InstanceType": "c5n.large", "SubnetId": subnet}
    found: str = region.call("RunInstances", request | asked)["Instances"][0]["InstanceId"]
    return found


def instance(region: Region, identifier: str) -> Instance:
    return next(each for each in region.cloud()[1].instances if each.id == identifier)


def test_a_router_runs_and_boots_for_minutes(slow: Region) -> None:
    router, host = launched(slow, ROUTER_IMAGE), launched(slow, HOST_IMAGE)
    assert instance(slow, router).booting
    assert not instance(slow, host).booting
    before, _ = slow.cloud()
    slow.advance(179)
    assert slow.cloud()[0] == before
    slow.advance(1)
    revision, _ = slow.cloud()
    assert revision > before
    assert not instance(slow, router).booting


@pytest.mark.parametrize("again", ["reboot", "stop and start"])
def test_it_boots_as_long_again(slow: Region, again: str) -> None:
    router = launched(slow, ROUTER_IMAGE)
    slow.report(Live(running=(router,)))
    slow.advance(180)
    if again == "reboot":
        slow.call("RebootInstances", {"InstanceIds": [router]})
    else:
        slow.call("StopInstances", {"InstanceIds": [router]})
        slow.call("StartInstances", {"InstanceIds": [router]})
    assert instance(slow, router).booting
    slow.advance(180)
    assert not instance(slow, router).booting


def test_an_attachment_lingers_in_deleting_and_its_gateway_is_refused_meanwhile(slow: Region) -> None:
    net = make_net(slow)
    slow.call("DeleteTransitGatewayMulticastDomain", {"TransitGatewayMulticastDomainId": net.domain})
    slow.call("DeleteTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": net.attachment})
    shown = slow.call("DescribeTransitGatewayVpcAttachments", {})["TransitGatewayVpcAttachments"]
    assert [each["State"] for each in shown] == ["deleting"]
    assert refusal(slow, "DeleteTransitGateway", {"TransitGatewayId": net.gateway}) == "IncorrectState"
    slow.advance(120)
    slow.call("DeleteTransitGateway", {"TransitGatewayId": net.gateway})


def connection(region: Region) -> VpnConnection:
    return region.cloud()[1].vpn_connections[0]


def test_bgp_opens_some_time_after_ipsec(slow: Region) -> None:
    vpn(slow, make_gateway(slow))
    first, second = (each.outside_address for each in connection(slow).tunnels)
    slow.report(Live(tunnels=(status(first, up=False), status(second, up=False))))
    slow.advance(FORTNIGHT_S)
    assert not connection(slow).bgp
    slow.report(Live(tunnels=(status(first, up=True), status(second, up=False))))
    slow.advance(44)
    assert not connection(slow).bgp
    slow.advance(1)
    assert connection(slow).bgp


def status(address: IPv4Address, *, up: bool) -> TunnelStatus:
    return TunnelStatus(outside_address=address, up=False, message="" if up else IPSEC_IS_DOWN)


def test_a_fast_region_waits_for_nothing(region: Region) -> None:
    vpn(region, make_gateway(region))
    assert connection(region).bgp
    assert not instance(region, launched(region, ROUTER_IMAGE)).booting


def test_a_fortnight_passes_in_no_time(region: Region) -> None:
    before = region.ec2.now()
    region.advance(FORTNIGHT_S)
    assert 14 <= (region.ec2.now() - before).total_seconds() / 86400 < 14.001
    with pytest.raises(ValueError, match="goes forward"):
        region.advance(-1)


def test_pace_and_clock_outlive_the_process(slow: Region) -> None:
    slow.advance(FORTNIGHT_S)
    kept, shown = slow.dump(), slow.ec2.now()
    slow.slow(Slowness())
    slow.ec2.time = RegionClock()
    slow.restore(kept, ())
    assert slow.ec2.slowness.router_boot_s == 180
    assert slow.ec2.time.rate == 1e-6
    assert abs((slow.ec2.time.date() - shown).total_seconds()) < 2


@pytest.mark.parametrize("text", ["0", "-1", "fast", "4000", "nan"])
def test_a_rate_is_a_number_of_times(text: str) -> None:
    with pytest.raises(BadInputError, match="--slow"):
        rate_of(text)


def test_ec2_takes_requests_at_aws_s_rates(region: Region) -> None:
    region.run_clock(1e-6)
    assert not any(region.throttles("CreateVpc") for _ in range(200))
    region.slow(Slowness(throttles=True))
    # A burst of as many as the bucket holds; what reads has a bucket of its own.
    assert [region.throttles("CreateVpc") for _ in range(51)] == [False] * 50 + [True]
    assert [region.throttles("DescribeVpcs") for _ in range(101)] == [False] * 100 + [True]
    region.advance(2)
    assert [region.throttles("CreateVpc") for _ in range(11)] == [False] * 10 + [True]
    region.advance(FORTNIGHT_S)
    assert [region.throttles("RunInstances") for _ in range(6)] == [False] * 5 + [True]
