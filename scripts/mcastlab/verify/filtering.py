"""What security groups have to let through, and whether they do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design import roles
from mcastlab.lab.design.addresses import ALL_ROUTERS, host_route
from mcastlab.lab.design.names import aws_router_name
from mcastlab.lab.design.roles import bridged_groups, hosts_in, sites_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mcastlab.lab.model import Group, Hosts, Lab
    from mcastlab.verify.observations import InstanceView, SecurityGroupView
    from mcastlab.verify.scene import Scene

ICMP: Final = "1"
IGMP: Final = "2"
UDP: Final = "17"
GRE: Final = "47"
PIM: Final = "103"
PROTOCOLS: Final = {ICMP: "ICMP", IGMP: "IGMP", UDP: "UDP", GRE: "GRE", PIM: "PIM"}
QUERIER: Final = IPv4Network("0.0.0.0/32")
"""Where the gateway's IGMP queries come from. Source: AWS Transit Gateway user guide, Multicast routing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Packets that have to pass an interface: one protocol, one way, one peer."""

    key: str
    """What is lost without it: ``igmp-query``, ``data-in``, ``gre`` and so on."""
    egress: bool
    protocol: str
    network: IPv4Network
    port: int | None = None
    site: str | None = None
    """The site that is cut off without it; None where it is nobody's alone."""

    @property
    def words(self) -> str:
        """The passage in words: ``UDP 5004 in from 10.0.0.0/24``."""
        port = "" if self.port is None else f" {self.port}"
        return f"{PROTOCOLS[self.protocol]}{port} {'out to' if self.egress else 'in from'} {self.network}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who stands behind the same security groups: their ids, the names, and what has to pass."""

    groups: tuple[str, ...]
    names: tuple[str, ...]
    is_router: bool
    passages: tuple[Passage, ...]


def holders(scene: Scene) -> tuple[Holder, ...]:
    """Return everybody behind security groups, the AWS router first, hosts with the same groups together."""
    found: list[Holder] = []
    lab = scene.lab
    if scene.aws.router is not None:
        found.append(
            Holder(
                groups=scene.aws.router.security_groups,
                names=(aws_router_name(lab),),
                is_router=True,
                passages=tuple(router_passages(lab)),
            )
        )
    for hosts in lab.hosts:
        passages = tuple(host_passages(lab, hosts))
        alike: dict[tuple[str, ...], list[str]] = {}
        for name in hosts.names:
            view: InstanceView | None = scene.aws.hosts.get(name)
            if view is not None:
                alike.setdefault(view.security_groups, []).append(name)
        found += [
            Holder(groups=groups, names=tuple(names), is_router=False, passages=passages)
            for groups, names in alike.items()
        ]
    return tuple(found)


def router_passages(lab: Lab) -> Iterator[Passage]:
    """Return what has to pass the AWS router's interface."""
    bridged = bridged_groups(lab)
    if bridged:
        yield Passage(key="igmp-query", egress=False, protocol=IGMP, network=QUERIER)
        yield Passage(key="igmp-leave", egress=True, protocol=IGMP, network=host_route(ALL_ROUTERS))
    for network in _networks(group for group in bridged if group.bridge == "join"):
        yield Passage(key="igmp-report", egress=True, protocol=IGMP, network=network)
    leaving = {
        (group.port, lab.subnet(hosts.subnet).cidr)
        for group in bridged
        if sites_in(lab, group, "receivers")
        for hosts in hosts_in(lab, group, "senders")
    }
    for port, network in sorted(leaving):
        yield Passage(key="data-in", egress=False, protocol=UDP, network=network, port=port)
    entering = [group for group in bridged if sites_in(lab, group, "senders") and hosts_in(lab, group, "receivers")]
    for port, network in _ports(entering):
        yield Passage(key="data-out", egress=True, protocol=UDP, network=network, port=port)
    for site in lab.sites:
        far = host_route(site.router.loopback)
        for key, protocol in (("gre", GRE), ("pim", PIM), ("icmp", ICMP)):
            for egress in (False, True):
                yield Passage(key=key, egress=egress, protocol=protocol, network=far, site=site.name)


def host_passages(lab: Lab, hosts: Hosts) -> Iterator[Passage]:
    """Return what has to pass the interfaces of a hosts entry."""
    received, sent = roles.receives(lab, hosts), roles.sends(lab, hosts)
    if received:
        yield Passage(key="igmp-query", egress=False, protocol=IGMP, network=QUERIER)
        yield Passage(key="igmp-leave", egress=True, protocol=IGMP, network=host_route(ALL_ROUTERS))
    for network in _networks(received):
        yield Passage(key="igmp-report", egress=True, protocol=IGMP, network=network)
    sources: dict[tuple[int, IPv4Network], str | None] = {}
    for group in received:
        for other in hosts_in(lab, group, "senders"):
            sources[group.port, lab.subnet(other.subnet).cidr] = None
        for site in sites_in(lab, group, "senders"):
            sources[group.port, site.lan] = site.name
    for (port, network), site_name in sorted(sources.items(), key=lambda entry: entry[0]):
        yield Passage(key="data-in", egress=False, protocol=UDP, network=network, port=port, site=site_name)
    for port, network in _ports(sent):
        yield Passage(key="data-out", egress=True, protocol=UDP, network=network, port=port)


def blocked(passages: Iterable[Passage], groups: Sequence[SecurityGroupView]) -> tuple[Passage, ...]:
    """Return the passages that no rule of any of the groups opens."""
    return tuple(each for each in passages if not passes(each, groups))


def passes(passage: Passage, groups: Sequence[SecurityGroupView]) -> bool:
    """Say whether rules of the groups together let a passage through."""
    open_to = [
        rule.network
        for group in groups
        for rule in group.rules
        if rule.egress == passage.egress
        and rule.protocol in {"-1", passage.protocol}
        and (passage.port is None or rule.first_port is None or _covers(rule.first_port, rule.last_port, passage.port))
    ]
    return any(passage.network.subnet_of(network) for network in collapse_addresses(open_to))


def _covers(first: int, last: int | None, port: int) -> bool:
    return first <= port <= (first if last is None else last)


def _networks(groups: Iterable[Group]) -> list[IPv4Network]:
    return list(collapse_addresses(host_route(group.address) for group in groups))


def _ports(groups: Iterable[Group]) -> Iterator[tuple[int, IPv4Network]]:
    by_port: dict[int, list[Group]] = {}
    for group in groups:
        by_port.setdefault(group.port, []).append(group)
    for port, of_port in sorted(by_port.items()):
        for network in _networks(of_port):
            yield port, network
