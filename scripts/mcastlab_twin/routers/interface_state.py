"""The kernel's interfaces read into the values that ``show interfaces`` prints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosxe.state import InterfaceState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Interface

    from mcastlab_twin.routers.configured_interfaces import ConfiguredInterfaces

_ETHERNET_MTU: Final = 1500
_LOOPBACK_MTU: Final = 1514


def shown_interface(
    name: str,
    configured: ConfiguredInterfaces,
    address: IPv4Interface | None,
    shown: Mapping[str, Mapping[str, Any]],
) -> InterfaceState:
    """Return an interface as IOS shows it.

    Args:
        name: its IOS name.
        configured: what the configuration says of all.
        address: its address while it is not shut down.
        shown: what the kernel says of its links, by their names there (``ip -s -json address show``).
    """
    interface, environment = configured.named(name), configured.environment
    device = environment.device(name) or ""
    link = shown.get(device, {})
    flags = link.get("flags", ())
    counted = link.get("stats64", {})
    received, sent = counted.get("rx", {}), counted.get("tx", {})
    admin_up = interface is not None and not interface.shutdown
    written = None if interface is None or interface.address == "dhcp" else interface.address
    return InterfaceState(
        name=name,
        address=address or written,
        admin_up=admin_up,
        protocol_up=admin_up and "UP" in flags and "LOWER_UP" in flags,
        mtu=_LOOPBACK_MTU if device == "lo" else link.get("mtu", _ETHERNET_MTU),
        hardware_address=link.get("address") if device in environment.ports.values() else None,
        packets_in=received.get("packets", 0),
        bytes_in=received.get("bytes", 0),
        packets_out=sent.get("packets", 0),
        bytes_out=sent.get("bytes", 0),
    )
