"""The far half of a lab document: sites, their routers and devices."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Annotated, Any

from pydantic import Field, model_validator

from mcastlab.frozen import Frozen
from mcastlab.lab import generated
from mcastlab.lab.types import Asn, InterfaceName, Name, Platform


class RouterPort(Frozen):
    """An interface of a far router with the address that its owner gave it."""

    interface: InterfaceName
    address: IPv4Interface


class FarRouter(Frozen):
    """The IOS-XE router of a far site. Its interfaces and logins exist before the lab does."""

    platform: Platform = "c8000v"
    ssh: Annotated[str, Field(min_length=1)]
    """The router's name in the SSH client configuration."""
    asn: Asn = 65000
    """Its BGP autonomous system; another than the gateway's."""
    wan: RouterPort
    """The interface towards AWS, with the address that the router itself has."""
    public_address: IPv4Address | None = None
    """The address that AWS sees, where a NAT stands between; else the WAN interface's own."""
    lan: RouterPort
    loopback: IPv4Address
    """Loopback0: the far end of GRE, and the source of PIM registers. Generated where it is not given."""

    @property
    def customer_address(self) -> IPv4Address:
        """The address of the customer gateway."""
        return self.public_address or self.wan.address.ip

    @property
    def behind_nat(self) -> bool:
        """Whether AWS sees another address than the router has, so that ESP travels within UDP (RFC 3948)."""
        return self.customer_address != self.wan.address.ip


class Device(Frozen):
    """A Linux device in a far site's LAN that sends and receives for the proof."""

    name: Name
    """Also its name in the SSH client configuration."""
    address: IPv4Address


class Site(Frozen):
    """A far site: its router, its LAN's devices, and how it is tied to AWS."""

    name: Name
    number: Annotated[int, Field(ge=0, lt=generated.SITES)] = Field(
        default_factory=lambda data: generated.site_number(data.get("name", ""))
    )
    """The site's share of the generated addresses; it follows from the name unless given."""
    router: FarRouter
    devices: Annotated[tuple[Device, ...], Field(min_length=1)]
    gre: IPv4Network = Field(default_factory=lambda data: generated.gre_network(data.get("number", 0)))
    """The /30 of the GRE tunnel: first host AWS, second host far. Generated where it is not given."""
    gre_tunnel: Annotated[int, Field(ge=0, le=2147483647)] = Field(
        default_factory=lambda data: generated.gre_tunnel(data.get("number", 0))
    )
    """The number of the GRE tunnel's interface on both routers. Generated where it is not given."""
    tunnels: tuple[IPv4Network, IPv4Network] = Field(
        default_factory=lambda data: generated.inside_networks(data.get("number", 0))
    )
    """The inside CIDRs of the VPN connection's two tunnels: first host AWS, second host far.

    Generated where they are not given. Source: AWS Site-to-Site VPN, Tunnel options.
    """

    @property
    def gre_interface(self) -> str:
        """The name of the GRE tunnel's interface, the same on both routers."""
        return f"Tunnel{self.gre_tunnel}"

    @property
    def lan(self) -> IPv4Network:
        """The network that the site's LAN interface stands in."""
        return self.router.lan.address.network

    @model_validator(mode="before")
    @classmethod
    def _give_the_router_a_loopback(cls, document: Any) -> Any:
        """Fill in what the router cannot know: its loopback follows from the site's number."""
        if not isinstance(document, dict) or not isinstance(document.get("router"), dict):
            return document
        number, name = document.get("number"), document.get("name")
        if number is None and isinstance(name, str):
            number = generated.site_number(name)
        if not isinstance(number, int) or "loopback" in document["router"]:
            return document
        loopback = str(generated.far_loopback(number % generated.SITES))
        return {**document, "router": {**document["router"], "loopback": loopback}}
