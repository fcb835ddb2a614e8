"""Which resource types the region has, and which of their properties it honours: whatever is not here is refused.

A property is honoured where its value can be seen again through the service's API or in what the fabric does. A few
are taken without effect, each with the reason; they are those that `cdk bootstrap` writes. All others of a type's
published schema are refused by name before the resource is made.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from awsregion.cfn.compute import COMPUTE
from awsregion.cfn.groups import GROUPS
from awsregion.cfn.network import NETWORK
from awsregion.cfn.transit import TRANSIT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from awsregion.cfn.resource import Resource

RESOURCES: Final[Mapping[str, Resource]] = MappingProxyType(
    {row.type: row for row in (*NETWORK, *GROUPS, *COMPUTE, *TRANSIT)}
)
"""Every AWS::EC2 resource type of the region."""

HONOURED: Final[Mapping[str, Collection[str]]] = MappingProxyType(
    {name: row.honoured for name, row in RESOURCES.items()}
    | {
        "AWS::ECR::Repository": (
            *("EmptyOnDelete", "ImageScanningConfiguration", "ImageTagMutability", "LifecyclePolicy"),
            *("RepositoryName", "RepositoryPolicyText", "Tags"),
        ),
        "AWS::IAM::InstanceProfile": ("InstanceProfileName", "Path", "Roles"),
        "AWS::IAM::ManagedPolicy": (
            *("Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"),
        ),
        "AWS::IAM::Policy": ("Groups", "PolicyDocument", "PolicyName", "Roles", "Users"),
        "AWS::IAM::Role": (
            *("AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path"),
            *("Policies", "RoleName", "Tags"),
        ),
        "AWS::KMS::Alias": ("AliasName", "TargetKeyId"),
        "AWS::KMS::Key": ("Description", "EnableKeyRotation", "Enabled", "KeyPolicy", "KeySpec", "KeyUsage", "Tags"),
        "AWS::S3::Bucket": (
            *("BucketName", "CorsConfiguration", "PublicAccessBlockConfiguration", "VersioningConfiguration"),
        ),
        "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
        "AWS::SSM::Parameter": (
            *("AllowedPattern", "DataType", "Description", "Name", "Policies", "Tags", "Tier", "Type", "Value"),
        ),
    }
)
"""The properties that are honoured, by type."""

WITHOUT_EFFECT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "AWS::S3::Bucket": MappingProxyType(
            {
                "AccessControl": "the region has one account and no authentication",
                "BucketEncryption": "objects are files that only their owner may read; they are not encrypted",
                "LifecycleConfiguration": "nothing expires: a region does not last as long",
                "OwnershipControls": "the region has one account",
                "Tags": "tags of buckets are not listed by anything in the region",
            }
        ),
    }
)
"""The properties that are taken without effect, by type, and why."""


def dropped(resource_type: str, properties: Mapping[str, Any]) -> list[str]:
    """Return what is given and would have no effect; CDK's own metadata has none by its nature."""
    if resource_type not in HONOURED:
        return []
    taken = {*HONOURED[resource_type], *WITHOUT_EFFECT.get(resource_type, {})}
    return sorted(name for name in properties if name not in taken)
