"""The remote half of a lab file: sites, their routers and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mcastlab.lab import generated
from mcastlab.lab.design.names import LOOPBACK
from mcastlab.lab.own_files import TemplateFile
from mcastlab.lab.types import (
    ONE_GROUP_PATTERN,
    Address,
    Asn,
    HostKey,
    InterfaceAddress,
    InterfaceName,
    LoopbackName,
    Name,
    Network,
    Platform,
    SshName,
    Stream,
)
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address, IPv4Network


LAST_TUNNEL: Final = 999_999_999
"""IOS has Tunnel2147483647 too; in the twin an interface's name has at most 15 characters, as Linux allows no more."""


TunnelNumber = Annotated[int, Field(ge=0, le=LAST_TUNNEL)]


class RouterPort(Frozen):
    """An interface of a remote router with the address that its owner gave it."""

    interface: InterfaceName
    """The interface's name, short or in full: Gi1, GigabitEthernet1."""
    address: InterfaceAddress
    """Its address with the prefix length of its network, such as 203.0.113.2/30."""


def _on(interface: str) -> Callable[[Any], Any]:
    """Return what reads the short form of a port: the address alone, on the usual interface."""

    def read(value: Any) -> Any:
        return {"interface": interface, "address": value} if isinstance(value, str) else value

    return read


def _usual_mtu(wan: RouterPort | None) -> int:
    """Return the MTU of the way from a WAN interface. Source: RFC 2516, section 7, for PPPoE."""
    return 1492 if wan is not None and wan.interface.startswith("Dialer") else 1500


class RemoteRouter(Frozen):
    """The IOS-XE router of a remote site. Its interfaces and logins exist before the lab does."""

    platform: Platform = "c8000v"
    """The router's kind."""
    ssh: SshName
    """The router's name in the SSH client configuration."""
    asn: Asn = 65000
    """Its BGP autonomous system; another than the gateway's."""
    wan: Annotated[RouterPort, BeforeValidator(_on("GigabitEthernet1"), json_schema_input_type=str | RouterPort)]
    """The interface towards AWS, with the address that the router itself has; alone it means GigabitEthernet1."""
    wan_mtu: Annotated[int, Field(ge=1000, le=1500)] = Field(default_factory=lambda data: _usual_mtu(data.get("wan")))
    """The largest IP packet on the way from that interface, in octets: 1492 for a Dialer (PPPoE), else 1500."""
    public_address: Address | None = None
    """The address that AWS sees, where a NAT stands between; else the WAN interface's own."""
    lan: Annotated[RouterPort, BeforeValidator(_on("GigabitEthernet2"), json_schema_input_type=str | RouterPort)]
    """The interface in the site's LAN; an address alone means GigabitEthernet2."""
    loopback: Address
    """The remote end of GRE, and the source of PIM registers. Generated where it is not given."""
    loopback_interface: LoopbackName = LOOPBACK
    """The interface that gets this address; another one where the router's owner uses Loopback0."""
    tunnel_numbers: tuple[TunnelNumber, TunnelNumber] = generated.VPN_TUNNELS
    """The numbers of its interfaces for the two VPN tunnels; others where its owner uses Tunnel101 or Tunnel102."""
    rendezvous_point_override: bool = False
    """Whether our rendezvous point goes before those that the router learns by Auto-RP or BSR: its owner agrees."""
    host_key: HostKey | None = None
    """The fingerprint of its SSH host key: at first use exactly that key is accepted, and nobody need be asked."""
    template: TemplateFile | None = None
    """A Jinja template of your own whose lines the router gets beside ours; a path in the lab file's folder."""

    @property
    def vpn_interfaces(self) -> tuple[str, str]:
        """The names of the interfaces for the VPN's tunnels, in the order of `Site.tunnels`."""
        first, second = self.tunnel_numbers
        return f"Tunnel{first}", f"Tunnel{second}"

    @property
    def customer_address(self) -> IPv4Address:
        """The address of the customer gateway."""
        return self.public_address or self.wan.address.ip

    @property
    def behind_nat(self) -> bool:
        """Whether AWS sees another address than the router has, so that ESP travels within UDP (RFC 3948)."""
        return self.customer_address != self.wan.address.ip


ShellCommand = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
"""A command of the shell on the machine that runs the lab."""


OneGroup = Annotated[str, StringConstraints(pattern=ONE_GROUP_PATTERN)]
"""A listed group's name; of a group in a followed block its address, with a port: 239.9.1.5:5006."""


class Device(Frozen):
    """A device in a remote site's LAN: a Linux machine that runs the probe, or an appliance that is only measured."""

    name: Name
    """The device's name; of a Linux machine also in the SSH client configuration."""
    address: Address
    """Its address in the site's LAN."""
    kind: Literal["linux", "appliance"] = "linux"
    """A Linux machine with SSH and Python, or an appliance, such as a phone or a speaker, which needs neither."""
    host_key: HostKey | None = None
    """The fingerprint of a Linux machine's SSH host key: at first use exactly that key is accepted."""
    sends: tuple[OneGroup, ...] = ()
    """Groups that an appliance sends to: their names, or addresses in a followed block."""
    receives: tuple[OneGroup, ...] = ()
    """Groups that an appliance is a member of, named alike."""
    plays: tuple[Stream, ...] = ()
    """Streams that it can play, such as g711u; not given, all. Tests that send it another one are refused."""
    trigger: ShellCommand | None = None
    """A command on this machine that has the appliance send; without one a person is asked to."""
    confirm: ShellCommand | None = None
    """A command on this machine that ends with 0 if the appliance has heard a group in the last seconds."""

    @property
    def is_appliance(self) -> bool:
        """Whether nothing can be run on it."""
        return self.kind == "appliance"

    @model_validator(mode="after")
    def _has_what_its_kind_has(self) -> Self:
        if self.is_appliance:
            wrong = [
                *(["host_key: nobody speaks SSH with an appliance; take it out"] if self.host_key is not None else []),
                *(
                    ["sends or receives: an appliance does one of them; write the names of its groups"]
                    if not (self.sends or self.receives)
                    else []
                ),
                *(["trigger: it sends to no group; write sends too"] if self.trigger and not self.sends else []),
                *(["confirm: it receives no group; write receives too"] if self.confirm and not self.receives else []),
            ]
        else:
            given = (each for each in ("sends", "receives", "trigger", "confirm") if getattr(self, each))
            wrong = [f"{each}: is an appliance's; write kind: appliance, or take it out" for each in given]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


class Site(Frozen):
    """A remote site: its router, its LAN's devices, and how it is tied to AWS."""

    name: Name
    """The site's name."""
    number: Annotated[int, Field(ge=0, lt=generated.SITES)] = Field(
        default_factory=lambda data: generated.site_number(data.get("name", ""))
    )
    """The site's share of the generated addresses; it follows from the name unless given."""
    router: RemoteRouter
    """The site's IOS-XE router."""
    devices: Annotated[tuple[Device, ...], Field(min_length=1)]
    """The devices in the site's LAN: Linux machines that send and receive for the proof, and appliances."""
    gre: Network = Field(default_factory=lambda data: generated.gre_network(data.get("number", 0)))
    """The /30 of the GRE tunnel: first host AWS, second host remote. Generated where it is not given."""
    gre_tunnel: TunnelNumber = Field(default_factory=lambda data: generated.gre_tunnel(data.get("number", 0)))
    """The number of the GRE tunnel's interface on both routers. Generated where it is not given."""
    tunnels: tuple[Network, Network] = Field(
        default_factory=lambda data: generated.inside_networks(data.get("number", 0))
    )
    """The inside CIDRs of the VPN connection's two tunnels: first host AWS, second host remote.

    Generated where they are not given. Source: AWS Site-to-Site VPN, Tunnel options.
    """

    @property
    def machines(self) -> tuple[Device, ...]:
        """The devices that run the probe, reached by SSH."""
        return tuple(device for device in self.devices if not device.is_appliance)

    @property
    def appliances(self) -> tuple[Device, ...]:
        """The devices that are only measured."""
        return tuple(device for device in self.devices if device.is_appliance)

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
        if number is None:
            number = generated.site_number(name if isinstance(name, str) else "")
        if not isinstance(number, int):
            number = 0
        loopback = generated.remote_loopback(number % generated.SITES)
        return {**document, "router": {"loopback": loopback, **document["router"]}}
