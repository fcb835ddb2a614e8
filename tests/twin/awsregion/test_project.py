"""From EC2's state to what moves packets."""

from __future__ import annotations

import base64
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from twin.awsregion.labs import ROUTER_IMAGE, associate, host, interface, make_net, vpn

from awsregion.cloud import Cloud, Route, Rule, StaticMember
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from awsregion.core import Region


def test_everything_that_moves_packets_is_in_the_cloud(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    eni = interface(region, net.subnet)
    region.call("ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": eni, "SourceDestCheck": {"Value": False}})
    region.call("CreateKeyPair", {"KeyName": "k"})
    region.call(
        "RunInstances",
        {
            "ImageId": ROUTER_IMAGE,
            "MinCount": 1,
            "MaxCount": 1,
            "KeyName": "k",
            "UserData": base64.b64encode(b"hostname r").decode(),
            "NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": eni}],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "router"}]}],
        },
    )
    region.call(
        "CreateRoute",
        {"RouteTableId": net.table, "DestinationCidrBlock": "10.9.0.0/16", "NetworkInterfaceId": eni},
    )
    region.call(
        "CreateRoute",
        {"RouteTableId": net.table, "DestinationCidrBlock": "192.168.0.0/16", "TransitGatewayId": net.gateway},
    )
    first = {"PreSharedKey": "first.key_1", "Phase1EncryptionAlgorithms": [{"Value": "AES256"}]}
    tunnels = [{**first, "ReplayWindowSize": 128}]
    connection = vpn(region, net.gateway, TunnelOptions=tunnels)
    member = {
        "TransitGatewayMulticastDomainId": net.domain,
        "GroupIpAddress": "239.1.1.1",
        "NetworkInterfaceIds": [eni],
    }
    region.call("RegisterTransitGatewayMulticastGroupMembers", member)

    cloud = region.cloud()[1]
    (table,) = [one for one in cloud.route_tables if one.id == net.table]
    assert table.routes == (
        Route(destination=IPv4Network("10.9.0.0/16"), target="network-interface", target_id=eni),
        Route(destination=IPv4Network("192.168.0.0/16"), target="transit-gateway", target_id=net.gateway),
    )
    (instance,) = cloud.instances
    assert (instance.name, instance.platform, instance.user_data) == ("router", "ios-xe", "hostname r")
    assert instance.network_interface_ids == (eni,)
    assert instance.public_key is not None
    assert instance.public_key.startswith("ssh-rsa ")
    (shown,) = cloud.network_interfaces
    assert (shown.id, shown.source_dest_check, shown.instance_id) == (eni, False, instance.id)
    (tied,) = cloud.vpn_connections
    assert tied.customer_address == IPv4Address("203.0.113.2")
    assert tied.tunnels[0].pre_shared_key == Secret("first.key_1")
    assert tied.tunnels[0].encryption == ("AES256",)
    assert tied.tunnels[1].encryption == ()
    assert [each.replay_window for each in tied.tunnels] == [128, 1024]
    (gateway_table,) = cloud.transit_gateway_route_tables
    assert gateway_table.associated_attachment_ids == (net.attachment, tied.attachment_id)
    assert gateway_table.propagating_attachment_ids == gateway_table.associated_attachment_ids
    (domain,) = cloud.multicast_domains
    assert domain.igmpv2 is True
    assert domain.subnet_ids == (net.subnet,)
    assert domain.static_members == (StaticMember(group=IPv4Address("239.1.1.1"), network_interface_id=eni),)
    assert connection["VpnConnectionId"] == tied.id


def test_group_rules_have_protocol_numbers(region: Region) -> None:
    net = make_net(region)
    group = region.call("CreateSecurityGroup", {"GroupName": "g", "Description": "g", "VpcId": net.vpc})["GroupId"]
    rules = [
        {"IpProtocol": "2", "IpRanges": [{"CidrIp": "0.0.0.0/32"}]},
        {"IpProtocol": "udp", "FromPort": 5004, "ToPort": 5005, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]},
    ]
    region.call("AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": rules})
    (shown,) = [one for one in region.cloud()[1].security_groups if one.id == group]
    nowhere, anywhere = IPv4Network("0.0.0.0/32"), IPv4Network("0.0.0.0/0")
    assert shown.egress == (Rule(protocol=-1, from_port=None, to_port=None, cidrs=(anywhere,), group_ids=()),)
    assert shown.ingress == (
        Rule(protocol=2, from_port=None, to_port=None, cidrs=(nowhere,), group_ids=()),
        Rule(protocol=17, from_port=5004, to_port=5005, cidrs=(IPv4Network("10.0.0.0/8"),), group_ids=()),
        Rule(protocol=6, from_port=22, to_port=22, cidrs=(), group_ids=(group,)),
    )


def test_what_ends_leaves_the_cloud(region: Region) -> None:
    net = make_net(region)
    made = host(region, net.subnet)
    region.call("TerminateInstances", {"InstanceIds": [made["InstanceId"]]})
    cloud = region.cloud()[1]
    assert (cloud.instances, cloud.network_interfaces) == ((), ())


def test_the_revision_rises_with_the_cloud_and_with_nothing_else(region: Region) -> None:
    first, empty = region.cloud()
    assert empty == Cloud()
    region.call("CreateKeyPair", {"KeyName": "k"})
    assert region.cloud()[0] == first
    region.call("CreateVpc", {"CidrBlock": "10.0.0.0/16"})
    second, cloud = region.cloud()
    assert second > first
    assert len(cloud.vpcs) == 1


def test_keys_are_masked_wherever_the_cloud_is_printed(region: Region) -> None:
    net = make_net(region)
    key = vpn(region, net.gateway)["Options"]["TunnelOptions"][0]["PreSharedKey"]
    cloud = region.cloud()[1]
    assert key not in repr(cloud)
    assert key not in cloud.model_dump_json()
    assert key in cloud.model_dump_json(context={"reveal": True})
