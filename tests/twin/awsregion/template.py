"""A template with every AWS::EC2 type of the region, and the types of the host that the lab uses."""

from __future__ import annotations

from typing import Any

ROUTER_PARAMETER = "/aws/service/marketplace/prod-rhyp4n745z2jk/latest"
HOST_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBIXed7DTiv68DIhCsNytJZ57mP+eUbPCP7jLvUDWSEe test"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind: str, after: str | None = None, **properties: Any) -> dict[str, Any]:
    """Return a resource; a type without ``::`` is one of EC2's."""
    name = kind if "::" in kind else f"AWS::EC2::{kind}"
    made: dict[str, Any] = {"Type": name, "Properties": properties}
    return made if after is None else made | {"DependsOn": after}


def tunnel(inside: str) -> dict[str, Any]:
    return {
        "TunnelInsideCidr": inside,
        "IKEVersions": [{"Value": "ikev2"}],
        "Phase1EncryptionAlgorithms": [{"Value": "AES256"}],
        "Phase1DHGroupNumbers": [{"Value": 20}],
    }


# fmt: off
NETWORK: dict[str, dict[str, Any]] = {
    "Vpc": resource("VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames=True, EnableDnsSupport=True),
    "Block": resource("VPCCidrBlock", VpcId=ref("Vpc"), CidrBlock="10.255.0.0/27"),
    "Subnet": resource(
        "Subnet",
        VpcId=ref("Vpc"),
        CidrBlock="10.0.1.0/24",
        AvailabilityZone="us-east-1a",
        MapPublicIpOnLaunch=False,
        Tags=[{"Key": "Name", "Value": "members"}],
    ),
    "Empty": resource("Subnet", "Block", VpcId=ref("Vpc"), CidrBlock="10.255.0.0/28"),
    "Table": resource("RouteTable", VpcId=ref("Vpc")),
    "Associated": resource("SubnetRouteTableAssociation", RouteTableId=ref("Table"), SubnetId=ref("Subnet")),
    "ToGateway": resource(
        "Route",
        "Attachment",
        RouteTableId=ref("Table"),
        DestinationCidrBlock="192.168.0.0/16",
        TransitGatewayId=ref("Gateway"),
    ),
    "ToRouter": resource(
        "Route",
        RouteTableId=ref("Table"),
        DestinationCidrBlock=att("Empty", "CidrBlock"),
        NetworkInterfaceId=ref("Eni"),
    ),
    "Group": resource(
        "SecurityGroup",
        GroupDescription="members",
        VpcId=ref("Vpc"),
        SecurityGroupIngress=[{"IpProtocol": "2", "CidrIp": "0.0.0.0/32", "Description": "IGMP queries"}],
    ),
    "In": resource(
        "SecurityGroupIngress",
        GroupId=att("Group", "GroupId"),
        IpProtocol="udp",
        FromPort=5004,
        ToPort=5004,
        CidrIp="10.0.0.0/16",
    ),
    "Out": resource("SecurityGroupEgress", GroupId=att("Group", "GroupId"), IpProtocol="47", CidrIp="10.254.0.10/32"),
    "Endpoint": resource(
        "VPCEndpoint",
        VpcId=ref("Vpc"),
        ServiceName="com.amazonaws.us-east-1.ssm",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=[ref("Subnet")],
        SecurityGroupIds=[ref("Group")],
    ),
}

TRANSIT: dict[str, dict[str, Any]] = {
    "Gateway": resource(
        "TransitGateway", AmazonSideAsn=64600, MulticastSupport="enable", Tags=[{"Key": "Name", "Value": "tgw"}]
    ),
    "Attachment": resource(
        "TransitGatewayVpcAttachment",
        TransitGatewayId=ref("Gateway"),
        VpcId=ref("Vpc"),
        SubnetIds=[ref("Subnet")],
        Options={"DnsSupport": "disable"},
    ),
    "Second": resource(
        "TransitGateway", DefaultRouteTableAssociation="disable", DefaultRouteTablePropagation="disable"
    ),
    "OlderAttachment": resource(
        "TransitGatewayAttachment", TransitGatewayId=ref("Second"), VpcId=ref("Vpc"), SubnetIds=[ref("Subnet")]
    ),
    "Domain": resource(
        "TransitGatewayMulticastDomain",
        TransitGatewayId=ref("Gateway"),
        Options={"Igmpv2Support": "enable", "StaticSourcesSupport": "disable"},
    ),
    "InDomain": resource(
        "TransitGatewayMulticastDomainAssociation",
        TransitGatewayMulticastDomainId=att("Domain", "TransitGatewayMulticastDomainId"),
        TransitGatewayAttachmentId=ref("Attachment"),
        SubnetId=ref("Subnet"),
    ),
    "Member": resource(
        "TransitGatewayMulticastGroupMember",
        "InDomain",
        GroupIpAddress="239.1.1.1",
        TransitGatewayMulticastDomainId=ref("Domain"),
        NetworkInterfaceId=ref("Eni"),
    ),
    "Customer": resource("CustomerGateway", Type="ipsec.1", BgpAsn=65001, IpAddress="203.0.113.2"),
    "Vpn": resource(
        "VPNConnection",
        Type="ipsec.1",
        CustomerGatewayId=ref("Customer"),
        TransitGatewayId=ref("Gateway"),
        StaticRoutesOnly=False,
        VpnTunnelOptionsSpecifications=[tunnel("169.254.10.0/30"), tunnel("169.254.11.0/30")],
    ),
}

COMPUTE: dict[str, dict[str, Any]] = {
    "Key": resource("KeyPair", KeyName="router", KeyType="rsa"),
    "Imported": resource("KeyPair", KeyName="mine", PublicKeyMaterial=PUBLIC_KEY),
    "Eni": resource(
        "NetworkInterface",
        SubnetId=ref("Subnet"),
        GroupSet=[ref("Group")],
        SourceDestCheck=False,
        PrivateIpAddress="10.0.1.10",
    ),
    "Router": resource(
        "Instance",
        ImageId=ref("RouterImage"),
        InstanceType="c5n.large",
        KeyName=ref("Key"),
        NetworkInterfaces=[{"DeviceIndex": "0", "NetworkInterfaceId": ref("Eni")}],
        UserData={"Fn::Base64": "hostname router"},
    ),
    "Host": resource(
        "Instance",
        ImageId=ref("HostImage"),
        InstanceType="m5n.large",
        SubnetId=ref("Subnet"),
        SecurityGroupIds=[ref("Group")],
        SourceDestCheck=False,
        IamInstanceProfile=ref("Profile"),
        MetadataOptions={"HttpTokens": "required"},
        Monitoring=True,
        Tags=[{"Key": "Name", "Value": "doppel-1"}],
    ),
    "Connect": resource(
        "InstanceConnectEndpoint", SubnetId=ref("Subnet"), SecurityGroupIds=[ref("Group")], PreserveClientIp=False
    ),
    "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST),
    "Policy": resource(
        "AWS::IAM::Policy",
        PolicyName="p",
        Roles=[ref("Role")],
        PolicyDocument={
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}],
        },
    ),
    "Profile": resource("AWS::IAM::InstanceProfile", Roles=[ref("Role")]),
    "Parameter": resource("AWS::SSM::Parameter", Name="/lab/name", Type="String", Value="demo"),
    "Metadata": resource("AWS::CDK::Metadata"),
}
# fmt: on

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "RouterImage": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": ROUTER_PARAMETER},
        "HostImage": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": HOST_PARAMETER},
    },
    "Resources": NETWORK | TRANSIT | COMPUTE,
    "Outputs": {
        "Vpn": {"Value": ref("Vpn"), "Export": {"Name": "vpn"}},
        "Address": {"Value": att("Host", "PrivateIp")},
        "KeyId": {"Value": att("Key", "KeyPairId")},
    },
}
