"""The account is looked at before anything is made: each problem is reported with what to do, all at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from documents import document, of_sites

from mcastlab.aws.account_quotas import AppliedQuotas
from mcastlab.aws.clients import ExpiredCredentialsError
from mcastlab.aws.preflight import preflight, refuse_unready
from mcastlab.lab.design.names import ssm_services, stack_names
from mcastlab.lab.design.quotas import QUOTAS, resources
from mcastlab.lab.document import parse
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.aws.preflight import Preflight
    from mcastlab.lab.model import Lab


def looked_at(clients: Any, lab: Lab) -> Preflight:
    """Look at an account, for a router of an image of its own."""
    return preflight(clients, lab, "ami-1")


def paginator(**page: Any) -> Any:
    return SimpleNamespace(paginate=lambda **_: [page])


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said by AWS"}}, "AnOperation")


def account(
    *,
    vpcs: int = 0,
    stacks: tuple[str, ...] = (),
    status: str = "CREATE_COMPLETE",
    quotas: tuple[tuple[str, float], ...] | None = None,
    zones: tuple[str, ...] = ("us-east-1a",),
    dry_run: str = "DryRunOperation",
    subnets: bool = True,
    running: int = 0,
    endpoints: dict[str, tuple[str, ...]] | None = None,
    missing: dict[str, str] | None = None,
    taken: int = 0,
    simulated: str = "allowed",
) -> Any:
    """An account as its API tells it."""

    def run_instances(**asked: Any) -> Any:
        assert asked["DryRun"] is True
        # Without a subnet, an account without a default VPC would say so and nothing else.
        assert asked.get("SubnetId") == ("subnet-in-a" if subnets else None)
        # Of the image that the router is to boot, whatever AWS has published since.
        assert asked["ImageId"] == "ami-1"
        raise refusal(dry_run)

    def quotas_of(_name: str) -> Any:
        if quotas is None:
            raise refusal("AccessDeniedException")
        return paginator(Quotas=[{"QuotaName": name, "Value": value} for name, value in quotas])

    services: dict[str, tuple[str, ...]] = {f"ssm{tail}": ("us-east-1a", "us-east-1b") for tail in ("", "messages")}
    services |= {"ec2messages": ("us-east-1a", "us-east-1b"), **(endpoints or {})}
    pages: dict[str, dict[str, Any]] = {
        "describe_instances": {"Reservations": [{"Instances": [{"InstanceType": "t3.micro"}] * running}]},
        "describe_instance_connect_endpoints": {"InstanceConnectEndpoints": [{"State": "create-complete"}] * taken},
        "describe_vpc_endpoint_services": {
            "ServiceDetails": [
                {"ServiceName": f"com.amazonaws.us-east-1.{name}", "AvailabilityZones": list(zones)}
                for name, zones in services.items()
                if zones
            ]
        },
    }

    def listed(action: str) -> Any:
        if action in (missing or {}):
            raise refusal((missing or {})[action])
        return {}

    offered = [{"InstanceType": kind, "Location": zone} for kind in ("c5n.large", "m5n.large") for zone in zones]
    gone = [{"State": "deleted"}] * 60

    def simulation(**asked: Any) -> Any:
        if simulated not in {"allowed", "implicitDeny"}:
            raise refusal(simulated)
        decided = [{"EvalActionName": name, "EvalDecision": simulated} for name in asked["ActionNames"]]
        return [{"EvaluationResults": decided}]

    return SimpleNamespace(
        sts=SimpleNamespace(get_caller_identity=lambda: {"Arn": "arn:aws:iam::123456789012:user/ci"}),
        iam=SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=simulation)),
        cloudformation=SimpleNamespace(
            get_paginator=lambda _: paginator(Stacks=[{"StackName": name, "StackStatus": status} for name in stacks])
        ),
        service_quotas=SimpleNamespace(get_paginator=quotas_of),
        ec2=SimpleNamespace(
            describe_subnets=lambda: {
                "Subnets": [
                    {"SubnetId": f"subnet-in-{letter}", "AvailabilityZone": f"us-east-1{letter}"} for letter in "ba"
                ][: 2 * subnets]
            },
            describe_vpcs=lambda: {"Vpcs": [{}] * vpcs},
            describe_transit_gateways=lambda: {"TransitGateways": []},
            describe_customer_gateways=lambda: {"CustomerGateways": gone},
            describe_vpn_connections=lambda: {"VpnConnections": gone},
            describe_transit_gateway_multicast_domains=lambda: listed("describe_transit_gateway_multicast_domains"),
            describe_instance_connect_endpoints=lambda: listed("describe_instance_connect_endpoints"),
            get_paginator=lambda name: paginator(**pages[name]),
            describe_instance_types=lambda InstanceTypes: {  # noqa: N803  (the API's name)
                "InstanceTypes": [{"InstanceType": kind, "VCpuInfo": {"DefaultVCpus": 2}} for kind in InstanceTypes]
            },
            describe_instance_type_offerings=lambda **_: {"InstanceTypeOfferings": offered},
            run_instances=run_instances,
        ),
    )


def test_an_account_that_is_ready_has_no_problem_and_what_is_deleted_counts_for_nothing(lab: Lab) -> None:
    found = looked_at(account(vpcs=4), lab)
    assert found.problems == ()
    assert "VPCs per Region" in found.assumed
    (why,) = found.unanswered
    assert why == "reading the account's quotas: AWS answered AccessDeniedException: said by AWS"
    refuse_unready(found)


def test_the_account_s_own_quota_beats_the_default(lab: Lab) -> None:
    assert looked_at(account(vpcs=5), lab).problems
    found = looked_at(account(vpcs=5, quotas=(("VPCs per Region", 20.0),)), lab)
    assert not found.problems
    assert "VPCs per Region" not in found.assumed


def test_what_is_deployed_already_needs_no_quota_so_that_up_goes_on(lab: Lab) -> None:
    assert not looked_at(account(vpcs=5, stacks=stack_names(lab)), lab).problems


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_holds_nothing_needs_its_quota_yet(lab: Lab, status: str) -> None:
    assert looked_at(account(vpcs=5, stacks=stack_names(lab), status=status), lab).problems


def test_a_lab_of_many_sites_needs_rules_that_are_asked_for() -> None:
    many = parse(of_sites(20), "document")
    (problem,) = looked_at(account(), many).problems
    assert "Inbound or outbound rules per security group: 0 of 60 are taken, and the lab needs 64 more" in problem.what
    assert "ask for 64 of 'Inbound or outbound rules per security group' in Service Quotas" in problem.remedy
    raised = (("Inbound or outbound rules per security group", 64.0),)
    assert not looked_at(account(quotas=raised), many).problems


def test_all_problems_are_reported_at_once_with_what_to_do(lab: Lab) -> None:
    found = looked_at(account(vpcs=5, zones=("us-east-1b",), dry_run="OptInRequired"), lab)
    with pytest.raises(RefusedError) as refused:
        refuse_unready(found)
    for words in (
        "VPCs per Region: 5 of 5 are taken, and the lab needs 1 more",
        "c5n.large is not offered in us-east-1a",
        "m5n.large is not offered in us-east-1a",
        "has not subscribed to the router's image ami-1: said by AWS",
    ):
        assert words in refused.value.text
    assert "AWS Marketplace" in refused.value.hint


def test_what_aws_gave_no_answer_to_is_said_and_stops_nothing(lab: Lab) -> None:
    found = looked_at(account(dry_run="VPCIdNotSpecified", subnets=False), lab)
    assert not found.problems
    _, said = found.unanswered
    assert said.endswith("shows when it is launched: there is no subnet yet to ask with")
    assert not looked_at(account(quotas=()), lab).unanswered
    (said,) = looked_at(account(quotas=(), dry_run="UnauthorizedOperation"), lab).unanswered
    assert said.endswith("shows when it is launched: AWS answered UnauthorizedOperation")


CPUS = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"


def test_virtual_cpus_are_counted_where_the_account_tells_its_quota(lab: Lab) -> None:
    assert not looked_at(account(running=50), lab).problems
    assert not looked_at(account(running=1, quotas=((CPUS, 8.0),)), lab).problems
    (problem,) = looked_at(account(running=2, quotas=((CPUS, 8.0),)), lab).problems
    assert f"{CPUS}: 4 of 8 are taken, and the lab needs 6 more" in problem.what
    deployed = account(running=4, quotas=((CPUS, 8.0),), stacks=stack_names(lab))
    assert not looked_at(deployed, lab).problems


def test_a_zone_or_region_without_an_endpoint_service_is_a_problem(lab: Lab) -> None:
    found = looked_at(account(endpoints={"ssm": (), "ec2messages": ("us-east-1b",)}), lab)
    assert [each.what for each in found.problems] == [
        "us-east-1 has no VPC endpoints for ssm",
        "us-east-1a has no VPC endpoints for ec2messages",
    ]


def test_a_newer_region_needs_no_endpoint_for_ec2messages() -> None:
    assert ssm_services("mx-central-1") == ("ssm", "ssmmessages")
    newer = parse({**document(), "region": "mx-central-1"}, "document")
    assert resources(newer).interface_endpoints == 2


@pytest.mark.parametrize(
    ("action", "feature"),
    [
        ("describe_transit_gateway_multicast_domains", "Transit Gateway multicast"),
        ("describe_instance_connect_endpoints", "EC2 Instance Connect Endpoint"),
    ],
)
def test_a_feature_that_the_region_has_not_is_a_problem(lab: Lab, action: str, feature: str) -> None:
    (problem,) = looked_at(account(missing={action: "InvalidAction"}), lab).problems
    assert problem.what == f"us-east-1 has no {feature}"


def test_a_question_that_may_not_be_asked_is_reported_once_and_stops_nothing(lab: Lab) -> None:
    found = looked_at(account(missing={"describe_transit_gateway_multicast_domains": "UnauthorizedOperation"}), lab)
    assert not found.problems
    assert [each for each in found.unanswered if "UnauthorizedOperation" in each] == [
        "asking what the Region has: AWS answered UnauthorizedOperation: said by AWS"
    ]


def test_expired_credentials_end_it_at_once_with_what_to_do(lab: Lab) -> None:
    with pytest.raises(ExpiredCredentialsError) as refused:
        looked_at(account(missing={"describe_transit_gateway_multicast_domains": "RequestExpired"}), lab)
    assert "have expired" in refused.value.text
    assert "the same command then goes on" in refused.value.hint
    assert refused.value.exit_code == 3


def test_connect_endpoints_are_counted_where_the_account_tells_how_many_it_may_have(lab: Lab) -> None:
    reported = (("EC2 Instance Connect Endpoints per Region", 5.0),)
    assert not looked_at(account(taken=5), lab).problems, "its value may have been raised under another name"
    (problem,) = looked_at(account(taken=5, quotas=reported), lab).problems
    assert "EC2 Instance Connect Endpoints per Region: 5 of 5 are taken, and the lab needs 1 more" in problem.what


def test_a_quota_is_known_by_its_code_whatever_it_is_called() -> None:
    values = {("vpc", "L-F678F1CE"): 20, ("vpc", "another name"): 20}
    (vpcs,) = (each for each in QUOTAS if each.name == "VPCs per Region")
    assert AppliedQuotas(values).of(vpcs) == 20


def test_a_caller_who_may_not_deploy_is_refused_and_one_who_may_not_ask_goes_on(lab: Lab) -> None:
    (problem,) = looked_at(account(simulated="implicitDeny"), lab).problems
    assert problem.what.startswith("arn:aws:iam::123456789012:user/ci may not do what the deployment does: ")
    found = looked_at(account(quotas=(), simulated="AccessDenied"), lab)
    assert not found.problems
    assert found.unanswered == ("simulating this caller's permissions: AWS answered AccessDenied: said by AWS",)
