"""Faults on demand, for every resource of the default lab: a failed creation leaves nothing, deletion is retried."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError
from twin.awsregion.stacks import Stack, StackFailedError, left_over

from awsregion.control import RegionControl
from awsregion.faults import ANYTHING, RegionFault, RegionFaults
from mcastlab.aws.clients import Clients
from mcastlab.aws.images import images_of
from mcastlab.aws.preflight import preflight, refuse_unready
from mcastlab.lab.design.names import ROUTER_TAG, stack_names
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from series import Sampled
    from twin.awsregion.conftest import Served

    from mcastlab.lab.model import Lab

    Templates = dict[str, dict[str, Any]]

pytestmark = pytest.mark.process

IN_GATE: Final = 12
"""So many resources, of each stack some."""


@pytest.fixture(scope="module")
def templates(lab: Lab, assembly: Path) -> Templates:
    """The default lab's templates in the order of deployment."""
    names = stack_names(lab)
    return {name: json.loads((assembly / f"{name}.template.json").read_text(encoding="utf-8")) for name in names}


@pytest.fixture
def faulty(served: Served) -> Iterator[RegionControl]:
    """The region's control; nothing is to fail after the test."""
    control = RegionControl(served.control)
    yield control
    asyncio.run(control.clear_faults())


def resources_of(templates: Templates) -> list[tuple[str, str]]:
    """Return the stack and the logical ID of each resource."""
    return [
        (stack, logical_id)
        for stack, template in templates.items()
        for logical_id, one in template["Resources"].items()
        if one["Type"] != "AWS::CDK::Metadata"
    ]


def fail(control: RegionControl, what: Any, target: str, times: int | None = 1) -> None:
    asyncio.run(control.fail(RegionFault(what=what, target=target, times=times)))


def test_a_failed_creation_of_any_resource_leaves_nothing(
    served: Served, faulty: RegionControl, templates: Templates, sampled: Sampled
) -> None:
    before = left_over(served.client)
    standing: list[Stack] = []
    chosen = sampled(resources_of(templates), gate=IN_GATE)
    assert {stack for stack, _ in chosen} == set(templates)
    for name, template in templates.items():
        held = left_over(served.client)
        for logical_id in (each for stack, each in chosen if stack == name):
            stack = Stack(served.client, name)
            fail(faulty, "create", logical_id)
            with pytest.raises(StackFailedError):
                stack.create(template)
            assert stack.status() == "ROLLBACK_COMPLETE", logical_id
            assert any(f"create of {logical_id} fails" in reason for reason in stack.failures())
            assert left_over(served.client) == held, logical_id
            stack.delete()
        stack = Stack(served.client, name)
        stack.create(template)
        standing.append(stack)
    for stack in reversed(standing):
        stack.delete()
    assert left_over(served.client) == before


def test_a_failed_deletion_of_any_resource_can_be_retried_to_nothing(
    served: Served, faulty: RegionControl, templates: Templates, sampled: Sampled
) -> None:
    before = left_over(served.client)
    chosen = sampled(resources_of(templates), gate=IN_GATE)
    assert {stack for stack, _ in chosen} == set(templates)
    stacks = {name: Stack(served.client, name) for name in templates}
    for name, stack in stacks.items():
        stack.create(templates[name])
    for name, template in reversed(templates.items()):
        held = None
        for logical_id in (ids := [each for stack, each in chosen if stack == name]):
            stack = stacks[name]
            fail(faulty, "delete", logical_id)
            with pytest.raises(StackFailedError):
                stack.delete()
            assert stack.status() == "DELETE_FAILED", logical_id
            assert logical_id in stack.ids()
            stack.delete()
            left = left_over(served.client)
            held = held or left
            assert left == held, logical_id
            if logical_id != ids[-1]:
                stack.create(template)
    assert left_over(served.client) == before


GATEWAY = {"Type": "AWS::EC2::TransitGateway", "Properties": {"MulticastSupport": "enable", "Description": "one"}}
DOMAIN = {"Type": "AWS::EC2::TransitGatewayMulticastDomain", "Properties": {"TransitGatewayId": {"Ref": "Gateway"}}}
SMALL = {"Resources": {"Gateway": GATEWAY, "Domain": DOMAIN}}


def test_a_type_fails_as_often_as_was_asked(served: Served, faulty: RegionControl) -> None:
    fail(faulty, "create", "AWS::EC2::TransitGatewayMulticastDomain", times=2)
    stack = Stack(served.client, "often")
    for _ in range(2):
        with pytest.raises(StackFailedError):
            stack.create(SMALL)
        stack.delete()
    stack.create(SMALL)
    fail(faulty, "delete", "Domain", times=None)
    for _ in range(2):
        with pytest.raises(StackFailedError):
            stack.delete()
        assert set(stack.ids()) == {"Domain", "Gateway"}
    asyncio.run(faulty.clear_faults())
    stack.delete()


def test_a_failed_change_goes_back_to_what_was(served: Served, faulty: RegionControl) -> None:
    stack = Stack(served.client, "changed")
    stack.create(SMALL)
    fail(faulty, "update", "Domain")
    tagged = DOMAIN["Properties"] | {"Tags": [{"Key": "Name", "Value": "d"}]}  # type: ignore[operator]  # a dict
    gateway = GATEWAY | {"Properties": GATEWAY["Properties"] | {"Description": "two"}}  # type: ignore[operator]  # a dict
    with pytest.raises(StackFailedError):
        stack.update({"Resources": {"Gateway": gateway, "Domain": DOMAIN | {"Properties": tagged}}})
    assert stack.status() == "UPDATE_ROLLBACK_COMPLETE"
    shown = served.client("ec2").describe_transit_gateways(TransitGatewayIds=[stack.ids()["Gateway"]])
    assert shown["TransitGateways"][0]["Description"] == "one"
    stack.delete()


@pytest.mark.parametrize(
    ("request_of", "action", "code"),
    [
        (("ec2", "describe_vpcs"), "DescribeVpcs", "RequestLimitExceeded"),
        (("cloudformation", "list_stacks"), "cloudformation:ListStacks", "Throttling"),
        (("ssm", "describe_parameters"), "ssm:*", "ThrottlingException"),
        (("s3", "list_buckets"), "s3:*", "SlowDown"),
    ],
)
def test_requests_are_throttled_in_the_service_s_own_words(
    served: Served, faulty: RegionControl, request_of: tuple[str, str], action: str, code: str
) -> None:
    fail(faulty, "throttle", action)
    request = getattr(served.client(request_of[0]), request_of[1])
    with pytest.raises(ClientError) as caught:
        request()
    assert caught.value.response["Error"]["Code"] == code
    request()


def test_the_toolkit_asks_again_what_was_throttled(
    served: Served, faulty: RegionControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    asyncio.run(faulty.fail(RegionFault(what="throttle", target="DescribeVpcs", times=2)))
    assert "Vpcs" in Clients("us-east-1").ec2.describe_vpcs()
    assert asyncio.run(faulty.faults()) == ()


def test_cloudformation_waits_for_a_state_that_is_slow(served: Served, faulty: RegionControl) -> None:
    ec2, stack = served.client("ec2"), Stack(served.client, "slow")
    asyncio.run(faulty.delay("AWS::EC2::TransitGateway", 0.6))
    try:
        stack.cfn.create_stack(StackName="slow", TemplateBody=json.dumps(SMALL))
        waiting, reported = set(), ""
        for state in states_until(ec2, "available"):
            # Reported before the state was seen: while it is pending, nothing may have been called complete.
            waiting |= {reported} if state == "pending" else set()
            reported = resource_status(stack, "Gateway")
        stack.wait("stack_create_complete")
        stack.cfn.delete_stack(StackName="slow")
        leaving = set(states_until(ec2, "deleted"))
        stack.wait("stack_delete_complete")
    finally:
        asyncio.run(faulty.delay("AWS::EC2::TransitGateway", 0.02))
    assert waiting - {""} == {"CREATE_IN_PROGRESS"}
    assert "deleting" in leaving


def resource_status(stack: Stack, logical_id: str) -> str:
    """Return what the stack's last event tells of a resource."""
    events = stack.cfn.describe_stack_events(StackName=stack.name)["StackEvents"]
    return next(str(one["ResourceStatus"]) for one in events if one["LogicalResourceId"] == logical_id)


def states_until(ec2: Any, last: str) -> Iterator[str]:
    """Yield the state of the youngest gateway until it is the last one."""
    end = time.monotonic() + 20
    state = ""
    while state != last:
        assert time.monotonic() < end, state
        shown = ec2.describe_transit_gateways()["TransitGateways"]
        if shown:
            state = str(shown[-1]["State"])
            # What was there before is deleted: it is not what begins.
            if state == "deleted" != last:
                continue
            yield state


def test_a_type_without_states_is_not_delayed(faulty: RegionControl) -> None:
    with pytest.raises(RefusedError, match="AWS::EC2::VPC has no states that take time"):
        asyncio.run(faulty.delay("AWS::EC2::VPC", 1))


def test_a_stack_goes_although_its_attachment_was_lost(
    served: Served, faulty: RegionControl, templates: Templates
) -> None:
    before = left_over(served.client)
    name = next(iter(templates))
    stack = Stack(served.client, name)
    stack.create(templates[name])
    (lost,) = [one for one in stack.ids().values() if one.startswith("tgw-attach-") and "|" not in one]
    asyncio.run(faulty.lose(lost))
    (shown,) = served.client("ec2").describe_transit_gateway_attachments(TransitGatewayAttachmentIds=[lost])[
        "TransitGatewayAttachments"
    ]
    assert shown["State"] in {"deleting", "deleted"}
    stack.delete()
    assert left_over(served.client) == before


def test_a_fault_strikes_what_it_names_and_no_more() -> None:
    faults = RegionFaults()
    faults.add(RegionFault(what="create", target="Gateway", times=2))
    assert not faults.strike("delete", "Gateway")
    assert not faults.strike("create", "Vpc", "AWS::EC2::VPC")
    assert [faults.strike("create", "Gateway", "AWS::EC2::TransitGateway") for _ in range(3)] == [True, True, False]
    faults.add(RegionFault(what="delete", target=ANYTHING, times=None))
    assert all(faults.strike("delete", "Any") for _ in range(5))
    faults.clear()
    assert faults.all() == ()


def test_an_image_that_is_not_subscribed_to_is_refused_also_in_a_dry_run(
    served: Served, faulty: RegionControl, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    clients = Clients(lab.region)
    ec2 = served.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    image = images_of(clients, lab).wanted[ROUTER_TAG]
    assert preflight(clients, lab, image).unanswered == ()
    fail(faulty, "unsubscribe", "*", times=None)
    with pytest.raises(RefusedError) as refused:
        refuse_unready(preflight(clients, lab, image))
    assert f"has not subscribed to the router's image {image}" in refused.value.text
    assert "https://aws.amazon.com/marketplace/pp?sku=" in refused.value.text
    asyncio.run(faulty.clear_faults())
    assert preflight(clients, lab, image).problems == ()
    alive = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    assert ec2.describe_instances(Filters=alive)["Reservations"] == []
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_quotas_are_reported_as_they_are_enforced(served: Served) -> None:
    client = served.client("service-quotas")
    reported = {each["QuotaName"]: each["Value"] for each in client.list_service_quotas(ServiceCode="vpc")["Quotas"]}
    assert reported["VPCs per Region"] == 5
    one = client.get_service_quota(ServiceCode="vpc", QuotaCode="L-0EA8095F")["Quota"]
    assert one["Value"] == reported["Inbound or outbound rules per security group"] == 60
    for code in ("L-00000000", "L-F678F1CE"):
        with pytest.raises(ClientError, match="NoSuchResourceException"):
            client.get_service_quota(ServiceCode="ec2", QuotaCode=code)


@pytest.mark.parametrize(
    ("service", "method", "codes"),
    [
        ("ec2", "describe_vpcs", ("UnauthorizedOperation", "RequestExpired")),
        ("cloudformation", "list_stacks", ("AccessDenied", "ExpiredToken")),
        ("ssm", "describe_instance_information", ("AccessDeniedException", "ExpiredTokenException")),
    ],
)
def test_an_action_is_denied_or_finds_the_token_expired_in_the_words_of_its_service(
    served: Served, faulty: RegionControl, service: str, method: str, codes: tuple[str, str]
) -> None:
    client = served.client(service)
    action = "".join(word.capitalize() for word in method.split("_"))
    for what, code in zip(("deny", "expire"), codes, strict=True):
        fail(faulty, what, f"{service}:{action}")
        with pytest.raises(ClientError) as refused:
            getattr(client, method)()
        assert refused.value.response["Error"]["Code"] == code
        getattr(client, method)()


def test_an_action_that_a_handler_is_denied_fails_the_stack_and_leaves_nothing(
    served: Served, faulty: RegionControl, templates: Templates
) -> None:
    before = left_over(served.client)
    name = next(iter(templates))
    fail(faulty, "deny", "CreateTransitGateway")
    stack = Stack(served.client, name)
    with pytest.raises(StackFailedError, match="not authorized to perform: ec2:CreateTransitGateway"):
        stack.create(templates[name])
    stack.delete()
    assert left_over(served.client) == before
