"""Every property of every type is honoured, taken without effect for a reason, or refused by name: none is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.stacks import Stack, StackFailedError

from awsregion.cfn.ledger import HONOURED, RESOURCES, WITHOUT_EFFECT, dropped
from awsregion.cfn.schemas import schema
from awsregion.ministack_host import HOSTED_TYPES

if TYPE_CHECKING:
    from twin.awsregion.conftest import Served

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MAY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}


def writable(resource_type: str) -> set[str]:
    known = schema(resource_type)
    assert known is not None
    return set(known.properties) - set(known.read_only)


def test_every_type_of_the_region_has_its_row() -> None:
    assert set(HONOURED) == set(RESOURCES) | set(HOSTED_TYPES) - {"AWS::CDK::Metadata"}
    assert set(WITHOUT_EFFECT) <= set(HONOURED)


@pytest.mark.parametrize("resource_type", sorted(HONOURED))
def test_the_table_agrees_with_the_published_schema(resource_type: str) -> None:
    honoured, ignored = set(HONOURED[resource_type]), set(WITHOUT_EFFECT.get(resource_type, ()))
    assert honoured | ignored <= writable(resource_type)
    assert honoured.isdisjoint(ignored)
    refused = writable(resource_type) - honoured - ignored
    assert dropped(resource_type, {name: {} for name in writable(resource_type)}) == sorted(refused)


def test_every_reason_is_said() -> None:
    assert all(len(reason) > 10 for rows in WITHOUT_EFFECT.values() for reason in rows.values())


HOSTED: dict[str, dict[str, Any]] = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "Description": "hosts",
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
            "MaxSessionDuration": 7200,
            "Path": "/lab/",
            "Policies": [{"PolicyName": "inline", "PolicyDocument": MAY}],
            "RoleName": "ledger",
            "Tags": [{"Key": "Name", "Value": "ledger"}],
        },
    },
    "Policy": {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "own", "Roles": [{"Ref": "Role"}], "PolicyDocument": MAY},
    },
    "Profile": {
        "Type": "AWS::IAM::InstanceProfile",
        "Properties": {"InstanceProfileName": "ledger", "Path": "/lab/", "Roles": [{"Ref": "Role"}]},
    },
    "Parameter": {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "AllowedPattern": "^[a-z]+$",
            "DataType": "text",
            "Description": "said",
            "Name": "/ledger/one",
            "Tags": {"Name": "ledger"},
            "Tier": "Standard",
            "Type": "String",
            "Value": "demo",
        },
    },
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": "ledger-bucket",
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "RestrictPublicBuckets": True},
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    },
}


def test_what_the_host_s_types_honour_is_seen_through_their_services(served: Served) -> None:
    stack = Stack(served.client, "ledger")
    stack.create({"Resources": HOSTED})
    iam, ssm = served.client("iam"), served.client("ssm")
    role, asked = iam.get_role(RoleName="ledger")["Role"], HOSTED["Role"]["Properties"]
    for name in ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path"):
        assert role[name] == asked[name], name
    assert asked["Tags"][0] in iam.list_role_tags(RoleName="ledger")["Tags"]
    (attached,) = iam.list_attached_role_policies(RoleName="ledger")["AttachedPolicies"]
    assert attached["PolicyArn"] == asked["ManagedPolicyArns"][0]
    assert set(iam.list_role_policies(RoleName="ledger")["PolicyNames"]) == {"inline", "own"}
    assert iam.get_role_policy(RoleName="ledger", PolicyName="own")["PolicyDocument"] == MAY
    profile = iam.get_instance_profile(InstanceProfileName="ledger")["InstanceProfile"]
    assert (profile["Path"], [one["RoleName"] for one in profile["Roles"]]) == ("/lab/", ["ledger"])
    (parameter,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": ["/ledger/one"]}])["Parameters"]
    for name in ("AllowedPattern", "DataType", "Description", "Tier", "Type"):
        assert parameter[name] == HOSTED["Parameter"]["Properties"][name], name
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/ledger/one")["TagList"]
    assert {"Key": "Name", "Value": "ledger"} in tags
    s3 = served.client("s3")
    assert s3.get_bucket_versioning(Bucket="ledger-bucket")["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket="ledger-bucket")["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicAcls"], block["RestrictPublicBuckets"]) == (True, True)
    stack.delete()


@pytest.mark.parametrize(
    ("logical_id", "properties", "words"),
    [
        ("Role", {"PermissionsBoundary": "arn:aws:iam::aws:policy/x"}, "PermissionsBoundary of AWS::IAM::Role"),
        ("Bucket", {"WebsiteConfiguration": {"IndexDocument": "i"}}, "WebsiteConfiguration of AWS::S3::Bucket"),
        ("Profile", {"Roles": ["nobody"]}, "The role with name nobody cannot be found"),
    ],
)
def test_what_the_host_would_drop_is_refused(
    served: Served, logical_id: str, properties: dict[str, Any], words: str
) -> None:
    own = HOSTED[logical_id]
    stack = Stack(served.client, "refused")
    with pytest.raises(StackFailedError, match=words):
        stack.create({"Resources": {logical_id: own | {"Properties": own["Properties"] | properties}}})
    stack.delete()
