"""What a router finds, and its configured interfaces in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iosxe.intent import Interface, IpsecTunnel, RouterIntent

_LOOPBACK: Final = "lo"
_POINT_TO_POINT_PREFIX: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpLease:
    """What the network's DHCP server would give an interface."""

    address: IPv4Interface
    gateway: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a router finds: its namespace, its ports by IOS name, and what DHCP tells on them."""

    netns: str
    ports: Mapping[str, str]
    """Kernel name by IOS name: ``GigabitEthernet1`` -> ``Gi1``."""
    dhcp: Mapping[str, DhcpLease] = field(default_factory=dict)

    def device(self, name: str) -> str | None:
        """Return an interface's kernel name: a port's own, `lo` for every loopback, a tunnel's name as it is."""
        if name.startswith("Loopback"):
            return _LOOPBACK
        return name if name.startswith("Tunnel") else self.ports.get(name)


@dataclass(frozen=True, slots=True)
class ConfiguredInterfaces:
    """The interfaces of a router's configuration, with what its environment makes of them."""

    intent: RouterIntent
    environment: Environment

    def named(self, name: str) -> Interface | None:
        """Return the interface of an IOS name; None where the configuration has none."""
        return next((each for each in self.intent.interfaces if each.name == name), None)

    def address(self, interface: Interface | None) -> IPv4Interface | None:
        """Return an interface's address, as it stands in the configuration or came by DHCP."""
        if interface is None:
            return None
        if interface.address == "dhcp":
            lease = self.environment.dhcp.get(interface.name)
            return None if lease is None else lease.address
        return interface.address

    def address_of(self, name: str) -> IPv4Interface | None:
        """Return the address of the interface of an IOS name."""
        return self.address(self.named(name))

    def kind(self, interface: Interface) -> Literal["port", "loopback", "gre", "ipsec"] | None:
        """Return what an interface is made of; None while a tunnel lacks a part, or a port is not there."""
        if interface.name.startswith("Loopback"):
            return "loopback"
        if interface.tunnel is not None:
            if self.source(interface) is None:
                return None
            if interface.tunnel.mode == "gre":
                return "gre"
            # The daemon is the interface, so an IPsec tunnel that is shut down is none.
            return "ipsec" if self.protection(interface) is not None and not interface.shutdown else None
        return "port" if interface.name in self.environment.ports else None

    def of_kind(self, *kinds: str) -> Iterator[Interface]:
        """Return the interfaces that are made of something."""
        return (interface for interface in self.intent.interfaces if self.kind(interface) in kinds)

    def is_up(self, name: str) -> bool:
        """Say whether an interface is there and not shut down."""
        interface = self.named(name)
        return interface is not None and not interface.shutdown and self.kind(interface) is not None

    def source(self, interface: Interface) -> IPv4Address | None:
        """Return the address that a tunnel leaves from; None where it has none yet."""
        if interface.tunnel is None:
            return None
        source = interface.tunnel.source
        if isinstance(source, IPv4Address):
            return source
        address = self.address_of(source)
        return None if address is None else address.ip

    def protection(self, interface: Interface) -> IpsecTunnel | None:
        """Return the IPsec tunnel of an interface."""
        return next((each for each in self.intent.ipsec_tunnels if each.interface == interface.name), None)

    def connected(self, name: str) -> IPv4Network | None:
        """Return the network of an interface."""
        address = self.address_of(name)
        return None if address is None else address.network


def other_end(address: IPv4Interface | None) -> IPv4Address | None:
    """Return the other address of a /30 or /31, or None where there is no telling."""
    if address is None or address.network.prefixlen < _POINT_TO_POINT_PREFIX:
        return None
    return next((host for host in address.network.hosts() if host != address.ip), None)
