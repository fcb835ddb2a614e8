"""Which actions of AWS the toolkit needs, from what it is made of.

CloudFormation acts with the permissions of whoever deploys: so come those of each resource type of our templates, as
its schema lists them for its handlers. What our adapters ask is read in their source.
Source: CloudFormation user guide, Resource type schema, "handlers".
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from botocore import xform_name

from awsregion.cfn import schemas
from mcastlab.aws.resource_kinds import KINDS
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SERVICES: Final[Mapping[str, str]] = {
    "cloudformation": "cloudformation",
    "ec2": "ec2",
    "ec2-instance-connect": "ec2-instance-connect",
    "iam": "iam",
    "secretsmanager": "secretsmanager",
    "service-quotas": "servicequotas",
    "resourcegroupstaggingapi": "tag",
    "ssm": "ssm",
    "sts": "sts",
}
"""The services that adapters ask, by botocore's name, with IAM's prefix. Source: Service Authorization Reference."""

CDK: Final = (
    *("CreateChangeSet", "DeleteChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeEvents"),
    *(
        "DescribeStackEvents",
        "DescribeStacks",
        "DeleteStack",
        "GetTemplate",
        "GetTemplateSummary",
        "ListStackResources",
    ),
    *("ListStacks", "UpdateTerminationProtection"),
)
"""What the CDK command line asks of CloudFormation. Source: `aws-cdk`, its calls against the region."""

BESIDE: Final[Mapping[str, str]] = {
    "ssm:GetParameters": "CloudFormation reads the parameters that name images",
    "ec2:DescribeImages": "CloudFormation looks whether a parameter's image is one",
    "ec2:DescribeAvailabilityZones": "the CDK command line asks for zones",
    "ec2-instance-connect:OpenTunnel": "the way to the AWS router and hosts",
}
"""What neither schemas nor sources show, each with who needs it."""

UNUSED: Final[Mapping[str, tuple[str, ...]]] = {
    r"logs:.*": ("VPNConnection.VpnTunnelOptionsSpecifications.LogOptions",),
    r"vpc-lattice:.*": ("VPCEndpoint.ServiceNetworkArn",),
    r"vpce:.*": ("VPCEndpoint.ServiceRegion",),
    r"ssm:\w+Associations?": ("Instance.SsmAssociations",),
    r"ec2:AllocateIpamPoolCidr": ("VPCCidrBlock.Ipv4IpamPoolId", "VPCCidrBlock.Ipv6IpamPoolId"),
    r"ec2:(Una|A)ssignIpv6Addresses": ("NetworkInterface.Ipv6Addresses", "NetworkInterface.Ipv6AddressCount"),
    r"ec2:(Dis|As)\w+SubnetCidrBlock": ("Subnet.Ipv6CidrBlock",),
    r"ec2:(At|De)tachVolume": ("Instance.Volumes",),
    r"ec2:CreateVpcEncryptionControl": ("VPC.VpcEncryptionControl",),
    r"ec2:DescribeLaunchTemplate\w+": ("Instance.LaunchTemplate",),
    r"ec2:Modify\w+DnsNameOptions": (
        "Instance.PrivateDnsNameOptions",
        "NetworkInterface.PublicIpDnsHostnameTypeSpecification",
    ),
    r"ec2:ModifyInstanceCreditSpecification": ("Instance.CreditSpecification",),
    r"ec2:ModifyInstancePlacement": ("Instance.Affinity", "Instance.HostId", "Instance.PlacementGroupName"),
    r"ec2:ModifyTransitGatewayOptions": (),  # EC2 has no such action
    r"ec2:(Unm|M)onitorInstances": ("Instance.Monitoring",),
    r"iam:\w+PermissionsBoundary": ("Role.PermissionsBoundary",),
    r"iam:(Put|Delete)RolePolicy": ("Role.Policies",),
    r"iam:UpdateRole(Description)?": ("Role.Description", "Role.MaxSessionDuration"),
}
"""Permissions that a handler needs for such properties alone, none of which a template of ours has."""

WITHOUT_OPERATION: Final = frozenset({"iam:PassRole", "ec2-instance-connect:OpenTunnel"})
"""Permissions that are no operation of an API."""


def deployed(types: Iterable[str]) -> frozenset[str]:
    """Return what CloudFormation needs to create, read, update and delete resources of these types."""
    handlers = {kind: schema(kind).get("handlers", {}) for kind in types}
    needed = {
        permission
        for of_type in handlers.values()
        for name, handler in of_type.items()
        if name != "list"
        for permission in handler["permissions"]
    }
    return frozenset(each for each in needed if not any(re.fullmatch(pattern, each) for pattern in UNUSED))


def asked() -> frozenset[str]:
    """Return what our own code asks of AWS."""
    used = {kind.operation for kind in KINDS}
    for path in (PROJECT / "scripts" / "mcastlab").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                    used.add(name)
    return frozenset(
        f"{prefix}:{action}"
        for service, prefix in SERVICES.items()
        for action in operations(service)
        if xform_name(action) in used
    )


@cache
def operations(service: str) -> frozenset[str]:
    """Return the operations of a service by botocore's model."""
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)


def schema(kind: str) -> Any:
    """Return AWS's schema of a resource type as it was published, handlers and all."""
    found = schemas.schema(kind)
    assert found is not None, kind
    return found._document  # noqa: SLF001  (the region itself needs no handlers)


def needed(types: Iterable[str]) -> dict[str, list[str]]:
    """Return the actions by what they are for."""
    cloudformation = {f"cloudformation:{each}" for each in CDK}
    use = asked() | set(BESIDE)
    deploy = deployed(types) | cloudformation | {each for each in use if each.startswith("cloudformation:")}
    return {"deploy": sorted(deploy), "use": sorted(use - deploy)}
