"""What a configuration asks for: the tree read into a `RouterIntent`. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from iosxe.config.addresses import ipv4
from iosxe.config.bgp import is_active, network_of
from iosxe.config.interfaces import (
    BOUNDARY,
    PIM_MODE,
    all_interfaces,
    canonical_network,
    static_address,
    vrf_of,
)
from iosxe.derive_ipsec import ipsec_tunnels
from iosxe.intent import (
    Bgp,
    BgpNeighbor,
    BoundaryEntry,
    Interface,
    RendezvousPoint,
    RouterIntent,
    StaticMroute,
    StaticRoute,
    Tunnel,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iosxe.config.node import Config, Node

_ANY: Final = IPv4Network("0.0.0.0/0")
ALL_GROUPS: Final = IPv4Network("224.0.0.0/4")
DEFAULT_KEEPALIVE_S, DEFAULT_HOLD_S = 60, 180


def intent_of(config: Config) -> RouterIntent:
    """Return what a configuration asks the backend to make real."""
    root = config.root
    return RouterIntent(
        hostname=root.arg("hostname", "name", "Router"),
        multicast_routing=root.has("ip multicast-routing"),
        interfaces=tuple(_interface(root, name, node) for name, node in all_interfaces(config).items()),
        routes=tuple(_routes(root)),
        mroutes=tuple(_mroutes(root)),
        rendezvous_points=tuple(_points(root)),
        register_source=root.arg("ip pim register-source", "interface") or None,
        bgp=next((_bgp(node) for node in root.every("router bgp")), None),
        ipsec_tunnels=tuple(ipsec_tunnels(config)),
    )


def _interface(root: Node, name: str, node: Node) -> Interface:
    mtu, mss = node.arg("ip mtu", "bytes"), node.arg("ip tcp adjust-mss", "bytes")
    return Interface(
        name=name,
        address=None if vrf_of(node) else static_address(node) or ("dhcp" if _by_dhcp(node) else None),
        shutdown=node.has("shutdown"),
        ip_mtu=int(mtu) if mtu else None,
        tcp_adjust_mss=int(mss) if mss else None,
        pim_sparse=node.has(PIM_MODE),
        igmp_version=int(node.arg("ip igmp version", "version", "2")),
        igmp_join_groups=_groups(node, "ip igmp join-group"),
        igmp_static_groups=_groups(node, "ip igmp static-group"),
        boundary_out=_boundary_out(root, node),
        tunnel=_tunnel(node),
    )


def _by_dhcp(node: Node) -> bool:
    line = node.find("ip address")
    return line is not None and line.line == "ip address dhcp"


def _boundary_out(root: Node, node: Node) -> tuple[BoundaryEntry, ...] | None:
    """Return the entries of the list that bounds what leaves an interface; a list that does not exist bounds nothing.

    Source: Cisco IOS-XE 17, SSM Channel Based Filtering for Multicast Boundaries: extended lists, and standard ones by
    group; control and data plane. Entries of other protocols than ``ip`` are about other packets.
    """
    line = node.find(BOUNDARY, "out")
    name = "" if line is None else line.args["acl"]
    extended, standard = (root.find(f"ip access-list {kind}", name) for kind in ("extended", "standard"))
    entries = extended or standard
    if line is None or entries is None:
        return None
    found = (_bounded(each.args) for each in sorted(entries.every("entry"), key=lambda one: int(one.args["sequence"])))
    return tuple(each for each in found if each is not None)


def _bounded(args: Mapping[str, str]) -> BoundaryEntry | None:
    permits = args["action"] == "permit"
    if "protocol" not in args:
        groups = _network(args, "source")
        return None if groups is None else BoundaryEntry(permits=permits, sources=_ANY, groups=groups)
    sources, groups = _network(args, "source"), _network(args, "destination")
    if args["protocol"] != "ip" or sources is None or groups is None:
        return None
    return BoundaryEntry(permits=permits, sources=sources, groups=groups)


def _network(args: Mapping[str, str], side: str) -> IPv4Network | None:
    """Return what an entry matches on one side, or None where its wildcard is not that of a prefix."""
    address, bits = args[side], int(ipv4(args.get(f"{side}_bits", "0.0.0.0")))  # noqa: S104  (a wildcard)
    if address == "any":
        return _ANY
    return None if bits & (bits + 1) else IPv4Network((address, 32 - bits.bit_length()), strict=False)


def _groups(node: Node, slot: str) -> tuple[IPv4Address, ...]:
    return tuple(sorted(ipv4(line.args["group"]) for line in node.every(slot)))


def _tunnel(node: Node) -> Tunnel | None:
    """Return the tunnel of an interface, once it has all that it needs."""
    source, destination = node.find("tunnel source"), node.arg("tunnel destination", "address")
    mode = node.arg("tunnel mode", "mode", "gre")
    if source is None or not destination or (mode == "ipsec" and not node.has("tunnel protection ipsec profile")):
        return None
    name = source.args.get("interface")
    return Tunnel(
        mode="ipsec" if mode == "ipsec" else "gre",
        source=name if name is not None else ipv4(source.args["address"]),
        destination=ipv4(destination),
    )


def _routes(root: Node) -> Iterator[StaticRoute]:
    for line in root.every("ip route"):
        next_hop = line.args.get("next")
        yield StaticRoute(
            prefix=_prefix(line),
            next_hop=ipv4(next_hop) if next_hop else None,
            interface=line.args.get("interface"),
            distance=int(line.args.get("distance", "1")),
        )


def _mroutes(root: Node) -> Iterator[StaticMroute]:
    for line in root.every("ip mroute"):
        rpf = line.args.get("interface") or ipv4(line.args["rpf"])
        yield StaticMroute(prefix=_prefix(line), rpf=rpf, distance=int(line.args.get("distance", "0")))


def _prefix(line: Node) -> IPv4Network:
    network = canonical_network(line.args["prefix"], line.args["mask"])
    if network is None:
        raise AssertionError(f"{line.line}: the tree holds no route like this")
    return network


def _points(root: Node) -> Iterator[RendezvousPoint]:
    for line in root.every("ip pim rp-address"):
        name = line.args.get("acl")
        yield RendezvousPoint(
            address=ipv4(line.args["address"]),
            groups=(ALL_GROUPS,) if name is None else permitted_groups(root, name),
            override="override" in line.args,
        )


def permitted_groups(root: Node, name: str) -> tuple[IPv4Network, ...]:
    """Return the groups that a standard access list permits; a list that does not exist permits none."""
    access_list = root.find("ip access-list standard", name)
    if access_list is None:
        return ()
    entries = sorted(access_list.every("entry"), key=lambda entry: int(entry.args["sequence"]))
    denied: list[IPv4Network] = []
    permitted: list[IPv4Network] = []
    for entry in entries:
        network = _matched(entry)
        if network is None:
            continue
        if entry.args["action"] == "deny":
            denied.append(network)
        else:
            permitted.extend(_without(network, denied))
    return tuple(dict.fromkeys(permitted))


def _matched(entry: Node) -> IPv4Network | None:
    """Return the groups that an entry matches; None where its wildcard is not that of a prefix, or none is a group."""
    network = _network(entry.args, "source")
    if network is None or network.supernet_of(ALL_GROUPS):
        return network and ALL_GROUPS
    return network if network.subnet_of(ALL_GROUPS) else None


def _without(network: IPv4Network, denied: list[IPv4Network]) -> list[IPv4Network]:
    left = [network]
    for hole in denied:
        left = [
            part
            for each in left
            for part in (
                sorted(each.address_exclude(hole)) if hole.subnet_of(each) else [] if each.subnet_of(hole) else [each]
            )
        ]
    return left


def _bgp(node: Node) -> Bgp:
    router_id = node.arg("bgp router-id", "address")
    return Bgp(
        asn=int(node.args["asn"]),
        router_id=ipv4(router_id) if router_id else None,
        neighbors=tuple(_neighbors(node)),
        networks=tuple(sorted(network_of(line.args) for line in node.every("network"))),
        maximum_paths=int(node.arg("maximum-paths", "paths", "1")),
    )


def _neighbors(node: Node) -> Iterator[BgpNeighbor]:
    keepalive = node.arg("timers bgp", "keepalive", str(DEFAULT_KEEPALIVE_S))
    hold = node.arg("timers bgp", "hold", str(DEFAULT_HOLD_S))
    for line in node.every("neighbor remote-as"):
        address = line.args["neighbor"]
        if not is_active(node, address):
            continue
        timers = node.find("neighbor timers", address)
        own = timers.args if timers is not None else {"keepalive": keepalive, "hold": hold}
        yield BgpNeighbor(
            address=ipv4(address),
            remote_as=int(line.args["asn"]),
            keepalive_s=int(own["keepalive"]),
            hold_s=int(own["hold"]),
        )
