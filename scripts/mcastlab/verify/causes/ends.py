"""Causes at the ends: the gateway's domain, IGMP, senders, licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design import roles
from mcastlab.lab.design.names import AWS_INTERFACE
from mcastlab.lab.design.roles import bridged_groups, leaves_vpc, member_subnets
from mcastlab.lab.design.sizes import ttl_needed
from mcastlab.verify.causes.rule import DOCUMENT, SHELL, cause, configuration_of, listed, shell_of
from mcastlab.verify.ladder.ends import IGMPV2, KBITS
from mcastlab.verify.model import Subject
from mcastlab.verify.scene import lines_of, router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Site
    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import HostView
    from mcastlab.verify.scene import Scene


def domain_is_wrong(scene: Scene) -> Iterator[Cause]:
    """The multicast domain is gone, does not speak IGMPv2, or lacks a subnet."""
    domain, lab = scene.aws.domain, scene.lab
    if scene.facts is None or scene.aws.router is None:
        return
    subject = Subject(kind="domain", name=lab.name)
    if domain is None or domain.state != "available" or not domain.igmpv2:
        state = "is gone" if domain is None else f"is {domain.state}"
        said = state if domain is None or domain.igmpv2 else "has no IGMPv2 support, so that joins change nothing"
        yield cause(
            "domain-wrong",
            f"the multicast domain {scene.facts.multicast_domain_id} {said}",
            mend=scene.command.cdk("deploy", "--all"),
            where=SHELL,
            rungs=("domain", "routes", "traffic"),
            subjects=(subject,),
        )
        return
    attachment = scene.vpc_attachment()
    for name in member_subnets(lab):
        view = scene.subnet_of(name)
        if view is None or domain.subnets.get(view.subnet_id) == "associated":
            continue
        yield cause(
            "subnet-not-associated",
            f"the subnet {name} ({view.subnet_id}) is not associated with the multicast domain {domain.domain_id}: the "
            "gateway carries no multicast of it",
            mend="aws ec2 associate-transit-gateway-multicast-domain "
            f"--transit-gateway-multicast-domain-id {domain.domain_id} --transit-gateway-attachment-id "
            f"{attachment.attachment_id if attachment else 'ATTACHMENT'} --subnet-ids {view.subnet_id}",
            where=SHELL,
            rungs=("domain", "traffic"),
            subjects=(Subject(kind="subnet", name=name), subject),
        )


def router_is_no_member(scene: Scene) -> Iterator[Cause]:
    """The AWS router does not take part in groups that it is to bridge."""
    view, domain = scene.aws_router, scene.aws.domain
    lines = () if view is None else lines_of(view, AWS_INTERFACE) or ()
    for bridge, word in (("join", "join-group"), ("static", "static-group")):
        lacking = [
            group
            for group in bridged_groups(scene.lab)
            if group.bridge == bridge and f"ip igmp {word} {group.address}" not in lines
        ]
        if view is not None and lacking:
            yield cause(
                f"no-{word}",
                f"{view.name} has no `ip igmp {word}` for {listed(str(group.address) for group in lacking)} on "
                f"{AWS_INTERFACE}: it neither gets these groups from the gateway nor forwards them into the VPC",
                mend="\n".join(
                    (f"interface {AWS_INTERFACE}", *(f" ip igmp {word} {group.address}" for group in lacking))
                ),
                where=configuration_of(view.name),
                rungs=("domain", "traffic"),
                subjects=[router_subject(view.name, None)],
            )
    if domain is None or scene.aws.router is None:
        return
    interface = scene.aws.router.interface_id
    members = {each.group for each in domain.members if each.interface_id == interface and each.kind == "static"}
    gone = [group for group in bridged_groups(scene.lab, "static") if group.address not in members]
    if gone:
        yield cause(
            "no-static-member",
            f"the AWS router is no static member of {listed(str(group.address) for group in gone)} in the gateway's "
            "domain",
            mend="\n".join(
                "aws ec2 register-transit-gateway-multicast-group-members --transit-gateway-multicast-domain-id "
                f"{domain.domain_id} --group-ip-address {group.address} --network-interface-ids {interface}"
                for group in gone
            ),
            where=SHELL,
            rungs=("domain", "traffic"),
            subjects=[Subject(kind="group", name=group.name) for group in gone],
        )


def host_reports_by_another_igmp(scene: Scene) -> Iterator[Cause]:
    """EC2 hosts, or the AWS router, report by an IGMP that the gateway's domain does not understand."""
    wrong: dict[int, list[str]] = {}
    for hosts in scene.lab.hosts:
        for name in hosts.names if roles.receives(scene.lab, hosts) else ():
            view = scene.seen.hosts.get(name)
            if view is not None and view.igmp_version is not None and not _stays_at_2(view):
                wrong.setdefault(view.igmp_version or 0, []).append(name)
    for version, names in wrong.items():
        still, verb = version == IGMPV2, "reports" if len(names) == 1 else "report"
        if still:
            said = (
                f"{listed(names)} {verb} by IGMPv2 only because a query was heard of late: packets still flow, and a "
                "join after some minutes without one is IGMPv3, which the gateway's domain does not understand"
            )
        else:
            said = (
                f"{listed(names)} {verb} by IGMPv{version}, and the gateway's domain understands IGMPv2 alone: a join "
                "there makes no member"
            )
        yield cause(
            "host-igmp-version",
            said,
            mend="sysctl -w net.ipv4.conf.all.force_igmp_version=2",
            where=shell_of(listed(names)),
            rungs=("igmp",) if still else ("igmp", "traffic"),
            subjects=[Subject(kind="host", name=name) for name in names],
            flows_still=still,
        )
    router = scene.aws_router
    found = None
    if router is not None:
        found = next((each for each in router.igmp_interfaces if each.interface == AWS_INTERFACE), None)
    if router is not None and found is not None and found.version != IGMPV2:
        yield cause(
            "router-igmp-version",
            f"{router.name} speaks IGMPv{found.version} on {AWS_INTERFACE}, and the gateway's domain understands "
            "IGMPv2 alone",
            mend=f"interface {AWS_INTERFACE}\n ip igmp version 2",
            where=configuration_of(router.name),
            rungs=("igmp", "domain", "traffic"),
            subjects=(router_subject(router.name, None),),
        )


def _stays_at_2(view: HostView) -> bool:
    return view.igmp_version == IGMPV2 and view.igmp_forced


def sender_stands_elsewhere(scene: Scene) -> Iterator[Cause]:
    """A sender's address is not of the subnet of its router's interface, so no router registers it."""
    lab = scene.lab
    beside = lab.subnet(lab.router.subnet)
    for hosts in lab.hosts:
        far = any(leaves_vpc(lab, group) for group in roles.sends(lab, hosts))
        if not far or lab.workarounds.senders_outside_router_subnet:
            continue
        views = [(name, scene.seen.hosts[name]) for name in hosts.names if name in scene.seen.hosts]
        away = [name for name, view in views if view.source is not None and view.source not in beside.cidr]
        if away:
            yield cause(
                "sender-elsewhere",
                f"{listed(away)} of subnet {hosts.subnet} send from outside {beside.cidr}, the AWS router's subnet: a "
                "router registers only senders that are directly connected to it, so they reach no far site",
                mend=f"hosts[{hosts.name}].subnet: {beside.name}"
                if hosts.subnet != beside.name
                else f"ip route replace 224.0.0.0/4 dev {views[0][1].interface} src ADDRESS",
                where=DOCUMENT if hosts.subnet != beside.name else shell_of(listed(away)),
                rungs=("senders", "reverse-paths", "traffic"),
                subjects=[Subject(kind="host", name=name) for name in away],
            )
    for site in scene.sites if lab.sites else ():
        yield from _devices_elsewhere(scene, site)


def _devices_elsewhere(scene: Scene, site: Site) -> Iterator[Cause]:
    for device in site.devices if roles.elsewhere(scene.lab, site) else ():
        view = scene.seen.hosts.get(device.name)
        if view is None or view.interface is None or (view.source is not None and view.source in site.lan):
            continue
        yield cause(
            "sender-elsewhere",
            f"{device.name} sends from {view.source or 'no address'}, which is not in {site.lan}, the subnet of "
            f"{site.router.lan.interface} of {site.name}'s router: a router registers only senders that are directly "
            "connected to it",
            mend=f"ip route replace 224.0.0.0/4 dev {view.interface} src {device.address}",
            where=shell_of(device.name),
            rungs=("senders", "traffic"),
            subjects=(Subject(kind="device", name=device.name, site=site.name),),
        )


def sender_has_no_way_out(scene: Scene) -> Iterator[Cause]:
    """A sender's host has no route for multicast."""
    for view, subject in _senders(scene):
        if view.interface is None:
            yield cause(
                "no-multicast-route",
                f"{view.name} has no route for multicast, so nothing leaves",
                mend="ip route replace 224.0.0.0/4 dev INTERFACE",
                where=shell_of(view.name),
                rungs=("senders", "igmp", "traffic"),
                subjects=(subject,),
            )


def ttl_is_too_small(scene: Scene) -> Iterator[Cause]:
    """A sender's datagrams leave with too small a TTL, or not at all, although a larger one was asked for."""
    needed = ttl_needed(scene.lab)
    for view, subject in _senders(scene):
        if view.ttl is None or view.ttl >= needed or view.interface is None:
            continue
        if view.ttl:
            said = (
                f"datagrams of {view.name} leave {view.interface} with TTL {view.ttl}, although they are given "
                f"{view.ttl_given}: {needed - 1} routers are on the way, so TTL {needed} is the least; something on "
                "the host changes it"
            )
        else:
            said = f"datagrams of {view.name} do not leave {view.interface}: something on the host drops them"
        yield cause(
            "ttl-too-small" if view.ttl else "nothing-leaves",
            said,
            mend="take out the rule that `nft list ruleset` or `iptables-save -t mangle` shows"
            + (" with ttl" if view.ttl else ""),
            where=shell_of(view.name),
            rungs=("senders", "traffic"),
            subjects=(subject,),
        )


def _senders(scene: Scene) -> Iterator[tuple[HostView, Subject]]:
    for hosts in scene.lab.hosts:
        if any(leaves_vpc(scene.lab, group) for group in roles.sends(scene.lab, hosts)):
            for name in hosts.names:
                if name in scene.seen.hosts:
                    yield scene.seen.hosts[name], Subject(kind="host", name=name)
    for site in scene.sites:
        for device in site.devices if roles.elsewhere(scene.lab, site) else ():
            if device.name in scene.seen.hosts:
                yield scene.seen.hosts[device.name], Subject(kind="device", name=device.name, site=site.name)


def licence_is_too_small(scene: Scene) -> Iterator[Cause]:
    """The AWS router is licensed for less than the document says."""
    view, wanted = scene.aws_router, scene.lab.router.throughput_mbps
    if view is not None and view.throughput_kbits is not None and view.throughput_kbits < wanted * KBITS:
        yield cause(
            "throughput-too-small",
            f"{view.name} forwards {view.throughput_kbits // KBITS} Mbit/s by its licence, and the document says "
            f"{wanted}: packets still flow, and what exceeds the licence is dropped",
            mend=f"platform hardware throughput level MB {wanted}",
            where=configuration_of(view.name),
            rungs=("throughput",),
            subjects=(router_subject(view.name, None),),
            flows_still=True,
        )
