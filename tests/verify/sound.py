"""A lab of two sites as it is seen when everything holds: what each test breaks one thing of."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any, Final

import yaml
from verify.sound_cloud import DOMAIN, cloud_of

from mcastlab.facts import Facts, SiteFacts, TunnelFacts
from mcastlab.ios.configuration import parse
from mcastlab.ios.show.igmp import IgmpInterface
from mcastlab.ios.show.multicast import PimInterface, PimNeighbor, PimTunnel, Rpf, RpMapping
from mcastlab.ios.show.routing import RouteTo
from mcastlab.ios.show.system import InterfaceBrief, Ping, Version
from mcastlab.ios.show.vpn import BgpPeer, Ikev2Sa
from mcastlab.lab.design.addresses import gre_addresses, host_route
from mcastlab.lab.design.names import LOOPBACK, aws_router_name, remote_router_name
from mcastlab.lab.design.routers import designed_routers
from mcastlab.lab.document import parse as read_document
from mcastlab.render.routers import render_all
from mcastlab.verify.snapshot.hosts import ObservedHost
from mcastlab.verify.snapshot.lab import Snapshot, TunnelEnds, asked_paths
from mcastlab.verify.snapshot.routers import ObservedRouter
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.design.reverse_paths import ReversePath
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Lab, Site

DOCUMENT: Final = """\
name: harbour
vpc: {cidr: 10.40.0.0/16}
hosts:
- {name: buoy, count: 2}
sites:
- name: oslo
  router: {ssh: oslo-router, asn: 65010, wan: 198.51.100.2/30, lan: 172.20.5.1/24}
  devices:
  - {name: oslo-phone, address: 172.20.5.20}
- name: bergen
  router: {ssh: bergen-router, asn: 65020, wan: 203.0.113.6/30, lan: 172.20.6.1/24}
  devices:
  - {name: bergen-phone, address: 172.20.6.30}
groups:
- {name: paging, address: 239.40.0.1}
- {name: alarm, address: 239.40.0.2, bridge: static}
"""


def lab_of(document: str = DOCUMENT, **changes: Any) -> Lab:
    """Return the lab, with changes at the top of its document."""
    return read_document({**yaml.safe_load(document), **changes}, "document")


def facts_of(lab: Lab) -> Facts:
    """Return what deployment made of it."""
    return Facts(
        router_instance_id="i-router",
        router_key_pair_id=None,
        host_instance_ids={name: f"i-{name}" for name in lab.host_names},
        multicast_domain_id=DOMAIN,
        sites={
            site.name: SiteFacts(vpn_connection_id=f"vpn-{site.name}", tunnels=_tunnels(site, number))
            for number, site in enumerate(lab.sites)
        },
    )


def _tunnels(site: Site, number: int) -> tuple[TunnelFacts, ...]:
    found = []
    for index, inside in enumerate(site.tunnels):
        near, far = list(inside.hosts())[:2]
        found.append(
            TunnelFacts(
                outside_address=IPv4Address("192.0.2.10") + 10 * number + index,
                aws_address=IPv4Interface((near, 30)),
                customer_address=IPv4Interface((far, 30)),
                aws_asn=64512,
                pre_shared_key=Secret("k3y_nobody_sees"),
            )
        )
    return tuple(found)


def sound(lab: Lab | None = None) -> Snapshot:
    """Return the snapshot in which everything holds."""
    lab = lab or lab_of()
    facts = facts_of(lab)
    aws = cloud_of(lab, facts)
    addresses = {name: view.address for name, view in aws.hosts.items() if view.address is not None}
    trees = {each.router: each.shown for each in render_all(lab, facts)}
    paths = asked_paths(lab, addresses)
    routers = {place.name: _router(lab, facts, place, trees[place.name], paths) for place in designed_routers(lab)}
    hosts = {name: _host(name, None, address) for name, address in addresses.items()}
    hosts |= {
        device.name: _host(device.name, site.name, device.address) for site in lab.sites for device in site.machines
    }
    return Snapshot(lab=lab, facts=facts, cloud=aws, routers=routers, hosts=hosts)


def _host(name: str, site: str | None, address: IPv4Address) -> ObservedHost:
    return ObservedHost(
        name=name,
        site=site,
        kernel="6.1.0",
        interface="ens5",
        source=address,
        mtu_octets=1500,
        igmp_version=2,
        igmp_forced=True,
        ttl=16,
        ttl_given=16,
    )


def _router(lab: Lab, facts: Facts, place: RouterDesign, shown: str, paths: tuple[ReversePath, ...]) -> ObservedRouter:
    site = place.site
    tree = parse(shown)
    tunnels = () if site is None else facts.sites[site.name].tunnels
    sites = lab.sites if site is None else (site,)
    lines: dict[str, IPv4Address | None] = {
        LOOPBACK: lab.router.loopback if site is None else site.router.loopback,
        place.member_interface: IPv4Address("10.40.1.6") if site is None else site.router.lan.address.ip,
        **({} if site is None else {site.router.wan.interface: site.router.wan.address.ip}),
        **{name: IPv4Address("10.40.2.6") for name in place.sender_interfaces},
        **{f"Tunnel{101 + number}": each.customer_address.ip for number, each in enumerate(tunnels)},
        **{each.gre_interface: gre_addresses(each)[0 if site is None else 1].ip for each in sites},
    }
    own = lines[LOOPBACK]
    return ObservedRouter(
        name=place.name,
        site=None if site is None else site.name,
        version=Version(hostname="r", release="17.9.4a", hardware="C8000V", serial="1"),
        throughput_kbits=250_000,
        running=shown,
        tree=tree,
        keys={str(each.outside_address): True for each in tunnels},
        interfaces=tuple(
            InterfaceBrief(name=name, address=address, admin_up=True, protocol_up=True)
            for name, address in lines.items()
        ),
        ikev2=tuple(_ike(site, each) for each in tunnels if site is not None),
        bgp=tuple(
            BgpPeer(address=each.aws_address.ip, remote_as=each.aws_asn, since_s=60, state="Established", prefixes=2)
            for each in tunnels
        ),
        pim_interfaces=tuple(
            PimInterface(address=lines[name] or IPv4Address(0), interface=name, sparse=True, neighbors=1, dr=None)
            for name in place.pim_interfaces
        ),
        pim_neighbors=tuple(
            PimNeighbor(
                address=gre_addresses(each)[1 if site is None else 0].ip,
                interface=each.gre_interface,
                uptime_s=60,
                expires_s=90,
                dr_priority=1,
                is_dr=False,
            )
            for each in sites
        ),
        rp_mappings=(
            RpMapping(rp=lab.rendezvous_point, groups=None, access_list="MCASTLAB-GROUPS", static=True, override=False),
        ),
        pim_tunnels=(PimTunnel(interface="Tunnel0", decap=False, rp=lab.rendezvous_point, source=own, up=True),),
        igmp_interfaces=(
            IgmpInterface(
                interface=place.member_interface,
                address=None,
                version=2,
                query_interval_s=60,
                querier=None,
                is_querier=True,
                joined=(),
            ),
        ),
        rpf={
            path.network.network_address: Rpf(
                interface=path.interface, neighbor=None, prefix=path.network, kind="sound"
            )
            for path in paths
            if path.router == place.name
        },
        routes={
            address: RouteTo(
                prefix=host_route(address),
                known_via="static" if site is None else "bgp 65010",
                distance=20,
                next_hops=(IPv4Address("169.254.9.1"),),
                interfaces=(),
            )
            for address in place.gre_ends
        },
        underlay=None if site is None else Ping(sent=2, received=2, average_ms=2),
        overlay=None if site is None else Ping(sent=2, received=2, average_ms=3),
        full_size=None if site is None else Ping(sent=2, received=2, average_ms=3),
    )


def _ike(site: Site, tunnel: TunnelFacts) -> Ikev2Sa:
    return Ikev2Sa(
        local=site.router.wan.address.ip,
        local_port=500,
        remote=tunnel.outside_address,
        remote_port=500,
        status="READY",
        encryption="AES-CBC",
        key_bits=256,
        integrity="SHA256",
        dh_group=14,
        lifetime_s=28800,
        active_s=60,
    )


# How a test breaks one thing


def with_aws(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Return the snapshot with another cloud half."""
    assert snapshot.cloud is not None
    return replace(snapshot, cloud=replace(snapshot.cloud, **changes))


def with_router(snapshot: Snapshot, router: str, change: Callable[[ObservedRouter], ObservedRouter]) -> Snapshot:
    """Return the snapshot with a router seen otherwise: ``aws``, or a site's name."""
    sites = {site.name: site for site in snapshot.lab.sites}
    name = aws_router_name(snapshot.lab) if router == "aws" else remote_router_name(snapshot.lab, sites[router])
    routers = {**snapshot.routers, name: change(snapshot.routers[name])}
    return replace(snapshot, routers=routers)


def with_host(snapshot: Snapshot, name: str, **changes: Any) -> Snapshot:
    """Return the snapshot with a host seen otherwise."""
    hosts = {**snapshot.hosts, name: replace(snapshot.hosts[name], **changes)}
    return replace(snapshot, hosts=hosts)


def without_lines(*texts: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Take lines out of a router's configuration, wherever they stand."""

    def change(view: ObservedRouter) -> ObservedRouter:
        kept = [line for line in view.running.splitlines() if line.strip() not in texts]
        assert len(kept) < len(view.running.splitlines()), texts
        running = "\n".join(kept)
        return replace(view, running=running, tree=parse(running))

    return change


def with_lines(old: str, new: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Put other lines in the place of one of a router's configuration."""

    def change(view: ObservedRouter) -> ObservedRouter:
        assert old in view.running, old
        running = view.running.replace(old, new)
        return replace(view, running=running, tree=parse(running))

    return change


def tunnel(snapshot: Snapshot, site: str, number: int) -> TunnelEnds:
    """Return a VPN tunnel of a site, as it is seen."""
    return snapshot.tunnels(next(each for each in snapshot.lab.sites if each.name == site))[number - 1]
