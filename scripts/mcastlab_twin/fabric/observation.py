"""What the running fabric sees, in the terms that the region shows it in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from awsregion.live import IPSEC_IS_DOWN, IgmpMember, TunnelStatus
from mcastlab_base.frozen import Frozen
from mcastlab_twin.network import names
from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Network

    from awsregion.cloud import Cloud, MulticastDomain, NetworkInterface
    from iosxe.state import LiveBgpPeer
    from mcastlab_twin.services.bird import Bird
    from mcastlab_twin.services.charon import Charon, CharonTunnel, IkeSa


class _Entry(Frozen, extra="ignore"):
    """An entry of ``bridge -json mdb show``."""

    dev: str
    port: str
    grp: str
    state: str


class _Databases(Frozen, extra="ignore"):
    mdb: tuple[_Entry, ...] = ()


_DATABASES = TypeAdapter(tuple[_Databases, ...])


async def members(cloud: Cloud) -> tuple[IgmpMember, ...]:
    """Return who joined which group by IGMP, by the bridges' own tables.

    Raises:
        ProgramError, TimeoutError: a gateway's bridges could not be asked.
    """
    found: list[IgmpMember] = []
    for gateway in cloud.transit_gateways:
        domains = [domain for domain in cloud.multicast_domains if domain.transit_gateway_id == gateway.id]
        if domains:
            output = await run("bridge", "-json", "mdb", "show", netns=gateway.id)
            found += parse_members(output.stdout, domains, cloud.network_interfaces)
    return tuple(sorted(found, key=lambda member: (member.domain_id, member.group, member.network_interface_id)))


def parse_members(
    text: str, domains: Iterable[MulticastDomain], interfaces: Iterable[NetworkInterface]
) -> tuple[IgmpMember, ...]:
    """Read ``bridge -json mdb show``; what the API registered (permanent) is not a member by IGMP."""
    domain_ids = {names.domain_bridge(domain.id): domain.id for domain in domains}
    interface_ids = {names.domain_port(interface.id): interface.id for interface in interfaces}
    entries = (entry for each in _DATABASES.validate_python(json.loads(text or "[]")) for entry in each.mdb)
    return tuple(
        IgmpMember(
            domain_id=domain_ids[entry.dev],
            group=IPv4Address(entry.grp),
            network_interface_id=interface_ids[entry.port],
        )
        for entry in entries
        if entry.state == "temp" and entry.dev in domain_ids and entry.port in interface_ids and "." in entry.grp
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpSeen:
    """What a gateway's BGP speaker sees."""

    peers: tuple[LiveBgpPeer, ...] = ()
    accepted: Mapping[IPv4Address, tuple[IPv4Network, ...]] = field(default_factory=dict)


async def bgp_of(bird: Bird) -> BgpSeen:
    """Ask a speaker once for all of its tunnels.

    Raises:
        ServiceError, TimeoutError: it could not be asked.
    """
    peers = await bird.peers()
    return BgpSeen(peers=peers, accepted=await bird.accepted() if peers else {})


async def tunnel_status(charon: Charon, bgp: BgpSeen) -> TunnelStatus:
    """Return a tunnel as its AWS end sees it.

    Raises:
        ProgramError, TimeoutError: a daemon could not be asked.
    """
    return judge_tunnel(charon.tunnel, await charon.sas(), bgp.peers, bgp.accepted)


def judge_tunnel(
    tunnel: CharonTunnel,
    sas: Iterable[IkeSa],
    peers: Iterable[LiveBgpPeer],
    accepted: Mapping[IPv4Address, tuple[IPv4Network, ...]],
) -> TunnelStatus:
    """Return a tunnel's status as VgwTelemetry words it: UP takes IPsec and BGP both.

    Source: AWS Site-to-Site VPN, "Monitor VPN tunnels", and EC2 API, VgwTelemetry.
    """
    network = tunnel.device_address.network if tunnel.device_address else None
    if not any(sa.child_installed for sa in sas):
        return TunnelStatus(outside_address=tunnel.local, up=False, message=IPSEC_IS_DOWN)
    established = [
        peer.address
        for peer in peers
        if network is not None and peer.address in network and peer.state == "Established"
    ]
    if not established:
        return TunnelStatus(outside_address=tunnel.local, up=False, message="IPSEC IS UP")
    learnt = tuple(prefix for remote in established for prefix in accepted.get(remote, ()))
    return TunnelStatus(outside_address=tunnel.local, up=True, accepted_routes=learnt)
