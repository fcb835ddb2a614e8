"""Blocks of groups that the AWS router follows: their addresses, and how many groups can be joined at one time."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import combinations
from typing import TYPE_CHECKING, Final

from mcastlab.lab.announcements import ANNOUNCED_AT, announcement_scope
from mcastlab.lab.blocks import MEMBERS_A_GATEWAY, AddressBlock, block_of
from mcastlab.lab.checks.finding import design_check, error, note, warning
from mcastlab.lab.checks.groups import ADMINISTRATIVE, AUTO_RP, LINK_LOCAL, MAC_BITS, MEMBERS_A_GROUP, SOURCE_SPECIFIC
from mcastlab.lab.design.addresses import MULTICAST
from mcastlab.lab.design.quotas import members
from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import GroupBlock, Lab

MAC_GROUPS: Final = MAC_BITS + 1
"""How many groups have Ethernet addresses of their own. Source: RFC 1112, section 6.4."""

_SUGGESTION: Final = "write a block of 239.0.0.0/8, such as 239.9.0.0/16"


def _path(block: GroupBlock, field: str = "address") -> str:
    return f"groups[{block.name}].{field}"


def _covers(block: GroupBlock, network: IPv4Network) -> bool:
    return block.address.overlaps(AddressBlock(network.network_address, network.broadcast_address))


@design_check("RFC 5771, sections 4 and 5; RFC 4607, section 1; RFC 7761, section 4.8; IANA IPv4 multicast addresses")
def blocks_can_be_routed(lab: Lab) -> Iterator[Observation]:
    """Every address of a block is one that routers forward for any source."""
    for block in lab.blocks:
        path, addresses = _path(block), block.address
        if not (addresses.first in MULTICAST and addresses.last in MULTICAST):
            yield error(path, f"{addresses} has addresses that are not multicast addresses", _SUGGESTION)
        elif _covers(block, LINK_LOCAL):
            yield error(
                path, f"{addresses} covers {LINK_LOCAL}, the local link's, which no router forwards", _SUGGESTION
            )
        elif _covers(block, SOURCE_SPECIFIC):
            yield error(
                path,
                f"{addresses} covers {SOURCE_SPECIFIC}, source-specific multicast, which has no rendezvous point",
                _SUGGESTION,
            )
        elif any(address in addresses for address in AUTO_RP):
            yield error(
                path, f"{addresses} covers the groups of Auto-RP, which routers keep to themselves", _SUGGESTION
            )
        elif not (addresses.first in ADMINISTRATIVE and addresses.last in ADMINISTRATIVE):
            yield note(path, f"{addresses} may be another's: only 239.0.0.0/8 is free to use (RFC 2365)", _SUGGESTION)


@design_check("mcastlab: the AWS router joins a group in one way, and a datagram is for one group (RFC 768)")
def blocks_do_not_overlap(lab: Lab) -> Iterator[Observation]:
    """No two blocks share an address, and no listed group with another way to be bridged lies in a block."""
    for one, other in combinations(lab.blocks, 2):
        if one.address.overlaps(other.address):
            yield error(
                _path(other),
                f"{other.address} overlaps {one.address} ({one.name})",
                "write blocks that share no address",
            )
    for group in lab.groups:
        block = block_of(group.address, lab.blocks)
        if block is not None:
            yield error(
                f"groups[{group.name}].address",
                f"{group.address} lies in the block {block.name} ({block.address}), and is bridged by {group.bridge}: "
                "a group is either listed or followed",
                f"write a block without it: groups are announced in it (announce), so that {group.name} is listed"
                if group.address in ANNOUNCED_AT
                else "write an address outside the block, or take the group out of the list",
            )


@design_check("RFC 2974, section 3: a session is announced in the highest address of its scope")
def blocks_are_announced_in_one_scope(lab: Lab) -> Iterator[Observation]:
    """All groups of a block that is announced are announced in one group."""
    for block in lab.blocks:
        first, last = (announcement_scope(address) for address in (block.address.first, block.address.last))
        if block.announce and first != last:
            yield error(
                _path(block, "announce"),
                f"some groups of {block.address} are announced in {first.address}, and others in {last.address}",
                "write two blocks",
            )


@design_check("RFC 1112, section 6.4: an Ethernet group address holds the low 23 of an address's 28 bits")
def blocks_have_ethernet_addresses_of_their_own(lab: Lab) -> Iterator[Observation]:
    """No two groups of a block, and no group of it and another or a local one, share an Ethernet address."""
    for block in lab.blocks:
        path, addresses = _path(block), block.address
        if len(addresses) > MAC_GROUPS:
            yield warning(
                path,
                f"{addresses} is wider than 23 bits: up to {-(-len(addresses) // MAC_GROUPS)} of its groups share an "
                "Ethernet address, and hosts and switches of any of them get all",
                "write a block of a /9 or smaller",
            )
            continue
        local = _aliases(addresses, range(LINK_LOCAL.num_addresses))
        if local is not None:
            yield warning(
                path,
                f"groups of {addresses} such as {local} share their Ethernet addresses with {LINK_LOCAL}, which "
                "switches flood",
                "write a block without addresses that end in .0.x or .128.0.x, such as 239.9.0.0/16",
            )
        for group in lab.groups:
            bits = int(group.address) & MAC_BITS
            alias = _aliases(addresses, range(bits, bits + 1))
            if alias is not None and alias != group.address and group.address in MULTICAST:
                yield warning(
                    path,
                    f"{alias} shares its Ethernet address with {group.address} ({group.name}): hosts and switches of "
                    "either get both",
                    "write a block that differs from the group in its last 23 bits",
                )
    for one, other in combinations(lab.blocks, 2):
        if not one.address.overlaps(other.address) and _share_ethernet(one.address, other.address):
            yield warning(
                _path(other),
                f"groups of {other.address} share Ethernet addresses with groups of {one.address} ({one.name}): hosts "
                "and switches of either get both",
                "write blocks that differ in their last 23 bits",
            )


def _aliases(addresses: AddressBlock, bits: range) -> IPv4Address | None:
    """Return the first address of a block whose low 23 bits lie in a range, or None."""
    base = int(addresses.first) & ~MAC_BITS
    while base <= int(addresses.last):
        first = max(int(addresses.first), base + bits.start)
        if first <= min(int(addresses.last), base + bits.stop - 1):
            return IPv4Address(first)
        base += MAC_GROUPS
    return None


def _share_ethernet(one: AddressBlock, other: AddressBlock) -> bool:
    """Say whether two blocks, each of 23 bits at most, hold addresses with the same low 23 bits."""
    base = int(one.first) & ~MAC_BITS
    pieces = (
        (max(int(one.first), at) - at, min(int(one.last), at + MAC_BITS) - at) for at in (base, base + MAC_GROUPS)
    )
    return any(first <= last and _aliases(other, range(first, last + 1)) is not None for first, last in pieces)


@design_check(
    "AWS Transit Gateway quotas: 100 members a multicast group, 10,000 members and sources a gateway, both fixed"
)
def blocks_have_room_for_their_members(lab: Lab) -> Iterator[Observation]:
    """The gateway takes the members of as many groups of the blocks as can be joined at one time."""
    roles = Roles(lab)
    listed = sum(members(roles, group) for group in lab.groups)
    left = max(0, MEMBERS_A_GATEWAY - listed)
    for block in lab.blocks:
        count = members(roles, block)
        if count > MEMBERS_A_GROUP:
            yield warning(
                _path(block, "receivers"),
                f"{count} members if all receivers join one group, the router among them, and the gateway takes "
                f"{MEMBERS_A_GROUP} a group",
                "name fewer hosts entries as receivers, or see that at most 99 of them join one group",
            )
        each = min(max(count, 1), MEMBERS_A_GROUP)
        live = left // each
        if live < block.most_live:
            yield warning(
                _path(block),
                f"with {each} members a group, {live:,} of its {len(block.address):,} groups can be live at once, and "
                f"up to {block.most_live:,} are joined: the gateway takes {MEMBERS_A_GATEWAY:,} members of all groups",
                f"write ceiling: {max(live, 1)}, or name fewer hosts entries as receivers",
            )
