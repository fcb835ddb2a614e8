"""What region and fabric tell each other beside the network state: commands to run, and what really runs.

Pure values. The region asks the fabric to run a `ShellCommand`; the fabric tells the region in `Live` what it sees,
and the region shows that in the AWS API.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Final, Literal

from pydantic import Field

from mcastlab_base.frozen import Frozen

CommandEnd = Literal["Success", "Failed", "TimedOut"]
"""How a command on an instance ended, in the words of SSM's CommandInvocationStatus."""


IPSEC_IS_DOWN: Final = "IPSEC IS DOWN"
"""VgwTelemetry's StatusMessage of a tunnel without IPsec."""


class ShellCommand(Frozen):
    """Lines that SSM Run Command hands to one instance, as document AWS-RunShellScript takes them."""

    command_id: str
    instance_id: str
    commands: tuple[str, ...]
    """The lines of one script; the agent writes them to a file and runs it with sh."""
    working_directory: str | None = None
    timeout_s: Annotated[int, Field(ge=1)] = 3600
    """Seconds the script may run (parameter executionTimeout)."""


class IgmpMember(Frozen):
    """A network interface that joined a group by IGMP, as the domain's querier sees it."""

    domain_id: str
    group: IPv4Address
    network_interface_id: str


class TunnelStatus(Frozen):
    """A VPN tunnel as its AWS end sees it."""

    outside_address: IPv4Address
    up: bool
    """IPsec is established and, with dynamic routing, so is BGP."""
    accepted_routes: tuple[IPv4Network, ...] = ()
    """Prefixes accepted from the customer by BGP."""
    message: str = ""
    """VgwTelemetry's StatusMessage where it is to say more than the count of BGP routes."""


class Live(Frozen):
    """All that the fabric sees at one moment; each report replaces the one before."""

    running: tuple[str, ...] = ()
    """Ids of the instances that run and take commands."""
    members: tuple[IgmpMember, ...] = ()
    tunnels: tuple[TunnelStatus, ...] = ()
