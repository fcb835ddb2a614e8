"""Properties against AWS's published schemas, in CloudFormation's words; and that every property is accounted for."""

from __future__ import annotations

from typing import Any

import pytest

from awsregion.cfn.ledger import RESOURCES
from awsregion.cfn.schemas import Schema, schema
from awsregion.ministack_host import HOSTED_TYPES


def of(resource_type: str) -> Schema:
    found = schema(resource_type)
    assert found is not None
    return found


@pytest.mark.parametrize("resource_type", sorted(RESOURCES))
def test_aws_publishes_a_schema_for_every_type_of_ours(resource_type: str) -> None:
    assert of(resource_type).type == resource_type


@pytest.mark.parametrize("resource_type", sorted(set(HOSTED_TYPES) - {"AWS::CDK::Metadata"}))
def test_aws_publishes_a_schema_for_every_type_of_the_host(resource_type: str) -> None:
    assert of(resource_type).type == resource_type


@pytest.mark.parametrize(
    ("resource_type", "properties", "problem"),
    [
        ("VPC", {"CidrBlok": "10.0.0.0/16"}, "#: extraneous key [CidrBlok] is not permitted"),
        ("Subnet", {"CidrBlock": "10.0.0.0/24"}, "#: required key [VpcId] not found"),
        ("VPC", {"VpcId": "vpc-1"}, "#: Encountered unsupported property VpcId"),
        (
            "TransitGatewayMulticastDomain",
            {"TransitGatewayId": "tgw-1", "Options": {"igmpv2Support": "enable"}},
            "#/Options: extraneous key [igmpv2Support] is not permitted",
        ),
        ("TransitGateway", {"AmazonSideAsn": "many"}, "#/AmazonSideAsn: expected type: Integer, found: String"),
        ("TransitGateway", {"Tags": {"a": "b"}}, "#/Tags: expected type: Array, found: JSONObject"),
        ("VPC", {"EnableDnsSupport": "yes"}, "#/EnableDnsSupport: expected type: Boolean, found: String"),
    ],
)
def test_what_does_not_conform_is_said_as_cloudformation_says_it(
    resource_type: str, properties: dict[str, Any], problem: str
) -> None:
    assert of(f"AWS::EC2::{resource_type}").problems(properties) == [problem]


@pytest.mark.parametrize("value", [64512, "64512"])
def test_numbers_may_be_text(value: object) -> None:
    assert of("AWS::EC2::TransitGateway").problems({"AmazonSideAsn": value}) == []


def test_a_pattern_that_only_javascript_reads_refuses_nothing() -> None:
    assert of("AWS::SSM::Parameter").problems({"Type": "String", "Value": "v", "Tags": {"Name": "x"}}) == []
    trusted = {"AssumeRolePolicyDocument": {}, "Description": "mcastlab hosts"}
    assert of("AWS::IAM::Role").problems(trusted) == []


def test_the_schema_says_what_replaces() -> None:
    assert set(of("AWS::EC2::TransitGateway").create_only) == {"AmazonSideAsn", "MulticastSupport"}


@pytest.mark.parametrize("resource_type", sorted(RESOURCES))
def test_a_row_changes_only_what_the_schema_lets_change(resource_type: str) -> None:
    row, known = RESOURCES[resource_type], of(resource_type)
    named = {*row.changes, *row.replaced_by}
    assert named.isdisjoint(known.create_only)
    unknown = {f"#: extraneous key [{name}] is not permitted" for name in named}
    assert unknown.isdisjoint(known.problems(dict.fromkeys(named, "x")))
