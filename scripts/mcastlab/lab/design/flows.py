"""The flows that security groups have to allow, as few as say exactly what the design needs.

A group's datagrams come in by port and source, as no rule can name the multicast group; they go out by port and group.
Source: AWS Transit Gateway user guide, Multicast routing, minimum security group rules; VPC user guide, Security group
rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING, Final

from mcastlab.lab.blocks import GroupBlock, PortRange
from mcastlab.lab.design.addresses import ALL_ROUTERS, host_route
from mcastlab.lab.design.allowed_flow import AllowedFlow, Direction, FlowInterface, Protocol, Purpose
from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mcastlab.lab.design.roles import AnyGroup, Role
    from mcastlab.lab.model import Hosts, Lab, Site, Subnet

QUERIER: Final = IPv4Network("0.0.0.0/32")
"""Where the gateway's IGMP queries come from. Source: AWS Transit Gateway user guide, Multicast routing."""

SSH_PORT: Final = 22
HTTPS_PORT: Final = 443

_NO_PORT: Final = PortRange(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementFlow:
    """TCP between two interfaces, allowed at both of them."""

    source: FlowInterface
    target: FlowInterface
    port: int
    name: str
    """``SSH``."""


MANAGEMENT: Final = (
    ManagementFlow(source=FlowInterface.CONNECT_ENDPOINT, target=FlowInterface.AWS_ROUTER, port=SSH_PORT, name="SSH"),
    ManagementFlow(source=FlowInterface.HOSTS, target=FlowInterface.SSM_ENDPOINTS, port=HTTPS_PORT, name="HTTPS"),
)


def router_flows(lab: Lab) -> Iterator[AllowedFlow]:
    """Return what may pass the AWS router's first interface."""
    return (flow for block in _router_blocks(lab, Roles(lab)) for flow in block)


def sender_flows(lab: Lab, subnet: str) -> Iterator[AllowedFlow]:
    """Return what may pass the AWS router's interface beside senders of another subnet: no datagram but theirs."""
    return (flow for block in _sender_blocks(lab, Roles(lab), lab.subnet(subnet)) for flow in block)


def host_flows(lab: Lab, entry: Hosts | None = None) -> Iterator[AllowedFlow]:
    """Return what may pass the interfaces of a hosts entry, or of all of them, which share a security group."""
    return (flow for block in _host_blocks(lab, Roles(lab), entry) for flow in block)


def endpoint_flows(lab: Lab) -> Iterator[AllowedFlow]:
    """Return what may pass the connect endpoint besides what `MANAGEMENT` has: SSH to the subnets of the hosts."""
    return iter(_endpoint_block(lab))


def rules(lab: Lab) -> dict[tuple[FlowInterface, Direction], int]:
    """Return how many rules each security group has a direction; none is written down for that."""
    roles = Roles(lab)
    counts = _rules_of((*_router_blocks(lab, roles), *_host_blocks(lab, roles), _endpoint_block(lab)))
    others = frozenset(roles.router_subnets[1:])
    for subnet in lab.vpc.subnets:
        if subnet.name in others:
            counts |= _rules_of(_sender_blocks(lab, roles, subnet))  # the largest of all
    for flow in MANAGEMENT:
        counts[flow.source, Direction.OUT] += 1
        counts[flow.target, Direction.IN] += 1
    return dict(counts)


def _rules_of(blocks: Iterable[_Block]) -> Counter[tuple[FlowInterface, Direction]]:
    return sum((Counter({(each.interface, each.direction): each.size}) for each in blocks), Counter())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Flows that differ in port and network alone."""

    interface: FlowInterface
    direction: Direction
    protocol: Protocol
    purpose: Purpose
    networks: Mapping[PortRange | None, Mapping[IPv4Network, str | None]]
    """The peers by port, each with its site."""

    @property
    def size(self) -> int:
        return sum(map(len, self.networks.values()))

    def __iter__(self) -> Iterator[AllowedFlow]:
        for ports, networks in sorted(self.networks.items(), key=lambda entry: entry[0] or _NO_PORT):
            for network in sorted(networks):
                yield AllowedFlow(
                    interface=self.interface,
                    direction=self.direction,
                    protocol=self.protocol,
                    network=network,
                    port=None if ports is None else ports.first,
                    last_port=None if ports is None or ports.first == ports.last else ports.last,
                    site=networks[network],
                    purpose=self.purpose,
                )


def _router_blocks(lab: Lab, roles: Roles) -> Iterator[_Block]:
    here = FlowInterface.AWS_ROUTER
    bridged = roles.bridged()
    # What comes in by another interface of the router would fail RPF here.
    others = frozenset(roles.router_subnets[1:])
    subnets = {name: cidr for name, cidr in _subnets(lab).items() if name not in others}

    def sources(group: AnyGroup) -> dict[IPv4Network, str | None]:
        return _of_hosts(subnets, roles, group)

    # What the gateway's API registers is reported by nobody: `ip igmp static-group` sends no report.
    followed = (block for block in lab.blocks if block.via == "join" and block in bridged)
    yield from _membership(here, (*roles.bridged("join"), *followed))
    yield _data_in(here, (group for group in bridged if roles.leaves_vpc(group)), sources)
    yield _data_out(here, (group for group in bridged if roles.enters_vpc(group)))
    yield _one(here, Direction.IN, Protocol.ICMP, Purpose.PING, lab.vpc.cidr)
    for site in lab.sites:
        yield from _with_site(here, site)


def _sender_blocks(lab: Lab, roles: Roles, subnet: Subnet) -> Iterator[_Block]:
    here, cidr = FlowInterface.SENDERS, subnet.cidr
    sent = (group for group in lab.groups if subnet.name in roles.interfaces_of(group)[1:])
    yield _data_in(here, sent, lambda _: {cidr: None})
    for direction, network in ((Direction.IN, lab.vpc.cidr), (Direction.OUT, cidr)):
        yield _one(here, direction, Protocol.ICMP, Purpose.PING, network)


def _host_blocks(lab: Lab, roles: Roles, entry: Hosts | None = None) -> Iterator[_Block]:
    here = FlowInterface.HOSTS
    subnets = _subnets(lab)

    def sources(group: AnyGroup) -> dict[IPv4Network, str | None]:
        """Senders of remote sites keep their address on the way into the VPC."""
        return _of_hosts(subnets, roles, group) | {site.lan: site.name for site in roles.sites(group, "senders")}

    def having(role: Role) -> list[AnyGroup]:
        return [
            group
            for group in lab.entries
            if (members := roles.hosts(group, role))
            and (entry is None or entry.name in {each.name for each in members})
        ]

    received = having("receivers")
    yield from _membership(here, received)
    yield _data_in(here, received, sources)
    yield _data_out(here, having("senders"))
    if lab.router.subnet in subnets:  # where the connect endpoint has its interface
        yield _ssh(here, Direction.IN, (subnets[lab.router.subnet],))


def _endpoint_block(lab: Lab) -> _Block:
    subnets = _subnets(lab)
    return _ssh(
        FlowInterface.CONNECT_ENDPOINT,
        Direction.OUT,
        (subnets[each.subnet] for each in lab.hosts if each.subnet in subnets),
    )


def _ssh(here: FlowInterface, direction: Direction, networks: Iterable[IPv4Network]) -> _Block:
    """SSH of the connect endpoint with hosts, by networks: with groups, one stack would wait for the other."""
    return _Block(
        interface=here,
        direction=direction,
        protocol=Protocol.TCP,
        purpose=Purpose.SSH,
        networks={PortRange(SSH_PORT, SSH_PORT): dict.fromkeys(networks)},
    )


def _membership(here: FlowInterface, groups: Iterable[AnyGroup]) -> Iterator[_Block]:
    """IGMP of a member: the gateway's queries, and its own reports and leaves. None is one that is no member."""
    networks = _networks(groups)
    if networks:
        yield _one(here, Direction.IN, Protocol.IGMP, Purpose.IGMP_QUERY, QUERIER)
        yield _one(here, Direction.OUT, Protocol.IGMP, Purpose.IGMP_LEAVE, host_route(ALL_ROUTERS))
        yield _Block(
            interface=here,
            direction=Direction.OUT,
            protocol=Protocol.IGMP,
            purpose=Purpose.IGMP_REPORT,
            networks={None: networks},
        )


def _data_in(
    here: FlowInterface, groups: Iterable[AnyGroup], sources: Callable[[AnyGroup], dict[IPv4Network, str | None]]
) -> _Block:
    """Datagrams from where the groups' senders are; groups on one port share a rule, equal lists are resolved once."""
    by_port: dict[PortRange, dict[object, AnyGroup]] = {}
    for group in groups:
        by_port.setdefault(_ports(group), {}).setdefault(group.senders, group)
    known: dict[frozenset[object], dict[IPv4Network, str | None]] = {}
    for of_port in by_port.values():
        if (senders := frozenset(of_port)) not in known:
            known[senders] = {}
            for group in of_port.values():
                known[senders].update(sources(group))
    return _Block(
        interface=here,
        direction=Direction.IN,
        protocol=Protocol.UDP,
        purpose=Purpose.DATA_IN,
        networks={port: known[frozenset(of_port)] for port, of_port in by_port.items()},
    )


def _data_out(here: FlowInterface, groups: Iterable[AnyGroup]) -> _Block:
    """Datagrams to the groups; those that fill a block of addresses share a rule."""
    by_port: dict[PortRange, list[AnyGroup]] = {}
    for group in groups:
        by_port.setdefault(_ports(group), []).append(group)
    return _Block(
        interface=here,
        direction=Direction.OUT,
        protocol=Protocol.UDP,
        purpose=Purpose.DATA_OUT,
        networks={port: _networks(of_port) for port, of_port in by_port.items()},
    )


def _with_site(here: FlowInterface, site: Site) -> Iterator[_Block]:
    network = host_route(site.router.loopback)
    for protocol, purpose in (
        (Protocol.GRE, Purpose.GRE),
        (Protocol.PIM, Purpose.PIM),
        (Protocol.ICMP, Purpose.ICMP),
    ):
        for direction in Direction:
            yield _one(here, direction, protocol, purpose, network, site=site.name)


def _one(
    here: FlowInterface,
    direction: Direction,
    protocol: Protocol,
    purpose: Purpose,
    network: IPv4Network,
    *,
    site: str | None = None,
) -> _Block:
    return _Block(
        interface=here, direction=direction, protocol=protocol, purpose=purpose, networks={None: {network: site}}
    )


def _subnets(lab: Lab) -> dict[str, IPv4Network]:
    return {subnet.name: subnet.cidr for subnet in lab.vpc.subnets}


def _of_hosts(subnets: Mapping[str, IPv4Network], roles: Roles, group: AnyGroup) -> dict[IPv4Network, str | None]:
    return {subnets[hosts.subnet]: None for hosts in roles.hosts(group, "senders") if hosts.subnet in subnets}


def _ports(group: AnyGroup) -> PortRange:
    return group.port if isinstance(group, GroupBlock) else PortRange(group.port, group.last_port)


def _networks(groups: Iterable[AnyGroup]) -> dict[IPv4Network, str | None]:
    """Return the fewest networks that hold the groups' addresses and no other."""
    return dict.fromkeys(collapse_addresses(network for group in groups for network in _addresses(group)))


def _addresses(group: AnyGroup) -> tuple[IPv4Network, ...]:
    return group.address.networks if isinstance(group, GroupBlock) else (host_route(group.address),)
