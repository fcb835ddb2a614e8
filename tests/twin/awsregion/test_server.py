"""The region's process, by boto3 over a real socket: CloudFormation, the services beside it, and what it refuses.

This is also the contract with the pinned host: each hook into its private names is used here.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from twin.awsregion.labs import HOST_IMAGE, ROUTER_IMAGE
from twin.awsregion.stacks import Stack, StackFailedError, left_over
from twin.awsregion.template import TEMPLATE, att, ref, resource

from awsregion.cfn.ledger import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.awsregion.conftest import Served

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def everything(served: Served) -> Iterator[Stack]:
    """A stack of the template with every type; after its deletion nothing of it may be left."""
    stack = Stack(served.client, "everything")
    before = left_over(served.client)
    stack.create(TEMPLATE)
    yield stack
    stack.delete()
    assert left_over(served.client) == before


def test_the_template_has_every_type_of_ours() -> None:
    assert set(RESOURCES) <= {one["Type"] for one in TEMPLATE["Resources"].values()}


def test_each_network_resource_is_described_as_the_template_says(served: Served, everything: Stack) -> None:
    ec2, ids = served.client("ec2"), everything.ids()
    (vpc,) = ec2.describe_vpcs(VpcIds=[ids["Vpc"]])["Vpcs"]
    blocks = {one["AssociationId"]: one["CidrBlock"] for one in vpc["CidrBlockAssociationSet"]}
    assert blocks[ids["Block"]] == "10.255.0.0/27"
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        member = name[0].upper() + name[1:]
        assert ec2.describe_vpc_attribute(VpcId=ids["Vpc"], Attribute=name)[member]["Value"] is True
    (subnet,) = ec2.describe_subnets(SubnetIds=[ids["Subnet"]])["Subnets"]
    assert (subnet["CidrBlock"], subnet["AvailabilityZone"]) == ("10.0.1.0/24", "us-east-1a")
    tags = {tag["Key"]: tag["Value"] for tag in subnet["Tags"]}
    assert tags["Name"] == "members"
    assert tags["aws:cloudformation:logical-id"] == "Subnet"
    (table,) = ec2.describe_route_tables(RouteTableIds=[ids["Table"]])["RouteTables"]
    assert [one["RouteTableAssociationId"] for one in table["Associations"]] == [ids["Associated"]]
    routes = {one["DestinationCidrBlock"]: one for one in table["Routes"]}
    assert ids["ToGateway"] == f"{ids['Table']}|192.168.0.0/16"
    assert routes["192.168.0.0/16"]["TransitGatewayId"] == ids["Gateway"]
    assert routes["10.255.0.0/28"]["NetworkInterfaceId"] == ids["Eni"]
    assert {one["State"] for one in routes.values()} == {"active"}
    (group,) = ec2.describe_security_groups(GroupIds=[ids["Group"]])["SecurityGroups"]
    assert {one["IpProtocol"] for one in group["IpPermissions"]} == {"2", "udp"}
    # A rule of one's own takes the place of the one that lets everything out.
    assert {one["IpProtocol"] for one in group["IpPermissionsEgress"]} == {"47"}
    rules = ec2.describe_security_group_rules(SecurityGroupRuleIds=[ids["In"], ids["Out"]])["SecurityGroupRules"]
    assert [(one["IsEgress"], one["IpProtocol"]) for one in rules] == [(False, "udp"), (True, "47")]
    (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[ids["Endpoint"]])["VpcEndpoints"]
    assert (endpoint["ServiceName"], endpoint["SubnetIds"]) == ("com.amazonaws.us-east-1.ssm", [ids["Subnet"]])


def test_each_transit_resource_is_described_as_the_template_says(served: Served, everything: Stack) -> None:
    ec2, ids = served.client("ec2"), everything.ids()
    (gateway,) = ec2.describe_transit_gateways(TransitGatewayIds=[ids["Gateway"]])["TransitGateways"]
    assert (gateway["Options"]["AmazonSideAsn"], gateway["Options"]["MulticastSupport"]) == (64600, "enable")
    attachments = ec2.describe_transit_gateway_vpc_attachments(
        TransitGatewayAttachmentIds=[ids["Attachment"], ids["OlderAttachment"]]
    )["TransitGatewayVpcAttachments"]
    assert [one["TransitGatewayId"] for one in attachments] == [ids["Gateway"], ids["Second"]]
    assert [one["Options"]["DnsSupport"] for one in attachments] == ["disable", "enable"]
    made = ec2.create_transit_gateway_route_table(TransitGatewayId=ids["Second"])["TransitGatewayRouteTable"]
    table = {"TransitGatewayRouteTableId": made["TransitGatewayRouteTableId"]}
    pair = table | {"TransitGatewayAttachmentId": ids["OlderAttachment"]}
    ec2.associate_transit_gateway_route_table(**pair)
    ec2.enable_transit_gateway_route_table_propagation(**pair)
    ec2.create_transit_gateway_route(DestinationCidrBlock="10.99.0.0/16", **pair)
    (associated,) = ec2.get_transit_gateway_route_table_associations(**table)["Associations"]
    assert associated["TransitGatewayAttachmentId"] == ids["OlderAttachment"]
    (learnt,) = ec2.get_transit_gateway_route_table_propagations(**table)["TransitGatewayRouteTablePropagations"]
    assert learnt["TransitGatewayAttachmentId"] == ids["OlderAttachment"]
    everywhere = [{"Name": "state", "Values": ["active"]}]
    routes = ec2.search_transit_gateway_routes(Filters=everywhere, **table)["Routes"]
    assert {one["DestinationCidrBlock"]: one["Type"] for one in routes} == {
        "10.0.0.0/16": "propagated",
        "10.255.0.0/27": "propagated",
        "10.99.0.0/16": "static",
    }
    ec2.delete_transit_gateway_route(DestinationCidrBlock="10.99.0.0/16", **table)
    ec2.disable_transit_gateway_route_table_propagation(**pair)
    ec2.disassociate_transit_gateway_route_table(**pair)
    ec2.delete_transit_gateway_route_table(**table)
    (domain,) = ec2.describe_transit_gateway_multicast_domains(TransitGatewayMulticastDomainIds=[ids["Domain"]])[
        "TransitGatewayMulticastDomains"
    ]
    assert domain["Options"]["Igmpv2Support"] == "enable"
    named = {"TransitGatewayMulticastDomainId": ids["Domain"]}
    (associated,) = ec2.get_transit_gateway_multicast_domain_associations(**named)["MulticastDomainAssociations"]
    assert ids["InDomain"] == f"{ids['Domain']}|{ids['Attachment']}|{ids['Subnet']}"
    assert associated["Subnet"] == {"SubnetId": ids["Subnet"], "State": "associated"}
    (member,) = ec2.search_transit_gateway_multicast_groups(**named)["MulticastGroups"]
    assert (member["GroupIpAddress"], member["NetworkInterfaceId"]) == ("239.1.1.1", ids["Eni"])
    (customer,) = ec2.describe_customer_gateways(CustomerGatewayIds=[ids["Customer"]])["CustomerGateways"]
    assert (customer["IpAddress"], customer["BgpAsn"]) == ("203.0.113.2", "65001")
    (vpn,) = ec2.describe_vpn_connections(VpnConnectionIds=[ids["Vpn"]])["VpnConnections"]
    tunnels = vpn["Options"]["TunnelOptions"]
    assert [one["TunnelInsideCidr"] for one in tunnels] == ["169.254.10.0/30", "169.254.11.0/30"]
    assert [one["Phase1DHGroupNumbers"] for one in tunnels] == [[{"Value": 20}]] * 2
    assert everything.outputs()["Vpn"] == ids["Vpn"]
    assert [(one["Status"], one["StatusMessage"]) for one in vpn["VgwTelemetry"]] == [("DOWN", "IPSEC IS DOWN")] * 2


def test_each_compute_resource_is_described_as_the_template_says(served: Served, everything: Stack) -> None:
    ec2, ids = served.client("ec2"), everything.ids()
    found = ec2.describe_instances(InstanceIds=[ids["Router"], ids["Host"]])["Reservations"]
    instances = {one["InstanceId"]: one for reservation in found for one in reservation["Instances"]}
    router, host = instances[ids["Router"]], instances[ids["Host"]]
    assert (router["ImageId"], host["ImageId"]) == (ROUTER_IMAGE, HOST_IMAGE)
    assert (router["KeyName"], router["PrivateIpAddress"]) == ("router", "10.0.1.10")
    assert (router["SourceDestCheck"], host["SourceDestCheck"]) == (False, False)
    assert host["MetadataOptions"]["HttpTokens"] == "required"
    assert host["Monitoring"]["State"] == "enabled"
    assert host["IamInstanceProfile"]["Arn"].endswith(f":instance-profile/{ids['Profile']}")
    assert everything.outputs()["Address"] == host["PrivateIpAddress"]
    data = ec2.describe_instance_attribute(InstanceId=ids["Router"], Attribute="userData")["UserData"]["Value"]
    assert data == "aG9zdG5hbWUgcm91dGVy"
    (eni,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[ids["Eni"]])["NetworkInterfaces"]
    assert (eni["SourceDestCheck"], eni["Attachment"]["InstanceId"]) == (False, ids["Router"])
    keys = {one["KeyName"]: one for one in ec2.describe_key_pairs()["KeyPairs"]}
    assert keys["mine"]["KeyType"] == "ed25519"
    assert everything.outputs()["KeyId"] == keys["router"]["KeyPairId"]
    (endpoint,) = ec2.describe_instance_connect_endpoints(InstanceConnectEndpointIds=[ids["Connect"]])[
        "InstanceConnectEndpoints"
    ]
    assert (endpoint["SubnetId"], endpoint["State"]) == (ids["Subnet"], "create-complete")


def test_the_host_s_services_hold_their_part(served: Served, everything: Stack) -> None:
    ids = everything.ids()
    iam = served.client("iam")
    assert iam.get_instance_profile(InstanceProfileName=ids["Profile"])["InstanceProfile"]["Roles"]
    assert iam.list_role_policies(RoleName=ids["Role"])["PolicyNames"] == ["p"]
    ssm = served.client("ssm")
    assert ssm.get_parameter(Name="/lab/name")["Parameter"]["Value"] == "demo"


def test_the_private_half_of_a_key_pair_is_in_parameter_store(served: Served, everything: Stack) -> None:
    name = f"/ec2/keypair/{everything.outputs()['KeyId']}"
    parameter = served.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert parameter["Type"] == "SecureString"
    private = serialization.load_pem_private_key(parameter["Value"].encode(), password=None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (key,) = served.client("ec2").describe_key_pairs(KeyNames=["router"], IncludePublicKey=True)["KeyPairs"]
    assert key["PublicKey"].startswith(public.decode())


def test_an_update_changes_in_place_or_replaces_as_the_schema_says(served: Served, everything: Stack) -> None:
    before = everything.ids()
    changed = deepcopy(TEMPLATE)
    resources = changed["Resources"]
    resources["Eni"]["Properties"]["SourceDestCheck"] = True
    resources["Host"]["Properties"]["UserData"] = {"Fn::Base64": "#!/bin/sh\n"}
    resources["Group"]["Properties"]["SecurityGroupIngress"][0]["CidrIp"] = "10.0.0.1/32"
    resources["Subnet"]["Properties"]["Tags"] = [{"Key": "Name", "Value": "renamed"}]
    resources["ToGateway"]["Properties"]["DestinationCidrBlock"] = "192.168.0.0/17"
    resources["Vpn"]["Properties"]["VpnTunnelOptionsSpecifications"][0]["Phase1DHGroupNumbers"] = [{"Value": 19}]
    del resources["Parameter"]
    everything.update(changed)
    after = everything.ids()
    assert after == {name: one for name, one in before.items() if name != "Parameter"} | {
        "ToGateway": f"{before['Table']}|192.168.0.0/17"
    }
    ec2 = served.client("ec2")
    (eni,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[after["Eni"]])["NetworkInterfaces"]
    assert eni["SourceDestCheck"] is True
    data = ec2.describe_instance_attribute(InstanceId=after["Host"], Attribute="userData")["UserData"]["Value"]
    assert data == "IyEvYmluL3NoCg=="
    (group,) = ec2.describe_security_groups(GroupIds=[after["Group"]])["SecurityGroups"]
    igmp = next(one for one in group["IpPermissions"] if one["IpProtocol"] == "2")
    assert [one["CidrIp"] for one in igmp["IpRanges"]] == ["10.0.0.1/32"]
    (subnet,) = ec2.describe_subnets(SubnetIds=[after["Subnet"]])["Subnets"]
    assert {"Key": "Name", "Value": "renamed"} in subnet["Tags"]
    (table,) = ec2.describe_route_tables(RouteTableIds=[after["Table"]])["RouteTables"]
    blocks = {one["DestinationCidrBlock"] for one in table["Routes"]}
    assert "192.168.0.0/17" in blocks
    assert "192.168.0.0/16" not in blocks
    (vpn,) = ec2.describe_vpn_connections(VpnConnectionIds=[after["Vpn"]])["VpnConnections"]
    assert [one["Phase1DHGroupNumbers"] for one in vpn["Options"]["TunnelOptions"]] == [
        [{"Value": 19}],
        [{"Value": 20}],
    ]
    everything.update(TEMPLATE)


def test_a_connection_moves_to_another_customer_gateway_with_its_tunnels_and_keys(
    served: Served, everything: Stack
) -> None:
    def keys() -> list[str]:
        (shown,) = served.client("ec2").describe_vpn_connections(VpnConnectionIds=[everything.ids()["Vpn"]])[
            "VpnConnections"
        ]
        return [tunnel["PreSharedKey"] for tunnel in shown["Options"]["TunnelOptions"]]

    before, moved = keys(), deepcopy(TEMPLATE)
    moved["Resources"]["Customer"]["Properties"]["IpAddress"] = "203.0.113.6"
    everything.update(moved)
    assert keys() == before
    everything.update(TEMPLATE)


def failed(served: Served, name: str, resources: dict[str, Any]) -> list[str]:
    """Create a stack that cannot be; return why, after everything of it is gone."""
    before = left_over(served.client)
    stack = Stack(served.client, name)
    with pytest.raises(StackFailedError):
        stack.create({"Resources": resources})
    reasons = stack.failures()
    stack.delete()
    assert left_over(served.client) == before
    return reasons


VPC = resource("VPC", CidrBlock="10.0.0.0/16")


def test_an_unknown_type_is_refused_before_anything_is_made(served: Served) -> None:
    cfn = served.client("cloudformation")
    template = {"Resources": {"Vpc": VPC, "Queue": resource("AWS::SQS::Queue"), "Odd": resource("TransitGatewayy")}}
    with pytest.raises(ClientError) as caught:
        cfn.create_stack(StackName="unknown", TemplateBody=json.dumps(template))
    reported = caught.value.response["Error"]
    assert reported["Code"] == "ValidationError"
    wanted = "Template format error: Unrecognized resource types: [AWS::EC2::TransitGatewayy, AWS::SQS::Queue]"
    assert reported["Message"] == wanted
    with pytest.raises(ClientError, match="does not exist"):
        cfn.describe_stacks(StackName="unknown")


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (resource("VPC", CidrBlok="10.1.0.0/16"), "#: extraneous key [CidrBlok] is not permitted"),
        (resource("TransitGateway", multicastSupport="enable"), "extraneous key [multicastSupport]"),
        (resource("TransitGateway", MulticastSupport="yes"), "Value (yes) for parameter Options.MulticastSupport"),
        (
            resource("VPC", CidrBlock="10.1.0.0/16", Ipv4IpamPoolId="p"),
            "does not honour Ipv4IpamPoolId of AWS::EC2::VPC",
        ),
        (resource("Subnet", VpcId=ref("Vpc"), CidrBlock="10.1.0.0/24"), "InvalidSubnet.Range"),
        (resource("AWS::IAM::Role", AssumeRolePolicyDocument={}, Pathh="/"), "extraneous key [Pathh]"),
    ],
)
def test_what_cannot_be_made_is_reported_and_rolled_back(served: Served, odd: dict[str, Any], words: str) -> None:
    reasons = failed(served, "odd", {"Vpc": VPC, "Odd": odd | {"DependsOn": "Vpc"}})
    assert any(words in reason for reason in reasons), reasons


def test_a_failed_update_restores_what_was(served: Served) -> None:
    stack = Stack(served.client, "restored")
    good = {"Resources": {"Vpc": VPC, "Gateway": resource("TransitGateway", Description="one")}}
    stack.create(good)
    bad = deepcopy(good)
    bad["Resources"]["Gateway"]["Properties"]["Description"] = "two"
    bad["Resources"]["Zone"] = resource("Subnet", "Gateway", VpcId=ref("Vpc"), CidrBlock="10.9.0.0/24")
    with pytest.raises(StackFailedError):
        stack.update(bad)
    (shown,) = served.client("ec2").describe_transit_gateways(TransitGatewayIds=[stack.ids()["Gateway"]])[
        "TransitGateways"
    ]
    assert shown["Description"] == "one"
    stack.delete()


def test_a_change_of_a_create_only_property_replaces_with_every_reference(served: Served) -> None:
    stack = Stack(served.client, "replaced")
    template = {
        "Resources": {
            "Gateway": resource("TransitGateway", AmazonSideAsn=64512, MulticastSupport="enable"),
            "Domain": resource("TransitGatewayMulticastDomain", TransitGatewayId=ref("Gateway")),
        },
        "Outputs": {"Arn": {"Value": att("Gateway", "TransitGatewayArn")}},
    }
    stack.create(template)
    before = stack.ids()
    changed = deepcopy(template)
    changed["Resources"]["Gateway"]["Properties"]["AmazonSideAsn"] = 64513
    stack.update(changed)
    after = stack.ids()
    assert before["Gateway"] != after["Gateway"]
    assert before["Domain"] != after["Domain"]
    ec2 = served.client("ec2")
    assert stack.outputs()["Arn"].endswith(after["Gateway"])
    alive = [{"Name": "state", "Values": ["available"]}]
    gateways = ec2.describe_transit_gateways(Filters=alive)["TransitGateways"]
    assert before["Gateway"] not in [one["TransitGatewayId"] for one in gateways]
    stack.delete()
