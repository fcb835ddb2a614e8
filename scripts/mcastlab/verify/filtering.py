"""What security groups have to let through, and whether they do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import collapse_addresses
from typing import TYPE_CHECKING

from mcastlab.lab.design.flows import host_flows, router_flows
from mcastlab.lab.design.names import aws_router_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcastlab.lab.design.flows import AllowedFlow
    from mcastlab.verify.observations import InstanceView, SecurityGroupView
    from mcastlab.verify.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who stands behind the same security groups: their ids, the names, and the flows that they need."""

    groups: tuple[str, ...]
    names: tuple[str, ...]
    is_router: bool
    flows: tuple[AllowedFlow, ...]


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
                flows=tuple(flow for flow in router_flows(lab) if flow.needed),
            )
        )
    for hosts in lab.hosts:
        flows = tuple(flow for flow in host_flows(lab, hosts) if flow.needed)
        alike: dict[tuple[str, ...], list[str]] = {}
        for name in hosts.names:
            view: InstanceView | None = scene.aws.hosts.get(name)
            if view is not None:
                alike.setdefault(view.security_groups, []).append(name)
        found += [
            Holder(groups=groups, names=tuple(names), is_router=False, flows=flows) for groups, names in alike.items()
        ]
    return tuple(found)


def blocked(flows: Iterable[AllowedFlow], groups: Sequence[SecurityGroupView]) -> tuple[AllowedFlow, ...]:
    """Return the flows that no rule of any of the groups opens."""
    return tuple(each for each in flows if not passes(each, groups))


def passes(flow: AllowedFlow, groups: Sequence[SecurityGroupView]) -> bool:
    """Say whether rules of the groups together allow a flow."""
    open_to = [
        rule.network
        for group in groups
        for rule in group.rules
        if rule.egress == flow.egress
        and rule.protocol in {"-1", flow.protocol}
        and (flow.port is None or rule.first_port is None or _covers(rule.first_port, rule.last_port, flow.port))
    ]
    return any(flow.network.subnet_of(network) for network in collapse_addresses(open_to))


def _covers(first: int, last: int | None, port: int) -> bool:
    return first <= port <= (first if last is None else last)
