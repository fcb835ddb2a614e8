"""Labs that change in place: random pairs are deployed, changed, looked at through the API, and compared with new ones.

Nothing of it moves packets: the region answers as AWS does, and what the routers would join is reported to it.
"""

from __future__ import annotations

import asyncio
import re
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from documents import of_sites
from hypothesis import HealthCheck, Phase, given, settings
from twin.awsregion.fast_deployer import FastDeployer
from twin.awsregion.lab_pairs import instances, labs, observed, unchanging

from awsregion import standalone
from awsregion.control import RegionControl
from awsregion.live import IgmpMember, Live
from mcastlab.aws.clients import Clients
from mcastlab.aws.deploying import deploy_lab, planned, refuse_impossible
from mcastlab.aws.images import images_of
from mcastlab.lab.design.kept_resources import NOTHING_KEPT, KeptResources
from mcastlab.lab.design.names import ROUTER_TAG
from mcastlab.lab.design.roles import Roles, bridged_groups
from mcastlab.lab.document import parse
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from awsregion.standalone import Standalone
    from mcastlab.aws.deployment_plan import DeploymentPlan
    from mcastlab.lab.model import Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("changes")))
        running = standalone.up("changes")
        for name, value in standalone.environment(running).items():
            patch.setenv(name, value)
        yield running
        standalone.down("changes")


class Lived:
    """A lab that is deployed, whose AWS router joins what its configuration says."""

    def __init__(self, region: Standalone) -> None:
        self.control = RegionControl(region.control)
        self.clients = Clients("us-east-1")
        self.joined: set[str] = set()
        self.deployments = 0

    def bring(self, lab: Lab, *, replace_router: bool = False) -> DeploymentPlan:
        """Deploy a lab, or change to it, and have its router join its groups."""
        deployer, images = FastDeployer(self.clients, lab), images_of(self.clients, lab)
        plan = planned(self.clients, lab, deployer, images, replace_router=replace_router)
        refuse_impossible(plan, move="")
        deploy_lab(self.clients, lab, deployer, images, plan, leave=self._leave, progress=lambda _: None)
        self.deployments = deployer.deployments
        self.joined = {str(group.address) for group in bridged_groups(lab, "join")}
        self._report()
        return plan

    def _leave(self, groups: Sequence[str]) -> None:
        self.joined -= set(groups)
        self._report()

    def _report(self) -> None:
        ec2: Any = self.clients.ec2
        found = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
        router = next(one for one in found if one["InstanceId"] == instances(self.clients).get(ROUTER_TAG))
        first = next(one for one in router["NetworkInterfaces"] if one["Attachment"]["DeviceIndex"] == 0)
        (domain,) = (
            one["TransitGatewayMulticastDomainId"]
            for one in ec2.describe_transit_gateway_multicast_domains()["TransitGatewayMulticastDomains"]
            if one["State"] == "available"
        )
        members = tuple(
            IgmpMember(domain_id=domain, group=IPv4Address(group), network_interface_id=first["NetworkInterfaceId"])
            for group in sorted(self.joined)
        )
        asyncio.run(self.control.report(Live(members=members)))

    def end(self, lab: Lab) -> None:
        """Take the lab down, and see that nothing is left."""
        asyncio.run(self.control.report(Live()))
        FastDeployer(self.clients, lab).destroy()
        left = observed(self.clients)
        assert not any(left[kind] for kind in ("stacks", "attached", "instances", "members", "vpn", "endpoints")), left
        assert not any(cidr.startswith("10.10.") for cidr, _ in left["subnets"])


@given(labs(), labs())
@settings(
    max_examples=3,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_changed_lab_is_what_a_fresh_one_is(region: Standalone, old: Lab, new: Lab) -> None:
    lived = Lived(region)
    lived.bring(old)
    before, stood = instances(lived.clients), unchanging(lived.clients)
    plan = lived.bring(new)
    after, stands = instances(lived.clients), unchanging(lived.clients)
    # What need not be replaced is not: all of the network, connections of sites that stay, machines that do not move.
    assert {name: ids for name, ids in stands.items() if name in stood} == {
        name: ids for name, ids in stood.items() if name in stands
    }
    places = [{name: each.subnet for each in lab.hosts for name in each.names} for lab in (old, new)]
    for name in places[0].keys() & places[1].keys():
        assert (before[name] == after[name]) is (places[0][name] == places[1][name]), name
    stays = Roles(old).router_subnets == Roles(new).router_subnets
    assert (before[ROUTER_TAG] == after[ROUTER_TAG]) is stays
    assert bool(plan.router) is not stays
    changed = observed(lived.clients)
    # The same command once more changes nothing.
    again = lived.bring(new)
    assert (again.effects, again.first_kept) == ((("delete", ()), ("replace", ()), ("restart", ())), None)
    assert instances(lived.clients) == after
    lived.end(new)
    lived.bring(new)
    fresh = observed(lived.clients)
    lived.end(new)
    assert changed == fresh


def lab_of(**changes: Any) -> Lab:
    """Return a lab of two zones with some fields in the place of its own."""
    base = {
        "name": "pair",
        "vpc": {"cidr": "10.10.0.0/16", "subnets": [SUBNET_A, SUBNET_B]},
        "router": {"subnet": "one"},
        "hosts": [{"name": "near", "subnet": "one"}, {"name": "far", "subnet": "two"}],
        "groups": [{"name": "page", "address": "239.1.1.1", "senders": ["site-0"]}],
        "sites": of_sites(1)["sites"],
    }
    return parse({**base, **changes}, "pair")


SUBNET_A, SUBNET_B = {"name": "one", "cidr": "10.10.1.0/24"}, {"name": "two", "cidr": "10.10.2.0/24", "zone": "b"}
ONE_ZONE = {
    "vpc": {"cidr": "10.10.0.0/16", "subnets": [SUBNET_A]},
    "hosts": [{"name": "near", "subnet": "one"}],
}


def test_a_lab_of_the_tree_before_keeps_its_attachment_and_is_refused_what_that_cannot_do(region: Standalone) -> None:
    lived, lab = Lived(region), lab_of()
    FastDeployer(lived.clients, lab).deploy(KeptResources(vpc_attachment=True), {})
    stood = unchanging(lived.clients)
    # What a plain `cdk deploy` would do: AWS changes no resource's type, and nothing is touched.
    with pytest.raises(RefusedError, match="Update of resource type is not permitted"):
        FastDeployer(lived.clients, lab).deploy(NOTHING_KEPT, {})
    lived.bring(lab_of(hosts=[{"name": "near", "subnet": "one", "count": 2}]))
    assert unchanging(lived.clients) == stood
    with pytest.raises(BadInputError, match="as the VPC of this older lab is attached"):
        lived.bring(lab_of(**ONE_ZONE))
    assert unchanging(lived.clients) == stood
    lived.end(lab)


def test_what_aws_cannot_change_in_place_is_named_before_anything_is_touched(region: Standalone) -> None:
    lived, lab = Lived(region), lab_of()
    lived.bring(lab)
    stood = observed(lived.clients)
    moved = [{**SUBNET_A, "cidr": "10.10.9.0/24"}, {**SUBNET_B, "name": "three"}]
    with pytest.raises(BadInputError) as refused:
        lived.bring(
            lab_of(
                vpc={"cidr": "10.10.0.0/16", "subnets": moved},
                hosts=[{"name": "near", "subnet": "three"}],
                router={"subnet": "one", "throughput_mbps": 500, "loopback": "10.254.0.10"},
                amazon_asn=64600,
            )
        )
    for reported in (
        "vpc.subnets[].cidr: AWS cannot change it in place",
        "vpc.subnets[three].cidr: 10.10.2.0/24 overlaps 10.10.2.0/24 of the subnet two",
        "router.loopback: AWS cannot change it in place",
        "amazon_asn: AWS cannot change it in place",
        "router.throughput_mbps: only the router's first boot carries it; 'platform hardware throughput level MB 250'",
    ):
        assert reported in refused.value.text
    assert observed(lived.clients) == stood
    # A removed zone is no matter of one plain deployment: other stacks import its subnet.
    with pytest.raises(RefusedError, match="cannot be deleted as it is in use by"):
        FastDeployer(lived.clients, lab_of(**ONE_ZONE)).deploy(NOTHING_KEPT, {})
    assert observed(lived.clients) == stood
    # `up` has them let go of it first.
    lived.bring(lab_of(**ONE_ZONE))
    assert lived.deployments == 2
    assert observed(lived.clients)["associated"] == ["10.10.1.0/24"]
    lived.end(lab_of(**ONE_ZONE))


SUBNET_C = {"name": "three", "cidr": "10.10.3.0/24"}
THREE = {"cidr": "10.10.0.0/16", "subnets": [SUBNET_A, SUBNET_B, SUBNET_C]}
NEAR, FAR, THIRD = ({"name": name, "subnet": at} for name, at in (("near", "one"), ("far", "two"), ("third", "three")))


def test_a_plain_deployment_fails_and_rolls_back_where_only_up_has_the_order(region: Standalone) -> None:
    everything = {"vpc": THREE, "hosts": [NEAR, FAR, THIRD], "sites": of_sites(2)["sites"]}
    lived, lab = Lived(region), lab_of(**everything)
    lived.bring(lab)
    stood, ids = observed(lived.clients), instances(lived.clients)
    group = lab.groups[0].model_dump(mode="json", exclude_defaults=True)
    for changes, words in (
        # A subnet whose zone stays, then a zone: other stacks import them.
        ({"vpc": {**THREE, "subnets": [SUBNET_A, SUBNET_B]}, "hosts": [NEAR, FAR]}, "Subnetthree"),
        ({"vpc": {**THREE, "subnets": [SUBNET_A, SUBNET_C]}, "hosts": [NEAR, THIRD]}, "Subnettwo"),
        # What is the router's own cannot stand beside its successor.
        ({"router": {"subnet": "three"}}, "maximum number of Instance Connect Endpoints"),
        # The router is a member by IGMP.
        ({"groups": [{**group, "bridge": "static"}]}, "|239.1.1.1|"),
    ):
        with pytest.raises(RefusedError, match=re.escape(words)):
            FastDeployer(lived.clients, lab_of(**{**everything, **changes})).deploy(NOTHING_KEPT, {})
        assert (observed(lived.clients), instances(lived.clients)) == (stood, ids), words
    # A site that goes is in no plain deployment any more: its stack stays, and `up` deletes it.
    fewer = lab_of(**{**everything, "sites": of_sites(1)["sites"]})
    FastDeployer(lived.clients, fewer).deploy(NOTHING_KEPT, {})
    assert observed(lived.clients)["stacks"] == stood["stacks"]
    assert lived.bring(fewer).removed_stacks == ("pair-Site-site-1",)
    assert observed(lived.clients)["stacks"] == [name for name in stood["stacks"] if name != "pair-Site-site-1"]
    assert instances(lived.clients) == ids
    lived.end(fewer)


def test_the_aws_router_is_replaced_where_that_is_asked_for_and_nothing_else_is(region: Standalone) -> None:
    lived, lab = Lived(region), lab_of()
    lived.bring(lab)
    before, stood = instances(lived.clients), observed(lived.clients)
    plan = lived.bring(lab, replace_router=True)
    assert plan.effects == (("delete", ()), ("replace", ("the AWS router (as asked for)",)), ("restart", ()))
    after = instances(lived.clients)
    assert {name for name in before if before[name] != after[name]} == {ROUTER_TAG}
    assert observed(lived.clients) == stood
    lived.end(lab)
