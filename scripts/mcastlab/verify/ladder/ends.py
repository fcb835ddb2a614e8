"""Rungs of the ends: IGMP of hosts and routers, the gateway's domain, senders, licences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.system import UNTHROTTLED
from mcastlab.lab.design import roles
from mcastlab.lab.design.roles import bridged_groups, leaves_vpc, member_subnets
from mcastlab.lab.design.sizes import ttl_needed
from mcastlab.verify.ladder.cloud import NO_AWS
from mcastlab.verify.ladder.multicast import SILENT, seen_places
from mcastlab.verify.ladder.rung import finding, step, unreached
from mcastlab.verify.model import Subject
from mcastlab.verify.scene import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.model import Finding
    from mcastlab.verify.scene import Scene

IGMPV2: Final = 2
KBITS: Final = 1000


@step("igmp", "Hosts and routers speak IGMPv2", "AWS Transit Gateway user guide, Multicast: IGMPv2; RFC 2236")
def igmp_is_version_2(scene: Scene) -> Iterator[Finding]:
    """Each EC2 host's first report is IGMPv2, as the gateway understands no other; so is the AWS router's."""
    for hosts in scene.lab.hosts:
        for name in hosts.names if roles.receives(scene.lab, hosts) else ():
            subject, view = Subject(kind="host", name=name), scene.seen.hosts.get(name)
            expected = f"{name} reports by IGMPv2, always"
            if view is None or view.igmp_version is None:
                yield unreached(subject, expected, f"{name} does not answer")
            else:
                kept = "forced" if view.igmp_forced else "as the last query was, not forced"
                seen = f"it reports by IGMPv{view.igmp_version} on {view.interface}, {kept}"
                where = "sysctl net.ipv4.conf.*.force_igmp_version; /proc/net/igmp"
                yield finding(
                    subject, expected, seen, holds=view.igmp_version == IGMPV2 and view.igmp_forced, where=where
                )
    for place in seen_places(scene):
        subject, router = router_subject(place.name, place.site), scene.seen.routers.get(place.name)
        expected = f"IGMPv2 on {place.member_interface} of {place.name}"
        if router is None:
            yield unreached(subject, expected, SILENT)
            continue
        found = next((each for each in router.igmp_interfaces if each.interface == place.member_interface), None)
        if found is not None:
            # Without PIM there is no IGMP either, which the rung of the interfaces tells.
            holds = found.version == IGMPV2 if place.site is None else found.version >= IGMPV2
            yield finding(subject, expected, f"version {found.version}", holds=holds, where="show ip igmp interface")


@step("domain", "The multicast domain has its subnets and members", "AWS Transit Gateway user guide, Multicast domains")
def domain_has_its_members(scene: Scene) -> Iterator[Finding]:
    """The domain speaks IGMPv2, each member subnet is associated, the router a member of each group it bridges."""
    lab, domain = scene.lab, scene.aws.domain
    subject = Subject(kind="domain", name=lab.name)
    if scene.facts is None or scene.seen.aws is None:
        yield unreached(subject, "the domain is there", NO_AWS)
        return
    if domain is None:
        yield finding(subject, "the domain is there", f"there is no {scene.facts.multicast_domain_id}", holds=False)
        return
    yield finding(
        subject,
        "the domain is available and supports IGMPv2",
        f"{domain.state}, Igmpv2Support {'enable' if domain.igmpv2 else 'disable'}",
        holds=domain.state == "available" and domain.igmpv2,
        where="ec2 describe-transit-gateway-multicast-domains",
    )
    for name in member_subnets(lab):
        view = scene.subnet_of(name)
        state = "not associated" if view is None else domain.subnets.get(view.subnet_id, "not associated")
        yield finding(
            Subject(kind="subnet", name=name),
            f"subnet {name} is associated with the domain",
            state,
            holds=state == "associated",
            where="ec2 get-transit-gateway-multicast-domain-associations",
        )
    interface = None if scene.aws.router is None else scene.aws.router.interface_id
    joined = {each.group for each in domain.members if each.interface_id == interface}
    for group in bridged_groups(lab):
        yield finding(
            Subject(kind="group", name=group.name),
            f"the AWS router is a member of {group.address}",
            "it is" if group.address in joined else "it is not",
            holds=group.address in joined,
            where="ec2 search-transit-gateway-multicast-groups",
        )


@step("senders", "Senders stand where a router hears them, and send far enough", "RFC 7761, section 4.2; RFC 1112, 6.1")
def senders_are_heard(scene: Scene) -> Iterator[Finding]:
    """Each sender's address is of the subnet of its router's interface, and its datagrams outlive the routers."""
    needed = ttl_needed(scene.lab)
    for hosts in scene.lab.hosts:
        sent = roles.sends(scene.lab, hosts)
        far = any(leaves_vpc(scene.lab, group) for group in sent)
        beside = scene.lab.subnet(scene.lab.router.subnet).cidr
        for name in hosts.names if sent else ():
            subject = Subject(kind="host", name=name)
            proven = far and not scene.lab.workarounds.senders_outside_router_subnet
            yield from _sender(scene, subject, beside if proven else None, needed if far else 1)
    for site in scene.sites:
        if roles.elsewhere(scene.lab, site):
            for device in site.devices:
                subject = Subject(kind="device", name=device.name, site=site.name)
                yield from _sender(scene, subject, site.lan, needed)


def _sender(scene: Scene, subject: Subject, beside: object, needed: int) -> Iterator[Finding]:
    view = scene.seen.hosts.get(subject.name)
    if view is None:
        yield unreached(subject, f"{subject.name} sends from beside its router", f"{subject.name} does not answer")
        return
    if beside is not None:
        source = view.source
        yield finding(
            subject,
            f"{subject.name} sends from an address in {beside}",
            f"it sends from {source or 'no address'}" + (f" by {view.interface}" if view.interface else ""),
            holds=source is not None and source in beside,  # type: ignore[operator]
            where="ip route get GROUP",
        )
    if view.ttl is not None:
        seen = f"given {view.ttl_given}, it left with {view.ttl}" if view.ttl else "none was seen to leave"
        yield finding(
            subject,
            f"datagrams of {subject.name} leave with a TTL of {needed} at least",
            seen,
            holds=view.ttl >= needed,
            where="one datagram, looked at on its way out",
        )


@step("throughput", "The routers are licensed for the throughput", "Cisco, Catalyst 8000V throughput levels")
def routers_are_licensed(scene: Scene) -> Iterator[Finding]:
    """The AWS router has at least the document's throughput; of a far router the level is told."""
    for place in seen_places(scene):
        subject, view = router_subject(place.name, place.site), scene.seen.routers.get(place.name)
        wanted = scene.lab.router.throughput_mbps * KBITS if place.site is None else 0
        expected = f"at least {wanted} kbit/s" if wanted else "a throughput level; the document asks for none"
        if view is None:
            yield unreached(subject, expected, SILENT)
        elif view.throughput_kbits is not None:
            yield finding(
                subject,
                expected,
                "unthrottled" if view.throughput_kbits == UNTHROTTLED else f"{view.throughput_kbits} kbit/s",
                holds=view.throughput_kbits >= wanted,
                where="show platform hardware throughput level",
            )
