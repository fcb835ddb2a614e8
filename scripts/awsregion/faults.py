"""Faults on demand: which creation, change, deletion or request is to fail, and how often."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

Strike = Literal["create", "update", "delete", "throttle", "deny", "expire", "unsubscribe"]
"""What fails: a resource's creation, change or deletion; a request, which is throttled, denied as by the caller's
policies, or answered as if the session's token had expired; a launch of an image of the Marketplace, as in an account
that has not subscribed to its product."""

ANYTHING: Final = "*"

DELAYED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AWS::EC2::InstanceConnectEndpoint": "instance-connect-endpoint",
        "AWS::EC2::TransitGateway": "transit-gateway",
        "AWS::EC2::TransitGatewayAttachment": "transit-gateway-attachment",
        "AWS::EC2::TransitGatewayMulticastDomain": "transit-gateway-multicast-domain",
        "AWS::EC2::TransitGatewayMulticastDomainAssociation": "multicast-association",
        "AWS::EC2::TransitGatewayRouteTable": "transit-gateway-route-table",
        "AWS::EC2::TransitGatewayRouteTableAssociation": "gateway-association",
        "AWS::EC2::TransitGatewayVpcAttachment": "transit-gateway-attachment",
        "AWS::EC2::VPCEndpoint": "vpc-endpoint",
        "AWS::EC2::VPNConnection": "vpn-connection",
    }
)
"""The types whose states can be made to take longer, with the table that holds them."""


class RegionFault(Frozen):
    """One thing that is to fail."""

    what: Strike
    target: str
    """A logical id or a resource type; for ``throttle``, ``deny`` and ``expire`` an action, as ``DescribeVpcs`` or
    ``ec2:DescribeVpcs``; for ``unsubscribe`` an image's id or its product code.

    ``*`` is anything.
    """
    times: Annotated[int, Field(ge=1)] | None = 1
    """How often yet; None is for ever."""


class RegionFaults:
    """The faults that are yet to strike; calls may come from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[RegionFault] = []

    def add(self, fault: RegionFault) -> None:
        """Let something fail from now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            self._faults.clear()

    def all(self) -> tuple[RegionFault, ...]:
        """Return what is yet to fail."""
        with self._lock:
            return tuple(self._faults)

    def strike(self, what: Strike, *names: str) -> bool:
        """Tell whether this is to fail now; a fault that strikes has one time less left."""
        with self._lock:
            for number, fault in enumerate(self._faults):
                if fault.what == what and fault.target in {ANYTHING, *names}:
                    if fault.times == 1:
                        del self._faults[number]
                    elif fault.times is not None:
                        self._faults[number] = fault.model_copy(update={"times": fault.times - 1})
                    return True
        return False
