"""Instances as the network sees them: what runs in the namespace of each id, and what DHCP gives it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import vpc
from mcastlab_twin.network.kernel_pieces import Address, FabricRoute, LinkUp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.cloud import Instance
    from mcastlab_twin.network.cloud_index import CloudIndex
    from mcastlab_twin.network.piece import Piece

_DEFAULT: Final = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """An instance's network interface: its kernel name, and what DHCP gives it."""

    name: str
    address: IPv4Interface
    gateway: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningInstance:
    """An instance that runs, in the namespace of its id."""

    instance_id: str
    nics: tuple[Nic, ...]
    user_data: str
    public_key: str | None = None
    boots: int = 0
    booting: bool = False


class RouterInstance(RunningInstance):
    """An instance that boots IOS-XE."""

    __slots__ = ()


class HostInstance(RunningInstance):
    """An instance that boots Linux."""

    __slots__ = ()

    @property
    def hostname(self) -> str:
        """The name that EC2 gives it by its address. Source: AWS, EC2, "EC2 instance hostnames"."""
        return f"ip-{str(self.nics[0].address.ip).replace('.', '-')}" if self.nics else self.instance_id


KINDS: Final = {"ios-xe": RouterInstance, "linux": HostInstance}
"""What an instance is, by its image's platform."""


def instances(index: CloudIndex) -> tuple[RunningInstance, ...]:
    """Return the instances that run, in the region's order."""
    return tuple(
        KINDS[instance.platform](
            instance_id=instance.id,
            nics=_nics(instance, index),
            user_data=instance.user_data,
            public_key=instance.public_key,
            boots=instance.boots,
            booting=instance.booting,
        )
        for instance in index.cloud.instances
    )


def leased(host: HostInstance) -> Iterator[Piece]:
    """Yield what the image's DHCP client makes of the leases: addresses, a default route by the first interface."""
    for number, nic in enumerate(host.nics):
        yield Address(netns=host.instance_id, link=nic.name, address=nic.address)
        yield LinkUp(netns=host.instance_id, link=nic.name)
        if number == 0:
            yield FabricRoute(netns=host.instance_id, prefix=_DEFAULT, via=nic.gateway, link=nic.name)


def _nics(instance: Instance, index: CloudIndex) -> tuple[Nic, ...]:
    found = []
    for number, interface_id in enumerate(instance.network_interface_ids):
        interface = index.interfaces.get(interface_id)
        subnet = index.subnets.get(interface.subnet_id) if interface else None
        if interface and subnet and subnet.vpc_id in index.vpcs:
            found.append(
                Nic(
                    name=vpc.nic_name(instance.platform, number),
                    address=IPv4Interface((interface.address, subnet.cidr.prefixlen)),
                    gateway=vpc.gateway_address(subnet.cidr),
                )
            )
    return tuple(found)
