"""The kinds of EC2 resource that a lab has: how each is asked for, and which states mean that it has gone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceKind:
    """A kind of EC2 resource: how to ask for it, and which states mean that it has gone."""

    name: str
    prefix: str
    answer: str
    """The member of the answer that lists them, after which the action is called."""
    id: str = ""
    """The member with the id, where it is not called after the kind."""
    id_filter: str = ""
    """The filter that takes ids, where it is not called after that member."""
    state: str = "State"
    gone: str = "deleted"
    within: Mapping[str, str] = field(default_factory=dict)
    """Filters by which it is found within another resource, by that one's prefix."""

    @property
    def operation(self) -> str:
        """The action that lists them, as a client's method."""
        return "describe_instances" if self.answer == "Reservations" else f"describe_{_words(self.answer, '_')}"

    @property
    def id_member(self) -> str:
        """The member of a record with its id."""
        return self.id or f"{self.answer.removesuffix('s')}Id"

    @property
    def filter(self) -> str:
        """The filter that takes ids of this kind."""
        return self.id_filter or _words(self.id_member, "-")


def _words(name: str, between: str) -> str:
    """Return a member's name as a filter's or a method's.

    >>> _words("TransitGatewayId", "-")
    'transit-gateway-id'
    """
    return "".join(f"{between}{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip(between)


_VPC: Final = {"vpc-": "vpc-id"}


_TGW: Final = {"tgw-": "transit-gateway-id"}


KINDS: Final = (
    ResourceKind(name="instance", prefix="i-", answer="Reservations", id="InstanceId", gone="terminated", within=_VPC),
    ResourceKind(name="volume", prefix="vol-", answer="Volumes", within={"i-": "attachment.instance-id"}),
    ResourceKind(name="network interface", prefix="eni-", answer="NetworkInterfaces", state="Status", within=_VPC),
    ResourceKind(name="security group", prefix="sg-", answer="SecurityGroups", id="GroupId", within=_VPC),
    ResourceKind(name="key pair", prefix="key-", answer="KeyPairs"),
    ResourceKind(name="VPC endpoint", prefix="vpce-", answer="VpcEndpoints", within=_VPC),
    ResourceKind(
        name="instance connect endpoint",
        prefix="eice-",
        answer="InstanceConnectEndpoints",
        gone="delete-complete",
        within=_VPC,
    ),
    ResourceKind(name="subnet", prefix="subnet-", answer="Subnets", within=_VPC),
    ResourceKind(name="route table", prefix="rtb-", answer="RouteTables", within=_VPC),
    ResourceKind(name="VPC", prefix="vpc-", answer="Vpcs"),
    ResourceKind(name="VPN connection", prefix="vpn-", answer="VpnConnections", within=_TGW),
    ResourceKind(name="customer gateway", prefix="cgw-", answer="CustomerGateways"),
    ResourceKind(
        name="multicast domain", prefix="tgw-mcast-domain-", answer="TransitGatewayMulticastDomains", within=_TGW
    ),
    ResourceKind(name="gateway attachment", prefix="tgw-attach-", answer="TransitGatewayAttachments", within=_TGW),
    ResourceKind(name="gateway route table", prefix="tgw-rtb-", answer="TransitGatewayRouteTables", within=_TGW),
    ResourceKind(name="transit gateway", prefix="tgw-", answer="TransitGateways"),
)
"""Source: EC2 API reference, each action's filters and the states of its answer."""


_BY_PREFIX: Final = {kind.prefix: kind for kind in KINDS}


_ID: Final = re.compile(r"^([a-z-]+-)[0-9a-f]+$")


def kind_of(identifier: str) -> ResourceKind | None:
    """Return the kind that an id is of.

    >>> kind = kind_of("tgw-attach-0123")
    >>> kind.name if kind else None
    'gateway attachment'
    """
    found = _ID.match(identifier)
    return None if found is None else _BY_PREFIX.get(found[1])
