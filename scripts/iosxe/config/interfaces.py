"""Interfaces: what may stand in them, and what the configuration says about them as a whole."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from iosxe.config import interface_lines
from iosxe.config.addresses import interface_address, ipv4
from iosxe.config.edit import plain, removed_where
from iosxe.config.node import Change, Config, Node, Problem, Remark, Row, Verdict
from iosxe.grammar.names import BUNDLES, HARDWARE, NUMBERED, is_hardware, is_subinterface, sort_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MULTICAST_FIRST = 224
SLOT: Final = "interface"


def all_interfaces(config: Config) -> dict[str, Node]:
    """Return the interfaces of a configuration by name, in the order that it is printed in."""
    found = {key[1]: node for key, node in config.root.children.items() if key[0] == SLOT}
    return dict(sorted(found.items(), key=lambda item: sort_key(item[0])))


def static_address(node: Node) -> IPv4Interface | None:
    """Return the address of an interface that has one of its own."""
    line = node.find("ip address")
    if line is None or "address" not in line.args:
        return None
    return interface_address(line.args["address"], line.args["mask"])


def vrf_of(node: Node) -> str:
    """Return the VRF that an interface is in; the empty string for the global table."""
    return node.arg(interface_lines.VRF, "vrf")


def own_addresses(config: Config) -> set[IPv4Address]:
    """Return every address that the configuration gives the router in the global table."""
    found = (static_address(node) for node in all_interfaces(config).values() if not vrf_of(node))
    return {address.ip for address in found if address is not None}


def prefix_length(mask: str) -> int | None:
    """Return the length of a mask, or None where its ones are not contiguous.

    >>> prefix_length("255.255.255.0"), prefix_length("255.0.255.0")
    (24, None)
    """
    inverse = ~int(IPv4Address(mask)) & 0xFFFFFFFF
    return 32 - inverse.bit_length() if inverse & (inverse + 1) == 0 else None


def register_tunnels(config: Config) -> tuple[str, ...]:
    """Return the tunnels that PIM takes for registering, lowest free numbers first: to the RP, and on the RP from it.

    One for encapsulation on every router as soon as an RP is known, one more for decapsulation on the RP itself.
    """
    points = [ipv4(node.args["address"]) for node in config.root.every("ip pim rp-address")]
    if not points or not config.root.has("ip multicast-routing"):
        return ()
    own = own_addresses(config)
    needed = sum(2 if point in own else 1 for point in dict.fromkeys(points))
    taken = set(all_interfaces(config))
    free = (f"Tunnel{number}" for number in range(len(taken) + needed) if f"Tunnel{number}" not in taken)
    return tuple(name for name, _ in zip(free, range(needed), strict=False))


def exists(change: Change, name: str) -> bool:
    """Say whether an interface that a line refers to is there."""
    return name == "Null0" or (SLOT, name) in change.config.root.children


def known_interface(change: Change) -> Verdict:
    """Refuse an interface that is not there, as IOS's parser does."""
    name = change.args.get("interface", "")
    return Problem(marks="interface") if name and not exists(change, name) else None


def _enter(change: Change) -> Verdict:
    name = change.args["name"]
    if is_hardware(name):
        if name not in change.interfaces:
            return Problem(marks="name")
        return Problem("% Removal of physical interfaces is not permitted.\n") if change.form == "no" else None
    if is_subinterface(name) and not exists(change, name.partition(".")[0]):
        return Problem(marks="name")
    if name in register_tunnels(change.config):
        return Problem(f"%{name} used by PIM for Registering, configuration no allowed.\n")
    return Remark(f"Interface {name} set to default configuration\n") if change.form == "default" else None


def _change_interface(change: Change) -> Config:
    """Open an interface; a tunnel or loopback that goes takes with it what points at it."""
    if change.form == "default":
        config = change.config.drop(change.path, change.key)
        return config.put(change.path, change.key, Node(row=change.row, args=change.args, line=change.line))
    config = plain(change)
    if change.unset:
        slots = ("ip route", "ip mroute", "ip pim register-source")
        config = removed_where(config, (), slots, interface=change.args["name"])
    return config


def _overlap(change: Change, wanted: IPv4Interface) -> str:
    this, vrf = change.path[-1][1], vrf_of(change.section)
    for name, node in all_interfaces(change.config).items():
        other = static_address(node) if vrf_of(node) == vrf else None
        if name != this and other is not None and other.network.overlaps(wanted.network):
            return f"% {wanted.network.network_address} overlaps with {name}\n"
    return ""


def _address(change: Change) -> Verdict:
    """Refuse what cannot be an interface's address."""
    if change.unset or "address" not in change.args:
        return None
    address, mask = change.args["address"], change.args["mask"]
    length = prefix_length(mask)
    if not length:
        return Problem(f"Bad mask 0x{int(IPv4Address(mask)):08X} for address {address}\n")
    wanted = IPv4Interface(f"{address}/{length}")
    first = int(wanted.ip) >> 24
    if first in {0, 127} or first >= MULTICAST_FIRST:
        return Problem("Not a valid host address - " + address + "\n")
    hosts_only = wanted.network.prefixlen < 31  # noqa: PLR2004  (RFC 3021: a /31 has neither)
    if hosts_only and wanted.ip in {wanted.network.network_address, wanted.network.broadcast_address}:
        return Problem(f"Bad mask /{length} for address {address}\n")
    overlap = _overlap(change, wanted)
    return Problem(overlap) if overlap else None


def _pim(change: Change) -> Verdict:
    if change.unset or change.config.root.has("ip multicast-routing"):
        return None
    return Remark(
        'WARNING: "ip multicast-routing distributed" is not configured,\n'
        "         IP Multicast packets will not be forwarded\n"
    )


PIM_MODE: Final = "ip pim mode"
PIM_MODES: Final = (
    Row(pattern="ip pim sparse-mode", slot=PIM_MODE, check=_pim),
    Row(
        pattern="ip pim dense-mode / [proxy-register (list <acl:word> | route-map <map:word>)]",
        slot=PIM_MODE,
        check=_pim,
    ),
    Row(pattern="ip pim sparse-dense-mode", slot=PIM_MODE, check=_pim),
)
"""An interface has one mode. Source: Cisco IOS IP Multicast Command Reference, ip pim."""


BOUNDARY: Final = "ip multicast boundary direction"
BOUNDED: Final = Row(
    pattern="ip multicast boundary <acl:word> {direction!:in|out}",
    unset="ip multicast boundary [<acl:word>] {direction!:in|out}",
    slot=BOUNDARY,
)
"""Of its directions `out` has an effect here, `in` has none. Source: Cisco IOS-XE 17, SSM Channel Based Filtering for
Multicast Boundaries: one instance of each on an interface."""


def _group(change: Change) -> Verdict:
    group = IPv4Address(change.args["group"])
    return None if group.is_multicast else Problem(f"% Illegal multicast group address {group}\n")


def _protection(change: Change) -> Verdict:
    name = change.args.get("profile", "")
    if not change.unset and change.config.root.find("crypto ipsec profile", name) is None:
        return Problem(f"% Error: IPSec profile {name} does not exist\n")
    return None


def _ethernet_keepalive(args: Mapping[str, str]) -> str:
    return f"keepalive {args.get('period', '10')}"


def _keepalive(args: Mapping[str, str]) -> str:
    return f"keepalive {args.get('period', '10')} {args.get('retries', '3')}"


def _common() -> Iterator[Row]:
    yield Row(pattern="description / <text:line>")
    yield Row(pattern="bandwidth / <kbps:1-200000000>")
    yield from interface_lines.BEFORE_ADDRESS
    yield from interface_lines.TABLE
    yield Row(pattern="ip address / (<address:ip> <mask:ip> | dhcp)", absent="no ip address", check=_address)
    yield from interface_lines.OTHER_ADDRESSES
    yield from interface_lines.AFTER_ADDRESS
    yield Row(pattern="ip redirects", on=True)
    yield Row(pattern="ip mtu / <bytes:68-9216>")
    yield from PIM_MODES
    yield from interface_lines.MULTICAST
    yield BOUNDED
    yield Row(pattern="ip virtual-reassembly / [in]")
    yield Row(pattern="ip tcp adjust-mss / <bytes:500-1460>")
    yield Row(pattern="ip igmp join-group <group!:ip>", check=_group)
    yield Row(pattern="ip igmp static-group <group!:ip>", check=_group)
    yield Row(pattern="ip igmp version / {version:1|2|3}", default="ip igmp version 2")
    yield Row(pattern="ip igmp query-interval / <seconds:1-18000>", default="ip igmp query-interval 60")
    yield from interface_lines.TAIL
    yield Row(pattern="shutdown")


ETHERNET: Final[tuple[Row, ...]] = (
    *_common(),
    *interface_lines.ETHERNET,
    Row(pattern="keepalive / [<period:1-32767>]", text=_ethernet_keepalive, default="keepalive 10", on=True),
    Row(pattern="negotiation auto", on=True, absent="negotiation auto"),
    Row(pattern="mop enabled", absent="no mop enabled"),
    Row(pattern="mop sysid", absent="no mop sysid"),
)
PORT: Final[tuple[Row, ...]] = (
    *interface_lines.PART,
    *_common(),
    *interface_lines.ETHERNET,
    *interface_lines.PORT,
)
"""Of what lies beside the virtual machine's own ports: slots, bundles, VLANs, dialers, and parts of any of them."""
LOOPBACK: Final = tuple(_common())
TUNNEL: Final[tuple[Row, ...]] = (
    *_common(),
    Row(pattern="keepalive / [<period:1-32767> [<retries:1-255>]]", text=_keepalive),
    Row(pattern="tunnel source / (<interface:interface> | <address:ip>)", check=known_interface),
    Row(pattern="tunnel mode / ({mode:gre} ip | {mode:ipsec} ipv4)", default="tunnel mode gre ip"),
    Row(pattern="tunnel destination / <address:ip>"),
    *interface_lines.TUNNEL,
    Row(pattern="tunnel path-mtu-discovery"),
    Row(pattern="tunnel protection ipsec profile / <profile:word>", check=_protection),
)


def _section(kind: str, mode: str) -> Row:
    return Row(
        pattern=f"interface <name!:{kind}>",
        enters=mode,
        check=_enter,
        apply=_change_interface,
        sort=lambda args: sort_key(args["name"]),
    )


SECTIONS: Final = (
    _section("Loopback", "interface-loopback"),
    _section("Tunnel", "interface-tunnel"),
    _section("GigabitEthernet", "interface-ethernet"),
    *(_section(kind, "interface-port") for kind in ("slot", *HARDWARE[1:], *BUNDLES, *NUMBERED)),
    _section("subinterface", "interface-part"),
)


def class_length(address: IPv4Address) -> int:
    """Return the mask length that an address had by its class; IOS writes no mask where it is that one.

    Source: RFC 791, section 3.2.
    """
    first = int(address) >> 24
    return next((length for end, length in ((128, 8), (192, 16), (224, 24)) if first < end), 32)


@lru_cache(maxsize=4096)
def canonical_network(address: str, mask: str) -> IPv4Network | None:
    """Return a network as a configuration line names it, or None where mask and address do not go together."""
    length = prefix_length(mask)
    if length is None:
        return None
    network = IPv4Network((address, length), strict=False)
    return network if network.network_address == IPv4Address(address) else None
