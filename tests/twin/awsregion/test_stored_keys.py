"""Pre-shared keys in Secrets Manager, when asked; and pages of every listing that botocore has pages of."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from twin.awsregion.labs import associate, interface, make_gateway, make_net
from twin.awsregion.stacks import Stack, left_over

from awsregion.ec2.actions import ACTIONS

if TYPE_CHECKING:
    from botocore.model import ServiceModel
    from twin.awsregion.conftest import Served

    from awsregion.core import Region

CONNECTION = {
    "Gateway": {"Type": "AWS::EC2::TransitGateway", "Properties": {}},
    "Customer": {
        "Type": "AWS::EC2::CustomerGateway",
        "Properties": {"Type": "ipsec.1", "BgpAsn": 65001, "IpAddress": "203.0.113.9"},
    },
    "Vpn": {
        "Type": "AWS::EC2::VPNConnection",
        "Properties": {
            "Type": "ipsec.1",
            "CustomerGatewayId": {"Ref": "Customer"},
            "TransitGatewayId": {"Ref": "Gateway"},
            "PreSharedKeyStorage": "SecretsManager",
        },
    },
}


def test_keys_are_in_secrets_manager_and_nowhere_in_the_answers(served: Served) -> None:
    before = left_over(served.client)
    stack = Stack(served.client, "stored")
    stack.create({"Resources": CONNECTION})
    ec2, secrets = served.client("ec2"), served.client("secretsmanager")

    def shown() -> dict[str, Any]:
        (one,) = ec2.describe_vpn_connections(VpnConnectionIds=[stack.ids()["Vpn"]])["VpnConnections"]
        found: dict[str, Any] = one
        return found

    vpn = shown()
    keys = json.loads(secrets.get_secret_value(SecretId=vpn["PreSharedKeyArn"])["SecretString"])
    tunnels = vpn["Options"]["TunnelOptions"]
    assert set(keys) == {tunnel["OutsideIpAddress"] for tunnel in tunnels}
    assert all(re.fullmatch(r"[A-Za-z0-9._]{8,64}", key) for key in keys.values())
    assert not any(key in json.dumps(vpn, default=str) for key in keys.values())
    outside = tunnels[0]["OutsideIpAddress"]
    ec2.modify_vpn_tunnel_options(
        VpnConnectionId=vpn["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=outside,
        TunnelOptions={"PreSharedKey": "another.key_1"},
    )
    stored = json.loads(secrets.get_secret_value(SecretId=vpn["PreSharedKeyArn"])["SecretString"])
    assert stored == keys | {outside: "another.key_1"}
    while shown()["State"] == "modifying":
        pass
    stack.delete()
    assert left_over(served.client) == before


def test_search_of_groups_has_every_filter_that_aws_documents(region: Region, ec2_model: ServiceModel) -> None:
    shape = ec2_model.operation_model("SearchTransitGatewayMulticastGroups").input_shape
    assert shape is not None
    documented = set(re.findall(r"<code>([a-z-]+)</code> -", shape.members["Filters"].documentation))
    assert len(documented) >= 9
    net = make_net(region)
    associate(region, net)
    eni = interface(region, net.subnet)
    domain = {"TransitGatewayMulticastDomainId": net.domain}
    region.call(
        "RegisterTransitGatewayMulticastGroupMembers",
        domain | {"GroupIpAddress": "239.1.1.1", "NetworkInterfaceIds": [eni]},
    )
    found = {
        "group-ip-address": "239.1.1.1",
        "is-group-member": "true",
        "is-group-source": "false",
        "member-type": "static",
        "resource-id": net.vpc,
        "resource-type": "vpc",
        "subnet-id": net.subnet,
        "transit-gateway-attachment-id": net.attachment,
    }
    for name in documented:
        for value, count in ((found.get(name, "none"), int(name in found)), ("other", 0)):
            asked = domain | {"Filters": [{"Name": name, "Values": [value]}]}
            answer = region.call("SearchTransitGatewayMulticastGroups", asked)["MulticastGroups"]
            assert len(answer) == count, (name, value)


def paginated() -> list[tuple[str, str]]:
    """Return every action of ours that botocore has pages of, with each member that is paged."""
    pages = botocore.session.Session().get_component("data_loader").load_service_model("ec2", "paginators-1")
    rows = pages["pagination"]
    members = {name: row["result_key"] for name, row in rows.items() if name in ACTIONS}
    return sorted(
        (name, each)
        for name, reported in members.items()
        for each in (reported if isinstance(reported, list) else [reported])
    )


@pytest.mark.parametrize(("action", "member"), paginated())
def test_what_botocore_has_pages_of_comes_in_pages(
    region: Region, ec2_model: ServiceModel, action: str, member: str
) -> None:
    net = make_net(region)
    make_net(region)
    associate(region, net)
    for number in range(2):
        asked = {"TransitGatewayMulticastDomainId": net.domain, "GroupIpAddress": f"239.1.1.{number}"}
        enis = [interface(region, net.subnet)]
        region.call("RegisterTransitGatewayMulticastGroupMembers", asked | {"NetworkInterfaceIds": enis})
    make_gateway(region)
    named: dict[str, Any] = {}
    shape = ec2_model.operation_model(action).input_shape
    assert shape is not None
    if "TransitGatewayMulticastDomainId" in shape.required_members:
        named["TransitGatewayMulticastDomainId"] = net.domain
    if "TransitGatewayRouteTableId" in shape.required_members:
        (table, *_) = region.call("DescribeTransitGatewayRouteTables", {})["TransitGatewayRouteTables"]
        named["TransitGatewayRouteTableId"] = table["TransitGatewayRouteTableId"]
    if "TransitGatewayAttachmentId" in shape.required_members:
        named["TransitGatewayAttachmentId"] = net.attachment
    if "Filters" in shape.required_members:
        named["Filters"] = [{"Name": "state", "Values": ["active"]}]
    everything = region.call(action, named)[member]
    pages: list[Any] = []
    token: dict[str, str] = {}
    while True:
        answer = region.call(action, {**named, "MaxResults": 1, **token})
        assert len(answer[member]) <= 1
        pages += answer[member]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == everything
