"""The groups that a lab file lists."""

from __future__ import annotations

from typing import Literal

from mcastlab.lab.types import Announced, GroupAddress, Name, Port
from mcastlab_base.frozen import Frozen


class Group(Frozen):
    """A multicast group, by RFC 1112 a class D address, and the UDP port that its datagrams go to."""

    name: Name
    """The group's name; groups of a range get a number each."""
    address: GroupAddress
    """The group's address. A range such as 239.1.1.1-239.1.1.40 stands for as many groups."""
    port: Port = 5004
    """The UDP port that its datagrams go to."""
    senders: tuple[Name, ...] | Literal["all"] = "all"
    """Names of hosts entries and sites whose members may send."""
    receivers: tuple[Name, ...] | Literal["all"] = "all"
    """Names of hosts entries and sites whose members may receive."""
    rtcp: bool = False
    """Whether its devices use RTCP too, on the next port. Source: RFC 3550, section 11."""
    announce: Announced = False
    """Whether what virtual devices send to it is announced by SAP, so that players such as VLC list it; or as what."""
    bridge: Literal["join", "static"] = "join"
    """How the AWS router takes part: by its own IGMP report, or registered through the API, which spares its CPU."""

    @property
    def last_port(self) -> int:
        """The last of the UDP ports that its datagrams go to."""
        return self.port + 1 if self.rtcp else self.port
