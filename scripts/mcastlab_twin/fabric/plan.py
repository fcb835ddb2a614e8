"""The whole fabric as one value: what the region holds and the lab's far sites, turned into pieces and nodes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import gateway, names, site, vpc, vpn
from mcastlab_twin.network.cloud_index import View
from mcastlab_twin.network.items import Address, Item, LinkUp, Namespace, Route
from mcastlab_twin.network.timers import DomainTimers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.cloud import Cloud, Instance
    from mcastlab.lab.model import Lab, Site
    from mcastlab_twin.network.vpn import Speaker
    from mcastlab_twin.services.charon import CharonTunnel

_DEFAULT: Final = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """An instance's network interface: its kernel name, and what DHCP gives it."""

    name: str
    address: IPv4Interface
    gateway: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsRouter:
    """An instance that boots IOS-XE; it lives in the namespace of its id."""

    instance_id: str
    nics: tuple[Nic, ...]
    user_data: str
    public_key: str | None
    boots: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsHost:
    """An instance that boots Linux; it lives in the namespace of its id."""

    instance_id: str
    nics: tuple[Nic, ...]
    user_data: str
    boots: int = 0

    @property
    def hostname(self) -> str:
        """The name that EC2 gives it by its address. Source: AWS, EC2, "EC2 instance hostnames"."""
        return f"ip-{str(self.nics[0].address.ip).replace('.', '-')}" if self.nics else self.instance_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """Everything that is to run."""

    items: tuple[Item, ...]
    tunnels: tuple[CharonTunnel, ...]
    speakers: tuple[Speaker, ...]
    routers: tuple[AwsRouter, ...]
    hosts: tuple[AwsHost, ...]
    sites: tuple[Site, ...]


def plan(cloud: Cloud, lab: Lab, timers: DomainTimers | None = None) -> Fabric:
    """Return the fabric of what the region holds and of the lab's far sites.

    Args:
        cloud: what the region holds; a reference to what is gone leads nowhere, as on AWS.
        lab: whose far sites stand by themselves.
        timers: of the multicast domains, where they are not to be the gateway's own.
    """
    view = View(cloud)
    connections = tuple(view.vpn_connections.values())
    return Fabric(
        items=tuple(_items(view, lab, timers or DomainTimers())),
        tunnels=tuple(tunnel for connection in connections for tunnel in vpn.tunnels(connection)),
        speakers=tuple(
            speaker for each in cloud.transit_gateways for speaker in [vpn.speaker(each, view)] if speaker is not None
        ),
        routers=tuple(
            AwsRouter(
                instance_id=instance.id,
                nics=_nics(instance, view),
                user_data=instance.user_data,
                public_key=instance.public_key,
                boots=instance.boots,
            )
            for instance in cloud.instances
            if instance.platform == "ios-xe"
        ),
        hosts=tuple(
            AwsHost(
                instance_id=instance.id,
                nics=_nics(instance, view),
                user_data=instance.user_data,
                boots=instance.boots,
            )
            for instance in cloud.instances
            if instance.platform == "linux"
        ),
        sites=lab.sites,
    )


def _items(view: View, lab: Lab, timers: DomainTimers) -> Iterator[Item]:
    yield Namespace(name=names.INTERNET, forwards=True)
    for each in lab.sites:
        yield from site.plan(each)
    for instance in view.cloud.instances:
        yield Namespace(name=instance.id)
    for transit in view.cloud.transit_gateways:
        yield from gateway.plan(transit, view, timers, tuple(group.address for group in lab.groups))
    for network in view.cloud.vpcs:
        yield from vpc.plan(network, view)
    for instance in view.cloud.instances:
        if instance.platform == "linux":
            yield from _host(instance, view)
    for connection in view.vpn_connections.values():
        yield from vpn.links(connection, view)


def _host(instance: Instance, view: View) -> Iterator[Item]:
    """What the image's DHCP client makes of the leases: addresses, and a default route by the first interface."""
    for index, nic in enumerate(_nics(instance, view)):
        yield Address(netns=instance.id, link=nic.name, address=nic.address)
        yield LinkUp(netns=instance.id, link=nic.name)
        if index == 0:
            yield Route(netns=instance.id, prefix=_DEFAULT, via=nic.gateway, link=nic.name)


def _nics(instance: Instance, view: View) -> tuple[Nic, ...]:
    found = []
    for index, interface_id in enumerate(instance.network_interface_ids):
        interface = view.interfaces.get(interface_id)
        subnet = view.subnets.get(interface.subnet_id) if interface else None
        if interface and subnet and subnet.vpc_id in view.vpcs:
            found.append(
                Nic(
                    name=vpc.nic_name(instance.platform, index),
                    address=IPv4Interface((interface.address, subnet.cidr.prefixlen)),
                    gateway=vpc.gateway_address(subnet.cidr),
                )
            )
    return tuple(found)
