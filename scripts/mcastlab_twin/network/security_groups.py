"""Security groups as nftables expressions. Pure.

Source: AWS, "Security group rules" and "Security group connection tracking"; for multicast, which is not tracked,
"Multicast on transit gateways: routing".
"""

from __future__ import annotations

from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from ipaddress import IPv4Address

    from awsregion.cloud import NetworkInterface, Rule, SecurityGroup

Direction = Literal["ingress", "egress"]

ALL: Final = -1
_ICMP, _TCP, _UDP = 1, 6, 17
_ANY_PORT: Final = (0, 65535)
_EVERYWHERE: Final = "0.0.0.0/0"
_PEER: Final = {"ingress": "saddr", "egress": "daddr"}


def members(interfaces: Iterable[NetworkInterface]) -> dict[str, tuple[IPv4Address, ...]]:
    """Return the addresses behind each security group's id."""
    found: dict[str, list[IPv4Address]] = {}
    for interface in interfaces:
        for group_id in interface.group_ids:
            found.setdefault(group_id, []).append(interface.address)
    return {group_id: tuple(sorted(addresses)) for group_id, addresses in found.items()}


def rules(interface: NetworkInterface, groups: Mapping[str, SecurityGroup], direction: Direction) -> tuple[Rule, ...]:
    """Return the rules that hold at an interface: those of all its groups together."""
    present = (groups[group_id] for group_id in interface.group_ids if group_id in groups)
    return tuple(rule for group in present for rule in getattr(group, direction))


def matches(
    rule: Rule, direction: Direction, addresses: Mapping[str, tuple[IPv4Address, ...]], *, multicast: bool = False
) -> Iterator[str]:
    """Yield the nftables expressions of the packets that a rule lets pass; none for one that matches nothing.

    A rule whose peer is a group never matches multicast: AWS does not resolve groups there.
    """
    peers: list[IPv4Network | IPv4Address] = list(rule.cidrs)
    if not multicast:
        peers += (address for group_id in rule.group_ids for address in addresses.get(group_id, ()))
    if not peers:
        return
    texts = sorted({str(peer) for peer in peers})
    peer = "" if _EVERYWHERE in texts else f"ip {_PEER[direction]} {{ {', '.join(_least(peers))} }}"
    yield " ".join(part for part in (peer, _protocol(rule)) if part)


def _least(peers: Iterable[IPv4Network | IPv4Address]) -> list[str]:
    """Return the peers without those inside others: nftables refuses intervals that overlap."""
    networks = (peer if isinstance(peer, IPv4Network) else IPv4Network(peer) for peer in peers)
    return [str(network) for network in collapse_addresses(networks)]


def _protocol(rule: Rule) -> str:
    ports = (rule.from_port, rule.to_port)
    if rule.protocol == ALL:
        return ""
    if rule.protocol in {_TCP, _UDP}:
        name = "tcp" if rule.protocol == _TCP else "udp"
        return f"meta l4proto {name}" if None in ports or ports == _ANY_PORT else f"{name} dport {ports[0]}-{ports[1]}"
    if rule.protocol == _ICMP:
        kind = "" if rule.from_port in {None, ALL} else f" icmp type {rule.from_port}"
        code = "" if rule.to_port in {None, ALL} or not kind else f" icmp code {rule.to_port}"
        return f"ip protocol icmp{kind}{code}"
    return f"ip protocol {rule.protocol}"
