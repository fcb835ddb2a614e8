"""The whole fabric as one value: what the region holds and the lab's remote sites, as pieces and services. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcastlab.lab.appliances import groups_of
from mcastlab_twin.network.cloud_index import CloudIndex
from mcastlab_twin.network.instances import HostInstance, RouterInstance, instances
from mcastlab_twin.network.plan import pieces
from mcastlab_twin.network.site import RemoteSite, remote_sites
from mcastlab_twin.network.timers import DomainTimers
from mcastlab_twin.services import vpn
from mcastlab_twin.services.specifications import ImpairedWan, RemoteAppliance, RemoteDevice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awsregion.cloud import Cloud
    from mcastlab.lab.model import Lab
    from mcastlab_twin.network.impairment import Impairment
    from mcastlab_twin.network.piece import Piece
    from mcastlab_twin.services.charon_conf import CharonTunnel
    from mcastlab_twin.services.specifications import Name, Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """Everything that is to run."""

    pieces: tuple[Piece, ...]
    tunnels: tuple[CharonTunnel, ...]
    speakers: tuple[Speaker, ...]
    routers: tuple[RouterInstance, ...]
    hosts: tuple[HostInstance, ...]
    sites: tuple[RemoteSite, ...]
    groups: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """The addresses and ports of appliances' groups, by what they are called in the lab file."""

    @property
    def device_names(self) -> tuple[str, ...]:
        """The devices of all sites."""
        return tuple(device.name for remote in self.sites for device in remote.site.devices)

    def _devices(self) -> Iterator[RemoteDevice | RemoteAppliance]:
        for remote in self.sites:
            yield from (RemoteDevice(name=device.name) for device in remote.site.machines)
            for device in remote.site.appliances:
                yield RemoteAppliance(
                    name=device.name,
                    address=str(device.address),
                    sends=tuple(self.groups[name] for name in device.sends),
                    receives=tuple(self.groups[name] for name in device.receives),
                )

    def services(self, impaired: Mapping[str, Impairment]) -> dict[Name, object]:
        """Return what each service is to be, by name, with those that impair the WAN of the named sites."""
        sites = {remote.site.name: remote for remote in self.sites}
        return {
            **{("tunnel", tunnel.netns): tunnel for tunnel in self.tunnels},
            **{("speaker", speaker.netns): speaker for speaker in self.speakers},
            **{("router", router.instance_id): router for router in self.routers},
            **{("host", host.instance_id): host for host in self.hosts},
            **{("site", name): remote for name, remote in sites.items()},
            **{("device", device.name): device for device in self._devices()},
            **{
                ("wan", name): ImpairedWan(site=sites[name].site, impairment=impairment)
                for name, impairment in impaired.items()
                if name in sites
            },
        }


def plan(cloud: Cloud, lab: Lab, timers: DomainTimers | None = None) -> Fabric:
    """Return the fabric of what the region holds and of the lab's remote sites.

    Args:
        cloud: what the region holds; a reference to what is gone leads nowhere, as on AWS.
        lab: whose remote sites stand by themselves.
        timers: of the multicast domains, where they are not to be the gateway's own.
    """
    index = CloudIndex(cloud)
    running = instances(index)
    return Fabric(
        pieces=tuple(pieces(index, lab, timers or DomainTimers())),
        tunnels=tuple(tunnel for connection in index.vpn_connections.values() for tunnel in vpn.tunnels(connection)),
        speakers=tuple(each for each in (vpn.speaker(gateway, index) for gateway in cloud.transit_gateways) if each),
        routers=tuple(each for each in running if isinstance(each, RouterInstance)),
        hosts=tuple(each for each in running if isinstance(each, HostInstance)),
        sites=remote_sites(lab.sites),
        groups={
            name: (str(group.address), group.port)
            for site in lab.sites
            for device in site.appliances
            for name in (*device.sends, *device.receives)
            for group in groups_of((name,), lab.groups, lab.blocks)
        },
    )
