"""The groups' addresses, and who is in them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.lab.announcements import ANNOUNCED_AT
from mcastlab.lab.checks.finding import design_check, error, note, warning
from mcastlab.lab.design.addresses import MULTICAST
from mcastlab.lab.design.quotas import members
from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Group, Lab

LINK_LOCAL: Final = IPv4Network("224.0.0.0/24")
SOURCE_SPECIFIC: Final = IPv4Network("232.0.0.0/8")
ADMINISTRATIVE: Final = IPv4Network("239.0.0.0/8")
AUTO_RP: Final = (IPv4Address("224.0.1.39"), IPv4Address("224.0.1.40"))
MAC_BITS: Final = (1 << 23) - 1
"""The bits of a group's address that its Ethernet address holds."""

MEMBERS_A_GROUP: Final = 100
LAST_PORT: Final = 65535
_SUGGESTION: Final = "write an address of 239.0.0.0/8, such as 239.1.1.1"


@design_check("RFC 5771, sections 4 and 5; RFC 4607, section 1; RFC 7761, section 4.8; IANA IPv4 multicast addresses")
def groups_can_be_routed(lab: Lab) -> Iterator[Observation]:
    """Every group's address is one that routers forward for any source."""
    for group in lab.groups:
        path, address = f"groups[{group.name}].address", group.address
        if address not in MULTICAST:
            yield error(path, f"{address} is no multicast address", _SUGGESTION)
        elif address in LINK_LOCAL:
            yield error(path, f"{address} is of the local link, which no router forwards", _SUGGESTION)
        elif address in AUTO_RP:
            yield error(path, f"{address} carries Auto-RP, which routers keep to themselves", _SUGGESTION)
        elif address in SOURCE_SPECIFIC:
            yield error(path, f"{address} is for source-specific multicast, which has no rendezvous point", _SUGGESTION)
        elif address not in ADMINISTRATIVE and address not in ANNOUNCED_AT:
            yield note(path, f"{address} may be another's: only 239.0.0.0/8 is free to use (RFC 2365)", _SUGGESTION)


@design_check("RFC 1112, section 6.4: an Ethernet group address holds the low 23 of an address's 28 bits")
def groups_have_ethernet_addresses_of_their_own(lab: Lab) -> Iterator[Observation]:
    """No two groups, and no group and a local one, share an Ethernet address."""
    owners: dict[int, Group] = {}
    for group in lab.groups:
        path, bits = f"groups[{group.name}].address", int(group.address) & MAC_BITS
        if group.address not in MULTICAST or group.address in LINK_LOCAL:
            continue
        owner = owners.setdefault(bits, group)
        if owner.address != group.address:
            yield warning(
                path,
                f"{group.address} and {owner.address} ({owner.name}) share the Ethernet address {_mac(bits)}: hosts "
                "and switches of either get both",
                "write an address that differs in its last 23 bits",
            )
        elif bits < LINK_LOCAL.num_addresses:
            yield warning(
                path,
                f"{group.address} shares the Ethernet address {_mac(bits)} with 224.0.0.{bits}, which switches flood",
                "write an address that does not end in .0.x or .128.0.x",
            )


def _mac(bits: int) -> str:
    return ":".join(f"{octet:02x}" for octet in (0x01, 0x00, 0x5E, bits >> 16, bits >> 8 & 255, bits & 255))


@design_check("RFC 768: a datagram is for whoever holds its address and port")
def groups_differ(lab: Lab) -> Iterator[Observation]:
    """No two groups have the same address and port; on one address they share their members."""
    owners: dict[tuple[IPv4Address, int], str] = {}
    rtcp: dict[tuple[IPv4Address, int], str] = {}
    addresses: dict[IPv4Address, Group] = {}
    for group in lab.groups:
        owner = owners.setdefault((group.address, group.port), group.name)
        first = addresses.setdefault(group.address, group)
        if group.last_port > LAST_PORT:
            yield error(f"groups[{group.name}].rtcp", f"there is no port {group.last_port}", "write an even port")
        elif (other := rtcp.get((group.address, group.port))) is not None or (
            group.rtcp and (other := owners.get((group.address, group.last_port))) is not None
        ):
            yield error(
                f"groups[{group.name}].port",
                f"{group.address} has RTCP of {group.name if group.rtcp else other} on the port of another group",
                "write ports that are two apart",
            )
        if group.rtcp:
            rtcp[group.address, group.last_port] = group.name
        if owner != group.name:
            yield error(
                f"groups[{group.name}].port",
                f"{group.address} port {group.port} is {owner} already",
                "write another address or port",
            )
        elif first.name != group.name and first.bridge != group.bridge:
            yield error(
                f"groups[{group.name}].bridge",
                f"{group.address} is bridged by {first.bridge} for {first.name}, and an address can be so one way only",
                f"write bridge: {first.bridge}",
            )
        elif first.name != group.name:
            yield note(
                f"groups[{group.name}].address",
                f"{group.address} is {first.name}'s too: receivers of either get the datagrams of both on the wire",
                "write another address, if that matters",
            )


@design_check("AWS Transit Gateway quotas, Members per multicast group: 100, not adjustable")
def groups_have_room_for_their_members(lab: Lab) -> Iterator[Observation]:
    """No group has more members in the VPC than the gateway takes, the router among them."""
    roles = Roles(lab)
    for group in lab.groups:
        count = members(roles, group)
        if count > MEMBERS_A_GROUP:
            among = "the router among them, " if count > roles.host_count(group, "receivers") else ""
            yield error(
                f"groups[{group.name}].receivers",
                f"{count} members, {among}and the gateway takes {MEMBERS_A_GROUP} a group",
                "name fewer hosts entries as receivers, or make groups of them",
            )


@design_check("Cisco, PIM: a designated router registers only senders that are directly connected to it")
def senders_stand_beside_the_router(lab: Lab) -> Iterator[Observation]:
    """VPC senders to remote sites are in a subnet of the AWS router's zone, where it has an interface."""
    roles, zone = Roles(lab), lab.subnet(lab.router.subnet).zone
    zones = {subnet.name: subnet.zone for subnet in lab.vpc.subnets}
    for group in lab.entries:
        away = roles.outside_router_subnet(group)
        if not away or not roles.leaves_vpc(group):
            continue
        path, names = f"groups[{group.name}].senders", ", ".join(hosts.name for hosts in away)
        if lab.workarounds.senders_outside_router_subnet:
            yield warning(
                path,
                f"unproven: {names} not in the router's subnet, registered by a workaround that no public source "
                "vouches for",
                f"put the senders into {lab.router.subnet} if their datagrams do not arrive",
            )
        elif all(zones[hosts.subnet] == zone for hosts in away):
            yield error(
                path,
                f"{names} not in the router's subnet {lab.router.subnet}, and the router follows groups there alone",
                f"write senders: with hosts of {lab.router.subnet} only (receivers may be anywhere), or list the "
                "groups with bridge: join or static",
            )
        else:
            yield error(
                path,
                f"{names} not in the router's zone {zone}, so it has no interface beside them and does not register "
                "them",
                f"write senders: with hosts of zone {zone} only (receivers may be anywhere), or opt in to "
                "workarounds.senders_outside_router_subnet",
            )


@design_check("mcastlab: what nobody sends or receives proves nothing")
def groups_have_a_flow(lab: Lab) -> Iterator[Observation]:
    """Every group has a sender and a receiver that are not the same."""
    everybody = {each.name for each in lab.hosts} | {each.name for each in lab.sites}
    for group in lab.entries:
        senders, receivers = (everybody if names == "all" else set(names) for names in (group.senders, group.receivers))
        for role, names in (("senders", senders), ("receivers", receivers)):
            if not names:
                yield error(f"groups[{group.name}].{role}", "names nobody", "write all, or a list of names")
        if senders and senders == receivers and len(senders) == 1:
            yield warning(
                f"groups[{group.name}].receivers",
                f"only {next(iter(senders))} both sends and receives, so nothing passes the tunnel",
                "name another receiver",
            )
