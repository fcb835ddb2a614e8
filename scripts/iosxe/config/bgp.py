"""The lines of BGP. Source: Cisco, IP Routing: BGP Command Reference."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from iosxe.config.edit import plain, put_row, removed_where
from iosxe.config.interfaces import class_length, own_addresses, prefix_length
from iosxe.config.node import Change, Config, Node, Problem, Row, Verdict
from mcastlab_base.as_numbers import in_notation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_ACTIVATE: Final = "neighbor activate"


_FAMILY_DEFAULT: Final = "bgp default ipv4-unicast"


def written_asn(config: Config, number: int) -> str:
    """Return an AS number in the notation that a configuration asks for."""
    return in_notation(number, dotted=has_asdot(config))


def has_asdot(config: Config) -> bool:
    """Say whether a configuration asks for AS numbers in asdot."""
    return any(bgp.has(ASDOT) for bgp in config.root.every("router bgp"))


def _router_bgp(change: Change) -> Verdict:
    running = next(change.config.root.every("router bgp"), None)
    if running is None or running.args["asn"] == change.args["asn"]:
        return None
    return Problem(f"BGP is already running; AS is {running.args['asn']}\n")


def _neighbor(change: Change) -> Verdict:
    """Refuse lines about a neighbour that has no AS yet, and a neighbour that is the router itself."""
    address = change.args["neighbor"]
    if change.row.slot == "neighbor remote-as":
        own = IPv4Address(address) in own_addresses(change.config) and not change.unset
        return Problem("% Cannot configure the local system as neighbor\n") if own else None
    if ("neighbor remote-as", address) not in change.section.children:
        return Problem("% Specify remote-as or peer-group commands first\n")
    return None


def _change_neighbor(change: Change) -> Config:
    """Set a neighbour's AS, or remove all that is said of the neighbour."""
    if change.form == "set":
        return plain(change)
    slots = tuple({key[0] for key in change.section.children if key[0].startswith("neighbor ")})
    return removed_where(change.config, change.path, slots, neighbor=change.args["neighbor"])


def network_of(args: Mapping[str, str]) -> IPv4Network:
    """Return the network that a ``network`` line means; without a mask it is that of the address's class."""
    address = IPv4Address(args["address"])
    length = prefix_length(args["mask"]) if "mask" in args else class_length(address)
    return IPv4Network((address, length or 0), strict=False)


def _network_text(args: Mapping[str, str]) -> str:
    network = network_of(args)
    plainly = network.prefixlen == class_length(network.network_address)
    return f"network {network.network_address}" + ("" if plainly else f" mask {network.netmask}")


def _network(change: Change) -> Verdict:
    mask = change.args.get("mask")
    return None if mask is None or prefix_length(mask) is not None else Problem("% Invalid network mask\n")


def _change_network(change: Change) -> Config:
    """Keep networks under their written form, so that one with and without its class's mask are the same."""
    text = _network_text(change.args)
    same = tuple(
        key for key, node in change.section.children.items() if node.row.slot == "network" and node.line == text
    )
    config = change.config.drop(change.path, *same)
    return config if change.unset else put_row(config, change.path, change.row, change.args)


def activates_all(section: Node) -> bool:
    """Say whether neighbours are active in the IPv4 family unless ``no`` says otherwise, or by a line of theirs."""
    found = section.find(_FAMILY_DEFAULT)
    return found is None or not found.negative


def is_active(section: Node, address: str) -> bool:
    """Say whether a neighbour exchanges IPv4 routes."""
    said = section.find(_ACTIVATE, address)
    return activates_all(section) if said is None else not said.negative


def _change_activate(change: Change) -> Config:
    """Keep a line where a neighbour is not as all are."""
    return _activated(change.config, change, change.args["neighbor"], active=change.form != "no")


def _activated(config: Config, change: Change, address: str, *, active: bool) -> Config:
    row, args = BGP_FAMILY_ACTIVATE, {"neighbor": address}
    if active == activates_all(config.at(change.path)):
        return config.drop(change.path, row.key_of(args))
    line = f"{'' if active else 'no '}neighbor {address} activate"
    return config.put(change.path, row.key_of(args), Node(row=row, args=args, line=line, negative=not active))


def _change_family_default(change: Change) -> Config:
    """Take the default, and leave each neighbour that is there as it is."""
    config = plain(change)
    for each in change.section.every("neighbor remote-as"):
        address = each.args["neighbor"]
        config = _activated(config, change, address, active=is_active(change.section, address))
    return config


ASDOT: Final = "bgp asnotation dot"


BGP_SECTION: Final = Row(pattern="router bgp <asn!:asn>", enters="router-bgp", check=_router_bgp)


BGP: Final = (
    Row(pattern="bgp router-id / <address:ip>"),
    Row(pattern=ASDOT),
    Row(pattern="bgp log-neighbor-changes", on=True, absent="bgp log-neighbor-changes"),
)


BGP_KEPT: Final = (
    Row(pattern="bgp graceful-restart"),
    Row(pattern="bgp bestpath as-path multipath-relax"),
)


BGP_FAMILY_DEFAULT: Final = Row(pattern=_FAMILY_DEFAULT, on=True, apply=_change_family_default)


BGP_TIMERS: Final = Row(
    pattern="timers bgp / <keepalive:0-65535> <hold:0-65535> [<minimum:0-65535>]", default="timers bgp 60 180"
)


def _of_neighbor(*rests: str) -> Iterator[Row]:
    """Return rows that say something of a neighbour: what stands behind its address."""
    for rest in rests:
        slot = f"neighbor {rest.split()[0]}"
        yield Row(pattern=f"neighbor <neighbor!:ip> {rest}", slot=slot, group="neighbor", check=_neighbor)


BGP_NEIGHBOR: Final = (
    Row(
        pattern="neighbor <neighbor!:ip> remote-as <asn:asn>",
        unset="neighbor <neighbor!:ip> [remote-as [<asn:asn>]]",
        slot="neighbor remote-as",
        group="neighbor",
        check=_neighbor,
        apply=_change_neighbor,
    ),
    *_of_neighbor(
        "description / <text:line>",
        "timers / <keepalive:0-65535> <hold:0-65535> [<minimum:0-65535>]",
        "local-as / <local:asn>",
        "shutdown",
        "password / <password:line>",
        "ebgp-multihop / [<hops:1-255>]",
        "update-source / <interface:interface>",
        "fall-over / bfd",
    ),
)


BGP_FAMILY_NETWORK: Final = Row(
    pattern="network <address!:ip> [mask <mask!:ip>]",
    text=_network_text,
    check=_network,
    apply=_change_network,
    sort=lambda args: (network_of(args),),
)


BGP_FAMILY_ACTIVATE: Final = Row(
    pattern="neighbor <neighbor!:ip> activate",
    slot=_ACTIVATE,
    group="neighbor",
    on=True,
    check=_neighbor,
    apply=_change_activate,
)


BGP_FAMILY_NEIGHBOR: Final = (
    BGP_FAMILY_ACTIVATE,
    *_of_neighbor(
        "soft-reconfiguration inbound",
        "send-community",
        "next-hop-self",
        "weight / <weight:0-65535>",
        "prefix-list <list:word> {direction!:in|out}",
        "route-map <map:word> {direction!:in|out}",
        "default-originate",
        "maximum-prefix / <prefixes:1-2147483647>",
    ),
)


BGP_FAMILY_KEPT: Final = (
    Row(pattern="aggregate-address <address!:ip> <mask!:ip> / [{only:summary-only}]"),
    Row(pattern="redistribute {source!:connected|static} / [route-map <map:word>]"),
)


BGP_FAMILY_PATHS: Final = Row(pattern="maximum-paths / <paths:1-32>", default="maximum-paths 1")
