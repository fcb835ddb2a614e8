"""The groups that a lab file lists."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, Literal

from mcastlab.lab.blocks import GroupBlock, block_of
from mcastlab.lab.types import Announced, GroupAddress, Name, Port, known_names
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCK_NAME: Final = 10
"""Of a block's name in a group's, which has address and port behind it and at most 32 characters."""


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


def group_at(text: str, groups: Sequence[Group], blocks: Sequence[GroupBlock]) -> Group | None:
    """Return the group of an address, with a port if it is another: a listed one, or one of a block; None of none.

    >>> calls = GroupBlock.model_validate({"name": "calls", "address": "239.9.0.0/16", "bridge": "follow"})
    >>> group_at("239.9.1.5", (), [calls]).name
    'calls-239-9-1-5'

    Raises:
        ValueError: it is no address, or its block has no such port; the text says what to write.
    """
    written, _, port = text.partition(":")
    try:
        address = IPv4Address(written)
    except ValueError:
        raise ValueError(f"{written} is no address; write one such as 239.9.1.5") from None
    block = block_of(address, blocks)
    wanted = int(port) if port else None if block is None else block.port.first
    for group in groups:
        if group.address == address and wanted in {None, group.port}:
            return group
    if block is None or wanted is None:
        return None
    if wanted not in block.port:
        raise ValueError(f"{block.name} has ports {block.port}, and {wanted} is none of them")
    name = f"{block.name[:_BLOCK_NAME].rstrip('-')}-{written.replace('.', '-')}"
    return Group(
        name=name if wanted == block.port.first else f"{name}-{wanted}",
        address=address,
        port=wanted,
        senders=block.senders,
        receivers=block.receivers,
        announce=f"{block.announce} {written}" if isinstance(block.announce, str) else block.announce,
    )


def unknown_group(name: str, groups: Sequence[Group], blocks: Sequence[GroupBlock]) -> tuple[str, str]:
    """Return why a name is no group's, and what to write: of a block it says what that is, and names one of it."""
    block = next((each for each in blocks if each.name == name), None)
    if block is None:
        return f"no group is called {name}", known_names(name, sorted(group.name for group in groups))
    example = min(block.address.first + 1, block.address.last)
    return f"{name} is a block of groups ({block.address})", f"write one of them, such as {example}"
