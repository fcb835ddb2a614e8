"""The members of a domain's groups: every page, the router's own apart, and a new session after each failure."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from mcastlab.aws.multicast_members import DomainMembers
from mcastlab.lab.blocks import AddressBlock, GroupBlock
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = GroupBlock(name="calls", address=AddressBlock.of("239.9.0.0/16"))
ROUTER, HOST = "i-router", "i-host"


def row(group: str, interface: str, kind: str | None = "igmp") -> dict[str, Any]:
    return {"GroupIpAddress": group, "NetworkInterfaceId": interface, **({"MemberType": kind} if kind else {})}


class Ec2:
    """As much of EC2 as is asked here, in answers of one row each."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.error: ClientError | None = None
        self.asked: list[str] = []
        self.registered: list[dict[str, Any]] = []

    def get_paginator(self, action: str) -> Ec2:
        self.asked.append(action)
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        if "Filters" in request:
            for instance, interface in ((ROUTER, "eni-router"), (HOST, "eni-host")):
                found = {"InstanceId": instance, "NetworkInterfaces": [{"NetworkInterfaceId": interface}]}
                yield {"Reservations": [{"Instances": [found]}]}
            return
        assert request["TransitGatewayMulticastDomainId"] == "domain"
        if self.error is not None:
            raise self.error
        for each in self.rows:
            yield {"MulticastGroups": [each]}

    def register_transit_gateway_multicast_group_members(self, **request: Any) -> None:
        self.registered.append(request)


def members_of(made: list[Ec2]) -> DomainMembers:
    clients = iter(made)
    return DomainMembers(
        lambda: next(clients),
        domain_id="domain",
        router_instance_id=ROUTER,
        host_instance_ids={"doppel-1": HOST},
        blocks=[BLOCK],
    )


def test_every_page_is_read_and_the_routers_own_memberships_stand_apart() -> None:
    rows = [
        row("239.9.0.1", "eni-host"),
        row("239.9.0.1", "eni-router"),
        row("239.9.0.2", "eni-router", "static"),
        row("239.9.0.3", "eni-stranger"),
        row("239.1.1.1", "eni-host"),
        row("239.9.0.4", "eni-host", None),
    ]
    members = members_of([Ec2(rows)])
    found = members.read()
    assert found.members == {
        IPv4Address("239.9.0.1"): {"eni-host"},
        IPv4Address("239.9.0.3"): {"eni-stranger"},
    }
    assert found.own == {IPv4Address("239.9.0.1"), IPv4Address("239.9.0.2")}
    assert found.registered == {IPv4Address("239.9.0.2")}
    assert found.total == 5
    assert members.host_names == {"eni-host": "doppel-1"}


def test_each_page_counts_as_a_call() -> None:
    counts = {number: members_of([Ec2([row("239.9.0.1", "eni-host")] * number)]).read().calls for number in (0, 1000)}
    assert counts == {0: 1, 1000: 1}
    assert members_of([Ec2([row("239.9.0.1", "eni-host")] * 1001)]).read().calls == 2


def test_interfaces_are_asked_for_once_and_a_failure_makes_a_new_session() -> None:
    first, second = Ec2([row("239.9.0.1", "eni-host")]), Ec2([])
    members = members_of([first, second])
    members.read()
    first.error = ClientError({"Error": {"Code": "RequestLimitExceeded", "Message": "later"}}, "Search")
    with pytest.raises(RefusedError, match="RequestLimitExceeded"):
        members.read()
    assert members.read().members == {}
    assert first.asked.count("describe_instances") == 1
    assert second.asked == ["search_transit_gateway_multicast_groups"]


def test_router_is_registered_by_its_own_interface() -> None:
    ec2 = Ec2([])
    members_of([ec2]).register([IPv4Address("239.9.0.7")])
    assert ec2.registered == [
        {
            "TransitGatewayMulticastDomainId": "domain",
            "GroupIpAddress": "239.9.0.7",
            "NetworkInterfaceIds": ["eni-router"],
        }
    ]
