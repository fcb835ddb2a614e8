"""The checks of the endpoints: IGMP of hosts and routers, senders, licences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.system import UNTHROTTLED
from mcastlab.lab.design import roles
from mcastlab.lab.design.names import AWS_INTERFACE
from mcastlab.lab.design.routers import vpc_interfaces
from mcastlab.lab.design.sizes import ttl_needed
from mcastlab.verify.checks.check import SILENT, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import (
    DOCUMENT,
    RootCause,
    configuration_of,
    diagnosis,
    listed,
    shell_of,
)
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network

    from mcastlab.lab.design.routers import VpcInterface
    from mcastlab.lab.model import Hosts, Site
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.hosts import ObservedHost
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter

IGMPV2: Final = 2
KBITS: Final = 1000


@check(CheckKey.IGMP, "Hosts and routers speak IGMPv2", "AWS Transit Gateway user guide, Multicast: IGMPv2; RFC 2236")
def igmp_is_version_2(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each EC2 host's first report is IGMPv2, as the gateway understands no other; so is the AWS router's."""
    wrong: dict[int, list[str]] = {}
    receiving = {hosts.name for hosts in snapshot.lab.hosts if roles.receives(snapshot.lab, hosts)}
    for entry, subject, host in snapshot.endpoints():
        if subject.kind != "host" or entry.name not in receiving:
            continue
        expected = f"{subject.name} reports by IGMPv2, always"
        if host is None or host.igmp_version is None:
            yield unreached(subject, expected, f"{subject.name} does not answer")
            continue
        holds = host.igmp_version == IGMPV2 and host.igmp_forced
        kept = "forced" if host.igmp_forced else "as the last query was, not forced"
        seen = f"it reports by IGMPv{host.igmp_version} on {host.interface}, {kept}"
        where = "sysctl net.ipv4.conf.*.force_igmp_version; /proc/net/igmp"
        yield finding(subject, expected, seen, holds=holds, where=where)
        if not holds:
            wrong.setdefault(host.igmp_version, []).append(subject.name)
    for version, names in wrong.items():
        yield _host_igmp_version(version, names)
    for design, router in snapshot.designed():
        subject = router_subject(design.name, design.site)
        expected = f"IGMPv2 on {design.member_interface} of {design.name}"
        if router is None:
            yield unreached(subject, expected, SILENT)
            continue
        found = next((each for each in router.igmp_interfaces if each.interface == design.member_interface), None)
        if found is not None:
            # Without PIM there is no IGMP either, which the check of the interfaces tells.
            holds = found.version == IGMPV2 if design.site is None else found.version >= IGMPV2
            yield finding(subject, expected, f"version {found.version}", holds=holds, where="show ip igmp interface")
            if not holds and design.site is None and not snapshot.is_bare(router):
                yield _router_igmp_version(router, found.version)


def _host_igmp_version(version: int, names: list[str]) -> Diagnosis:
    """Say that EC2 hosts report by an IGMP that the gateway's domain does not understand, or will."""
    still, verb = version == IGMPV2, "reports" if len(names) == 1 else "report"
    why = (
        " only because a query was heard of late: packets still flow, and a join after some minutes without one is "
        "IGMPv3, which the gateway's domain does not understand"
        if still
        else ", and the gateway's domain understands IGMPv2 alone: a join there makes no member"
    )
    return diagnosis(
        RootCause.HOST_IGMP_VERSION,
        f"{listed(names)} {verb} by IGMPv{version}{why}",
        fix="sysctl -w net.ipv4.conf.all.force_igmp_version=2",
        where=shell_of(listed(names)),
        explains=(CheckKey.IGMP,) if still else (CheckKey.IGMP, CheckKey.TRAFFIC),
        subjects=[Subject(kind="host", name=name) for name in names],
        flows_still=still,
    )


def _router_igmp_version(router: ObservedRouter, version: int) -> Diagnosis:
    return diagnosis(
        RootCause.ROUTER_IGMP_VERSION,
        f"{router.name} speaks IGMPv{version} on {AWS_INTERFACE}, and the gateway's domain understands IGMPv2 alone",
        fix=f"interface {AWS_INTERFACE}\n ip igmp version 2",
        where=configuration_of(router.name),
        explains=above(CheckKey.IGMP),
        subjects=(router_subject(router.name, None),),
    )


@check(
    CheckKey.SENDERS,
    "Senders stand where a router hears them, and send far enough",
    "RFC 7761, section 4.2; RFC 1112, 6.1",
)
def senders_are_heard(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each sender's address is of the subnet of its router's interface, and its datagrams outlive the routers."""
    lab, needed = snapshot.lab, ttl_needed(snapshot.lab)
    interfaces = {each.subnet.name: each for each in vpc_interfaces(lab)}
    for hosts in lab.hosts:
        sent = roles.sends(lab, hosts)
        leaves = any(roles.leaves_vpc(lab, group) for group in sent)
        proven = leaves and not lab.workarounds.senders_outside_router_subnet
        interface = interfaces.get(hosts.subnet, interfaces[lab.router.subnet])
        beside = interface.subnet.cidr if proven else None
        away: list[ObservedHost] = []
        for name in hosts.names if sent else ():
            subject, host = Subject(kind="host", name=name), snapshot.hosts.get(name)
            yield from _sender(subject, host, beside, needed if leaves else 1)
            if host is None or not leaves:
                continue
            yield from _nothing_reaches_remote_sites(subject, host, needed)
            if beside is not None and host.source is not None and host.source not in beside:
                away.append(host)
        if away and beside is not None:
            yield _hosts_elsewhere(hosts, away, interface)
    for site in snapshot.sites:
        for device in site.machines if roles.elsewhere(lab, site) else ():
            subject, host = Subject(kind="device", name=device.name, site=site.name), snapshot.hosts.get(device.name)
            yield from _sender(subject, host, site.lan, needed)
            if host is not None:
                yield from _nothing_reaches_remote_sites(subject, host, needed)
                if host.interface is not None and (host.source is None or host.source not in site.lan):
                    yield _device_elsewhere(site, subject, host, f"{device.address}")


def _sender(subject: Subject, host: ObservedHost | None, beside: IPv4Network | None, needed: int) -> Iterator[Finding]:
    if host is None:
        yield unreached(subject, f"{subject.name} sends from beside its router", f"{subject.name} does not answer")
        return
    if beside is not None:
        yield finding(
            subject,
            f"{subject.name} sends from an address in {beside}",
            f"it sends from {host.source or 'no address'}" + (f" by {host.interface}" if host.interface else ""),
            holds=host.source is not None and host.source in beside,
            where="ip route get GROUP",
        )
    if host.ttl is not None:
        seen = f"given {host.ttl_given}, it left with {host.ttl}" if host.ttl else "none was seen to leave"
        yield finding(
            subject,
            f"datagrams of {subject.name} leave with a TTL of {needed} at least",
            seen,
            holds=host.ttl >= needed,
            where="one datagram, looked at on its way out",
        )


def _nothing_reaches_remote_sites(subject: Subject, host: ObservedHost, needed: int) -> Iterator[Diagnosis]:
    """Say that a sender has no route for multicast, or that its datagrams do not leave, or with too small a TTL."""
    if host.interface is None:
        yield diagnosis(
            RootCause.NO_MULTICAST_ROUTE,
            f"{host.name} has no route for multicast, so nothing leaves",
            fix="ip route replace 224.0.0.0/4 dev INTERFACE",
            where=shell_of(host.name),
            explains=(*above(CheckKey.SENDERS), CheckKey.IGMP),
            subjects=(subject,),
        )
    elif host.ttl is not None and host.ttl < needed:
        why = f"datagrams of {host.name} do not leave {host.interface}: something on the host drops them"
        if host.ttl:
            why = (
                f"datagrams of {host.name} leave {host.interface} with TTL {host.ttl}, although they are given "
                f"{host.ttl_given}: {needed - 1} routers are on the way, so TTL {needed} is the least; something on "
                "the host changes it"
            )
        yield diagnosis(
            RootCause.TTL_TOO_SMALL if host.ttl else RootCause.NOTHING_LEAVES,
            why,
            fix="take out the rule that `nft list ruleset` or `iptables-save -t mangle` shows"
            + (" with ttl" if host.ttl else ""),
            where=shell_of(host.name),
            explains=above(CheckKey.SENDERS),
            subjects=(subject,),
        )


def _hosts_elsewhere(hosts: Hosts, away: list[ObservedHost], interface: VpcInterface) -> Diagnosis:
    """Say that senders' addresses are not of the subnet of the AWS router's interface, so that it registers none."""
    names, subnet = [host.name for host in away], interface.subnet.name
    inside, whose = hosts.subnet == subnet, f"the subnet of the AWS router's {interface.name}"
    return diagnosis(
        RootCause.SENDER_ELSEWHERE,
        f"{listed(names)} of subnet {hosts.subnet} send from outside {interface.subnet.cidr}, {whose}: a router "
        "registers only senders that are directly connected to it, so they reach no remote site",
        fix=f"ip route replace 224.0.0.0/4 dev {away[0].interface} src ADDRESS"
        if inside
        else f"hosts[{hosts.name}].subnet: {subnet}",
        where=shell_of(listed(names)) if inside else DOCUMENT,
        explains=(*above(CheckKey.SENDERS), CheckKey.REVERSE_PATHS),
        subjects=[Subject(kind="host", name=name) for name in names],
    )


def _device_elsewhere(site: Site, subject: Subject, host: ObservedHost, address: str) -> Diagnosis:
    """Say that a device's address is not of the subnet of its router's interface, so that it is not registered."""
    return diagnosis(
        RootCause.SENDER_ELSEWHERE,
        f"{host.name} sends from {host.source or 'no address'}, which is not in {site.lan}, the subnet of "
        f"{site.router.lan.interface} of {site.name}'s router: a router registers only senders that are directly "
        "connected to it",
        fix=f"ip route replace 224.0.0.0/4 dev {host.interface} src {address}",
        where=shell_of(host.name),
        explains=above(CheckKey.SENDERS),
        subjects=(subject,),
    )


@check(CheckKey.THROUGHPUT, "The routers are licensed for the throughput", "Cisco, Catalyst 8000V throughput levels")
def routers_are_licensed(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The AWS router has at least the lab file's throughput; of a remote router the level is reported."""
    for design, router in snapshot.designed():
        subject, mbits = router_subject(design.name, design.site), snapshot.lab.router.throughput_mbps
        wanted = mbits * KBITS if design.site is None else 0
        expected = f"at least {wanted} kbit/s" if wanted else "a throughput level; the lab file asks for none"
        level = None if router is None else router.throughput_kbits
        if router is None:
            yield unreached(subject, expected, SILENT)
        elif level is not None:
            yield finding(
                subject,
                expected,
                "unthrottled" if level == UNTHROTTLED else f"{level} kbit/s",
                holds=level >= wanted,
                where="show platform hardware throughput level",
            )
            if level < wanted and not snapshot.is_bare(router):
                yield diagnosis(
                    RootCause.THROUGHPUT_TOO_SMALL,
                    f"{router.name} forwards {level // KBITS} Mbit/s by its licence, and the lab file says "
                    f"{mbits}: packets still flow, and what exceeds the licence is dropped",
                    fix=f"platform hardware throughput level MB {mbits}",
                    where=configuration_of(router.name),
                    explains=(CheckKey.THROUGHPUT,),
                    subjects=(subject,),
                    flows_still=True,
                )
