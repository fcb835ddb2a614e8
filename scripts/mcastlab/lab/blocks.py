"""Blocks of groups that nobody lists: the AWS router joins those of them that devices want, when they want them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses, summarize_address_range
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from mcastlab.lab.types import Announced, Name, shown
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLLOW: Final = "follow"
"""What an entry of ``groups`` says as its ``bridge`` to be a block."""

HOLD_S: Final = 210
"""How long PIM keeps a join that is not renewed. Source: RFC 7761, section 4.11, J/P_Holdtime."""

MEMBERS_A_GATEWAY: Final = 10_000
"""Members and sources of all groups together, fixed. Source: AWS Transit Gateway quotas."""

CEILING: Final = 1000

_FIRST_PORT, _LAST_PORT = 1024, 65535


@dataclass(frozen=True, slots=True, order=True)
class AddressBlock:
    """A range of addresses from `first` to `last`, both of them in it."""

    first: IPv4Address
    last: IPv4Address

    @classmethod
    def of(cls, text: str) -> AddressBlock:
        """Return the block that a network, a range or an address stands for.

        >>> AddressBlock.of("239.9.0.0 - 239.9.0.7")
        AddressBlock(first=IPv4Address('239.9.0.0'), last=IPv4Address('239.9.0.7'))

        Raises:
            ValueError: it is none of them.
        """
        first, dash, last = text.partition("-")
        if dash:
            block = cls(IPv4Address(first.strip()), IPv4Address(last.strip()))
            if block.last < block.first:
                raise ValueError(f"{block.last} comes before {block.first}")
            return block
        network = IPv4Network(text.strip())
        return cls(network.network_address, network.broadcast_address)

    def __contains__(self, address: IPv4Address) -> bool:
        # As numbers: of thousands of groups, each is looked for several times a second.
        return int(self.first) <= int(address) <= int(self.last)

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1

    @property
    def networks(self) -> tuple[IPv4Network, ...]:
        """The fewest networks that hold the block's addresses and no other."""
        return tuple(summarize_address_range(self.first, self.last))

    def overlaps(self, other: AddressBlock) -> bool:
        """Say whether some address is in both."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        networks = self.networks
        if len(self) == 1:
            return str(self.first)
        return str(networks[0]) if len(networks) == 1 else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """UDP ports from `first` to `last`, both of them in it.

    >>> str(PortRange(5004, 5999)), str(PortRange(5004, 5004))
    ('5004-5999', '5004')
    """

    first: int
    last: int

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    def overlaps(self, other: PortRange) -> bool:
        """Say whether some port is in both."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def _address_block(value: Any) -> Any:
    if isinstance(value, AddressBlock):
        return value
    if isinstance(value, str):
        try:
            return AddressBlock.of(value)
        except ValueError:
            pass
        try:
            meant = IPv4Network(value, strict=False)
        except ValueError:
            pass
        else:
            raise ValueError(f"{shown(value)} is an address within a network; write the network, {meant}")
    raise ValueError(
        f"{shown(value)} is not a block of group addresses; write a network such as 239.9.0.0/16, or a range such as "
        "239.9.0.0-239.9.3.255"
    )


def _port_range(value: Any) -> Any:
    if isinstance(value, PortRange):
        return value
    first, dash, last = str(value).partition("-") if isinstance(value, str) else (str(value), "", "")
    texts = (first.strip(), last.strip() if dash else first.strip())
    if not isinstance(value, bool | float) and all(text.isascii() and text.isdecimal() for text in texts):
        ports = PortRange(int(texts[0]), int(texts[1]))
        if _FIRST_PORT <= ports.first <= ports.last <= _LAST_PORT:
            return ports
    raise ValueError(
        f"{shown(value)} is not a port or a range of ports; write ports of {_FIRST_PORT} to {_LAST_PORT}, such as 5004 "
        "or 5004-5999"
    )


def _written_ports(ports: PortRange) -> int | str:
    return ports.first if ports.first == ports.last else str(ports)


GroupAddresses = Annotated[
    AddressBlock,
    BeforeValidator(_address_block),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+(/\d+| *- *\d+\.\d+\.\d+\.\d+)?$"}),
]
"""The addresses of a block: a network, or a range."""

Ports = Annotated[
    PortRange,
    BeforeValidator(_port_range),
    PlainSerializer(_written_ports),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": _FIRST_PORT, "maximum": _LAST_PORT},
                {"type": "string", "pattern": r"^\d+ *- *\d+$"},
            ]
        }
    ),
]
"""A UDP port that needs no privilege, or a range of them."""


class GroupBlock(Frozen):
    """A block of multicast groups that the AWS router joins when a device wants one of them, and leaves afterwards."""

    name: Name
    """The block's name."""
    address: GroupAddresses
    """The block's addresses: a network such as 239.9.0.0/16, or a range such as 239.9.0.0-239.9.3.255."""
    port: Ports = PortRange(5004, 5004)
    """The UDP port that its datagrams go to, or a range of ports such as 5004-5999."""
    senders: tuple[Name, ...] | Literal["all"] = "all"
    """Names of hosts entries and sites whose members may send."""
    receivers: tuple[Name, ...] | Literal["all"] = "all"
    """Names of hosts entries and sites whose members may receive."""
    announce: Announced = False
    """Whether what virtual devices send to its groups is announced to players; or as what, with the address behind."""
    bridge: Literal["follow"] = "follow"
    """That this is a block: the AWS router follows what devices join, while ``lab follow`` runs."""
    via: Literal["join", "static"] = "join"
    """How the AWS router takes part in a group: by its own IGMP report, or registered through the API."""
    hold: Annotated[int, Field(ge=0, le=86400)] = HOLD_S
    """For how many seconds a group that nobody wants any more stays joined; 0 leaves at once."""
    ceiling: Annotated[int, Field(ge=1, le=MEMBERS_A_GATEWAY)] = CEILING
    """The most groups of the block that are joined at one time."""

    @property
    def most_live(self) -> int:
        """The most groups of the block that can be joined at one time."""
        return min(len(self.address), self.ceiling)


def block_of(group: IPv4Address, blocks: Iterable[GroupBlock]) -> GroupBlock | None:
    """Return the block that a group's address lies in, or None."""
    return next((block for block in blocks if group in block.address), None)


def networks_of(blocks: Iterable[GroupBlock]) -> tuple[IPv4Network, ...]:
    """Return the fewest networks that hold the blocks' addresses and no other, in order."""
    return tuple(sorted(collapse_addresses(network for block in blocks for network in block.address.networks)))
