"""A remote site: its router's ports on the internet and on a LAN switch, and its Linux devices. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab_base.errors import RefusedError
from mcastlab_twin.network import names
from mcastlab_twin.network.kernel_pieces import (
    Address,
    Bridge,
    BridgePort,
    FabricRoute,
    LinkEnd,
    LinkUp,
    Namespace,
    PacketFilter,
    Sysctl,
    Veth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.lab.site import Site
    from mcastlab_twin.network.piece import Piece

DEVICE_NIC: Final = "eth0"

_NAT_PORTS: Final = "10000-60000"
_LONGEST_LINK_NAME: Final = 15
_DEFAULT: Final = IPv4Network("0.0.0.0/0")


def kernel_name(interface: str) -> str:
    """Return the kernel's name for a router's interface: ``Gi3`` for GigabitEthernet3, ``Te0-0-1`` with slots.

    A link's name has no slash and no colon, as it is a file's in /sys/class/net and an alias has one.
    """
    number = interface.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return f"{interface[:2]}{number.replace('/', '-').replace(':', '_')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSite:
    """A remote site, and its provider's address in its router's WAN network."""

    site: Site
    provider: IPv4Address


def remote_sites(sites: Sequence[Site]) -> tuple[RemoteSite, ...]:
    """Return the sites; a provider has the first address of a WAN network that is no router's, of whatever site.

    Raises:
        RefusedError: routers have all addresses of a WAN network.
    """
    routers = {site.router.wan.address.ip for site in sites}
    found = []
    for site in sites:
        network = site.router.wan.address.network
        provider = next((address for address in network.hosts() if address not in routers), None)
        if provider is None:
            raise RefusedError(
                f"site {site.name}: routers have every address of its WAN network {network}; its provider needs one",
                hint="give one of the routers in it another WAN network",
            )
        found.append(RemoteSite(site=site, provider=provider))
    return tuple(found)


def uplink(site: Site) -> str:
    """Return the internet's end of a site's WAN link."""
    named = f"w-{site.name}"
    return named if len(named) <= _LONGEST_LINK_NAME else f"w-{site.number}"


def plan(remote: RemoteSite) -> Iterator[Piece]:
    """Yield a site's namespaces and links. Addresses and links' states in the router are its own affair.

    Several sites may have their routers in one WAN network: each is found by a route of its own, and by the others
    through the provider, which answers ARP for them.
    """
    site = remote.site
    router, lan = names.site_router(site.name), names.site_lan(site.name)
    wan_port, lan_port = site.router.wan, site.router.lan
    towards = uplink(site)
    yield Namespace(name=router)
    yield Namespace(name=lan, bridges=True)
    yield Veth(
        near=LinkEnd(netns=names.INTERNET, name=towards),
        far=LinkEnd(netns=router, name=kernel_name(wan_port.interface)),
    )
    network = wan_port.address.network
    provider = IPv4Interface((remote.provider, network.prefixlen))
    yield Sysctl(netns=names.INTERNET, link=towards, name=f"ipv4/conf/{towards}/proxy_arp", value=1)
    yield Sysctl(netns=names.INTERNET, link=towards, name=f"ipv4/neigh/{towards}/proxy_delay", value=0)
    yield Address(netns=names.INTERNET, link=towards, address=provider)
    yield LinkUp(netns=names.INTERNET, link=towards)
    yield FabricRoute(netns=names.INTERNET, prefix=IPv4Network(wan_port.address.ip), link=towards)
    if site.router.behind_nat:
        yield _translation(site, towards)
    yield Veth(near=LinkEnd(netns=lan, name="router"), far=LinkEnd(netns=router, name=kernel_name(lan_port.interface)))
    yield Bridge(netns=lan, name="switch")
    yield BridgePort(netns=lan, link="router", bridge="switch")
    for number, device in enumerate(site.devices, start=1):
        netns, port = names.device(device.name), f"port{number}"
        yield Namespace(name=netns)
        yield Veth(near=LinkEnd(netns=lan, name=port), far=LinkEnd(netns=netns, name=DEVICE_NIC))
        yield BridgePort(netns=lan, link=port, bridge="switch")
        address = IPv4Interface((device.address, lan_port.address.network.prefixlen))
        yield Address(netns=netns, link=DEVICE_NIC, address=address)
        yield LinkUp(netns=netns, link=DEVICE_NIC)
        yield FabricRoute(netns=netns, prefix=_DEFAULT, via=lan_port.address.ip, link=DEVICE_NIC)


def _translation(site: Site, towards: str) -> PacketFilter:
    """The NAT before a router, as seen from the internet: one address for all, ports of its own choice, and no way in.

    What the internet sends is let in as the answer to what the router sent (RFC 4787, 4.1 and 5).
    """
    inside, outside = site.router.wan.address.ip, site.router.customer_address
    leaving = f'oifname != "{towards}" ip saddr {inside}'
    lines = [
        # What comes back from the detour of an impaired site has been translated before it.
        " chain detoured { type filter hook prerouting priority -300;",
        f'  iifname "{names.detour(site.number)}" notrack',
        " }",
        " chain leaving { type nat hook postrouting priority 100;",
        f"  {leaving} meta l4proto {{ tcp, udp }} snat to {outside}:{_NAT_PORTS} random",
        f"  {leaving} snat to {outside}",
        " }",
    ]
    return PacketFilter(netns=names.INTERNET, family="ip", name=f"nat_{site.number}", body="\n".join(lines))
