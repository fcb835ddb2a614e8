"""One flow that a security group allows: what, which way, with whom, and what for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mcastlab.lab.blocks import PortRange

if TYPE_CHECKING:
    from ipaddress import IPv4Network


class FlowInterface(StrEnum):
    """The network interfaces that have a security group of their own."""

    AWS_ROUTER = "router"
    SENDERS = "router beside senders"
    HOSTS = "hosts"
    CONNECT_ENDPOINT = "connect endpoint"
    SSM_ENDPOINTS = "SSM endpoints"


class Direction(StrEnum):
    """As seen from the interface."""

    IN = "in"
    OUT = "out"


class Protocol(StrEnum):
    """IP protocols by their numbers. Source: IANA, Assigned Internet Protocol Numbers."""

    ICMP = "1"
    IGMP = "2"
    TCP = "6"
    UDP = "17"
    GRE = "47"
    PIM = "103"


class Purpose(StrEnum):
    """What a flow is allowed for, and so what is lost without it."""

    IGMP_QUERY = "igmp-query"
    IGMP_LEAVE = "igmp-leave"
    IGMP_REPORT = "igmp-report"
    DATA_IN = "data-in"
    DATA_OUT = "data-out"
    GRE = "gre"
    PIM = "pim"
    ICMP = "icmp"
    """With remote routers: pings, and answers about packets that are too large."""
    SSH = "ssh"
    """Of whoever opens a shell: no datagram of the lab needs it."""
    PING = "ping"
    """Of the VPC, for whoever looks for a fault: no datagram of the lab needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedFlow:
    """Packets that may pass an interface: one protocol, one direction, one peer."""

    interface: FlowInterface
    direction: Direction
    protocol: Protocol
    network: IPv4Network
    """The peer's: the source's of what comes in, the destination's of what goes out."""
    port: int | None = None
    """The destination port of UDP or TCP, or the first of several."""
    last_port: int | None = None
    """The last of the destination ports, where they are several."""
    site: str | None = None
    """The site that is cut off without it; None where it is nobody's alone."""
    purpose: Purpose

    @property
    def needed(self) -> bool:
        """Whether the lab's datagrams, or what leads them, depend on it."""
        return self.purpose not in {Purpose.PING, Purpose.SSH}

    @property
    def ports(self) -> PortRange | None:
        """The destination ports."""
        return None if self.port is None else PortRange(self.port, self.last_port or self.port)

    @property
    def egress(self) -> bool:
        """Whether it leaves the interface."""
        return self.direction is Direction.OUT

    @property
    def words(self) -> str:
        """The flow in words: ``UDP 5004 in from 10.0.0.0/24``."""
        port = "" if self.ports is None else f" {self.ports}"
        return f"{self.protocol.name}{port} {'out to' if self.egress else 'in from'} {self.network}"

    @property
    def description(self) -> str:
        """The description of the security group's rule."""
        said = {
            Purpose.IGMP_QUERY: "IGMP queries of the Transit Gateway",
            Purpose.IGMP_LEAVE: "IGMP leaves",
            Purpose.IGMP_REPORT: f"IGMP reports for {self.network}",
            Purpose.DATA_IN: f"Groups on port {self.ports} from {self.network}",
            Purpose.DATA_OUT: f"Groups {self.network} on port {self.ports}",
            Purpose.SSH: "SSH to the hosts" if self.egress else "SSH from the subnet of the connect endpoint",
            Purpose.PING: "ICMP to the VPC" if self.egress else "ICMP from the VPC",
        }.get(self.purpose)
        what = "PIM registers" if self.purpose is Purpose.PIM else self.protocol.name
        return said or f"{what} {'to' if self.egress else 'from'} {self.site}"
