"""Static routes, multicast routes and PIM.

Source: Cisco, IP Routing: Protocol-Independent and IP Multicast Command References.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from iosxe.config.edit import plain, put_row, removed_where
from iosxe.config.interfaces import canonical_network, known_interface, own_addresses
from iosxe.config.node import Change, Config, Key, Problem, Remark, Row, Verdict
from iosxe.grammar.names import is_hardware

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX: Final = "<prefix!:ip> <mask!:ip>"
_DEFAULT_GATEWAY_NOTE: Final = (
    "%Default route without gateway, if not a point-to-point interface, may impact performance\n"
)


def _by_prefix(args: Mapping[str, str]) -> tuple[object, ...]:
    return (IPv4Address(args["prefix"]), IPv4Address(args["mask"]))


def _route_text(args: Mapping[str, str]) -> str:
    words = ["ip route", args["prefix"], args["mask"]]
    words += [args[name] for name in ("interface", "next") if name in args]
    words += [args["distance"]] if args.get("distance", "1") != "1" else []
    words += ["name", args["name"]] if "name" in args else []
    return " ".join(words)


def _mroute_text(args: Mapping[str, str]) -> str:
    words = ["ip mroute", args["prefix"], args["mask"], args.get("interface") or args["rpf"]]
    words += [args["distance"]] if args.get("distance", "0") != "0" else []
    return " ".join(words)


def _matching_routes(change: Change) -> list[Key]:
    """Return the routes that a ``no`` names: all of the prefix, or those through what it says."""
    named = {name: change.args[name] for name in ("prefix", "mask", "interface", "next", "rpf") if name in change.args}
    return [
        key
        for key, node in change.config.root.children.items()
        if key[0] == change.row.slot and all(node.args.get(name) == value for name, value in named.items())
    ]


def _route(change: Change) -> Verdict:
    prefix, mask = change.args["prefix"], change.args["mask"]
    network = canonical_network(prefix, mask)
    if network is None or network.is_multicast:
        return Problem("%Inconsistent address and mask\n")
    if change.unset:
        return None if _matching_routes(change) else Problem("%No matching route to delete\n")
    next_hop = change.args.get("next")
    if next_hop is not None and IPv4Address(next_hop) in own_addresses(change.config):
        return Problem("%Invalid next hop address (it's this router)\n")
    interface = change.args.get("interface", "")
    if is_hardware(interface) and next_hop is None and network.prefixlen == 0:
        return known_interface(change) or Remark(_DEFAULT_GATEWAY_NOTE)
    return known_interface(change)


def _mroute(change: Change) -> Verdict:
    if canonical_network(change.args["prefix"], change.args["mask"]) is None:
        return Problem("%Inconsistent address and mask\n")
    return None if change.unset else known_interface(change)


def _change_routes(change: Change) -> Config:
    """Set a route, or remove every one that the line names."""
    if change.unset:
        return change.config.drop((), *_matching_routes(change))
    return plain(change)


def _change_point(change: Change) -> Config:
    """Set a rendezvous point: an address has one list, and a list one address."""
    config = removed_where(change.config, (), (change.row.slot,), address=change.args["address"])
    if change.unset:
        return config
    for node in tuple(config.root.every(change.row.slot)):
        if node.args.get("acl") == change.args.get("acl"):
            config = removed_where(config, (), (change.row.slot,), address=node.args["address"])
    return put_row(config, (), change.row, change.args, change.line)


def _point(change: Change) -> Verdict:
    address = IPv4Address(change.args["address"])
    return Problem(f"% Illegal RP address {address}\n") if address.is_multicast else None


MULTICAST: Final = (Row(pattern="ip multicast-routing / distributed", unset="ip multicast-routing [distributed]"),)
PIM: Final = (
    Row(
        pattern="ip pim rp-address <address!:ip> / [<acl:word>] [{override:override}]",
        check=_point,
        apply=_change_point,
    ),
    Row(pattern="ip pim autorp", on=True),
    Row(pattern="ip pim autorp listener", slot="ip pim autorp listener"),
    Row(
        pattern="ip pim bsr-candidate / <interface:interface> [<length:0-32> [<priority:0-255>]]", check=known_interface
    ),
    Row(pattern="ip pim rp-candidate <interface!:interface> / [group-list <acl:word>] [interval <seconds:1-16383>]"),
    Row(pattern="ip pim send-rp-announce <interface!:interface> / scope <ttl:1-255> [group-list <acl:word>]"),
    Row(pattern="ip pim send-rp-discovery / <interface:interface> scope <ttl:1-255>"),
    Row(pattern="ip pim accept-register / list <acl:word>"),
    Row(pattern="ip pim log-neighbor-changes", on=True),
    Row(pattern="ip multicast multipath"),
    Row(pattern="ip multicast route-limit / <routes:1-2147483647>"),
    Row(pattern="ip igmp ssm-map enable"),
    Row(pattern="ip msdp peer <address!:ip> connect-source <interface:interface> [remote-as <asn:asn>]"),
    Row(pattern="ip msdp originator-id / <interface:interface>"),
    Row(pattern="ip msdp sa-filter in <address!:ip> / [list <acl:word>]"),
    Row(pattern="ip pim register-source / <interface:interface>", check=known_interface),
    Row(
        pattern="ip pim spt-threshold / {kbps:0|infinity} [group-list <acl:word>]",
        default="ip pim spt-threshold 0",
    ),
    Row(pattern="ip pim ssm / ({which:default} | range <acl:word>)"),
    Row(
        pattern=f"ip mroute {_PREFIX} (<interface!:interface> | <rpf!:ip>) [<distance:0-255>]",
        unset=f"ip mroute {_PREFIX} [(<interface!:interface> | <rpf!:ip>) [<distance:0-255>]]",
        text=_mroute_text,
        check=_mroute,
        apply=_change_routes,
        sort=_by_prefix,
    ),
)
ROUTES: Final = (
    Row(
        pattern=f"ip route {_PREFIX} (<interface!:interface> [<next!:ip>] | <next!:ip>)"
        " [<distance:1-255>] [name <name:word>]",
        unset=f"ip route {_PREFIX} [(<interface!:interface> [<next!:ip>] | <next!:ip>)"
        " [<distance:1-255>] [name <name:word>]]",
        text=_route_text,
        check=_route,
        apply=_change_routes,
        sort=_by_prefix,
    ),
)
