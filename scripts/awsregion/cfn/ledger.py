"""Which properties of which resource types the region honours: one table, and whatever is not in it is refused.

A property is honoured where its value can be seen again through the service's API or in what the fabric does. A few
are taken without effect, each with the reason; they are those that `cdk bootstrap` writes. All others of a type's
published schema are refused by name before the resource is made.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HONOURED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "AWS::EC2::CustomerGateway": ("BgpAsn", "BgpAsnExtended", "DeviceName", "IpAddress", "Tags", "Type"),
        "AWS::EC2::FlowLog": (
            *("DeliverLogsPermissionArn", "LogDestination", "LogDestinationType", "LogFormat", "LogGroupName"),
            *("MaxAggregationInterval", "ResourceId", "ResourceType", "Tags", "TrafficType"),
        ),
        "AWS::EC2::Instance": (
            *("AvailabilityZone", "BlockDeviceMappings", "DisableApiTermination", "EbsOptimized"),
            *("IamInstanceProfile", "ImageId", "InstanceInitiatedShutdownBehavior", "InstanceType", "KeyName"),
            *("LaunchTemplate", "MetadataOptions", "Monitoring", "NetworkInterfaces", "PrivateIpAddress"),
            *("PropagateTagsToVolumeOnCreation", "SecurityGroupIds", "SourceDestCheck", "SubnetId", "Tags", "UserData"),
        ),
        "AWS::EC2::InstanceConnectEndpoint": (
            "ClientToken",
            "PreserveClientIp",
            "SecurityGroupIds",
            "SubnetId",
            "Tags",
        ),
        "AWS::EC2::KeyPair": ("KeyFormat", "KeyName", "KeyType", "PublicKeyMaterial", "Tags"),
        "AWS::EC2::LaunchTemplate": (
            *("LaunchTemplateData", "LaunchTemplateName", "TagSpecifications", "VersionDescription"),
        ),
        "AWS::EC2::NetworkInterface": (
            *("Description", "GroupSet", "PrivateIpAddress", "SourceDestCheck", "SubnetId", "Tags"),
        ),
        "AWS::EC2::Route": (
            *("DestinationCidrBlock", "GatewayId", "InstanceId", "NetworkInterfaceId", "RouteTableId"),
            "TransitGatewayId",
        ),
        "AWS::EC2::RouteTable": ("Tags", "VpcId"),
        "AWS::EC2::SecurityGroup": (
            *("GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"),
        ),
        "AWS::EC2::SecurityGroupEgress": (
            *("CidrIp", "Description", "DestinationSecurityGroupId", "FromPort", "GroupId", "IpProtocol", "ToPort"),
        ),
        "AWS::EC2::SecurityGroupIngress": (
            *("CidrIp", "Description", "FromPort", "GroupId", "IpProtocol", "SourceSecurityGroupId"),
            *("SourceSecurityGroupOwnerId", "ToPort"),
        ),
        "AWS::EC2::Subnet": ("AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"),
        "AWS::EC2::SubnetRouteTableAssociation": ("RouteTableId", "SubnetId"),
        "AWS::EC2::TransitGateway": (
            *("AmazonSideAsn", "AutoAcceptSharedAttachments", "DefaultRouteTableAssociation"),
            *("DefaultRouteTablePropagation", "Description", "DnsSupport", "MulticastSupport"),
            *("SecurityGroupReferencingSupport", "Tags", "VpnEcmpSupport"),
        ),
        "AWS::EC2::TransitGatewayAttachment": ("Options", "SubnetIds", "Tags", "TransitGatewayId", "VpcId"),
        "AWS::EC2::TransitGatewayMulticastDomain": ("Options", "Tags", "TransitGatewayId"),
        "AWS::EC2::TransitGatewayMulticastDomainAssociation": (
            *("SubnetId", "TransitGatewayAttachmentId", "TransitGatewayMulticastDomainId"),
        ),
        "AWS::EC2::TransitGatewayMulticastGroupMember": (
            *("GroupIpAddress", "NetworkInterfaceId", "TransitGatewayMulticastDomainId"),
        ),
        "AWS::EC2::TransitGatewayMulticastGroupSource": (
            *("GroupIpAddress", "NetworkInterfaceId", "TransitGatewayMulticastDomainId"),
        ),
        "AWS::EC2::TransitGatewayRoute": (
            *("Blackhole", "DestinationCidrBlock", "TransitGatewayAttachmentId", "TransitGatewayRouteTableId"),
        ),
        "AWS::EC2::TransitGatewayRouteTable": ("Tags", "TransitGatewayId"),
        "AWS::EC2::TransitGatewayRouteTableAssociation": ("TransitGatewayAttachmentId", "TransitGatewayRouteTableId"),
        "AWS::EC2::TransitGatewayRouteTablePropagation": ("TransitGatewayAttachmentId", "TransitGatewayRouteTableId"),
        "AWS::EC2::TransitGatewayVpcAttachment": (
            *("AddSubnetIds", "Options", "RemoveSubnetIds", "SubnetIds", "Tags", "TransitGatewayId", "VpcId"),
        ),
        "AWS::EC2::VPC": ("CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"),
        "AWS::EC2::VPCCidrBlock": ("CidrBlock", "VpcId"),
        "AWS::EC2::VPCEndpoint": (
            *("IpAddressType", "PolicyDocument", "PrivateDnsEnabled", "RouteTableIds", "SecurityGroupIds"),
            *("ServiceName", "SubnetIds", "Tags", "VpcEndpointType", "VpcId"),
        ),
        "AWS::EC2::VPNConnection": (
            *("CustomerGatewayId", "EnableAcceleration", "LocalIpv4NetworkCidr", "OutsideIpAddressType"),
            *("PreSharedKeyStorage", "RemoteIpv4NetworkCidr", "StaticRoutesOnly", "Tags", "TransitGatewayId"),
            *("TunnelInsideIpVersion", "Type", "VpnTunnelOptionsSpecifications"),
        ),
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
        "AWS::Logs::LogGroup": ("KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"),
        "AWS::S3::Bucket": (
            *("BucketName", "CorsConfiguration", "PublicAccessBlockConfiguration", "VersioningConfiguration"),
        ),
        "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
        "AWS::SSM::Parameter": (
            *("AllowedPattern", "DataType", "Description", "Name", "Policies", "Tags", "Tier", "Type", "Value"),
        ),
        "AWS::SecretsManager::Secret": (
            *("Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"),
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

NESTED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "AWS::SecretsManager::Secret": MappingProxyType(
            {
                "GenerateSecretString": (
                    *("ExcludeCharacters", "GenerateStringKey", "PasswordLength", "SecretStringTemplate"),
                )
            }
        ),
    }
)
"""Structures of the host's types of which only some members are honoured.

Types of the region's own need no row: what is never read of a request is refused wherever it stands.
"""


def dropped(resource_type: str, properties: Mapping[str, Any]) -> list[str]:
    """Return what is given and would have no effect, as paths; CDK's own metadata has none by its nature."""
    if resource_type not in HONOURED:
        return []
    taken = {*HONOURED[resource_type], *WITHOUT_EFFECT.get(resource_type, {})}
    unheard = [name for name in properties if name not in taken]
    for name, members in NESTED.get(resource_type, {}).items():
        unheard += [f"{name}.{member}" for member in properties.get(name, ()) if member not in members]
    return sorted(unheard)
