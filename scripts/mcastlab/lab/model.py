"""The lab document as a frozen model: intent only, never an id or an address that AWS makes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mcastlab.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$")]
Platform = Literal["c8000v"]
Port = Annotated[int, Field(ge=1024, le=65535)]
Asn = Annotated[int, Field(ge=1, le=4294967294)]

AMAZON_SIDE_ASN: Final = 64512
"""The gateway's ASN unless the document says otherwise. Source: AWS, CreateTransitGateway, AmazonSideAsn."""


class Subnet(Frozen):
    """A subnet of the VPC whose hosts may be members of the lab's groups."""

    name: Name
    cidr: IPv4Network
    zone: Annotated[str, StringConstraints(pattern=r"^[a-z]$")] = "a"
    """The letter of the availability zone within the lab's region."""


class Vpc(Frozen):
    """The VPC of the virtual devices."""

    cidr: IPv4Network
    subnets: Annotated[tuple[Subnet, ...], Field(min_length=1)]


class AwsRouter(Frozen):
    """The IOS-XE router in the VPC: GRE endpoint, rendezvous point, and the VPC's door for multicast."""

    platform: Platform = "c8000v"
    instance_type: str = "c5n.large"
    subnet: Name
    loopback: IPv4Address
    """Loopback0: GRE endpoint and rendezvous point. Outside the VPC's CIDR, or it cannot be routed to the router."""


class Hosts(Frozen):
    """Equal EC2 hosts that run virtual devices."""

    name: Name
    count: Annotated[int, Field(ge=1, le=500)] = 1
    instance_type: str = "m5n.large"
    subnet: Name

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each host: ``doppel-1``, ``doppel-2``, ..."""
        return tuple(f"{self.name}-{number}" for number in range(1, self.count + 1))


class RouterPort(Frozen):
    """An interface of a far router with the address that its owner gave it."""

    interface: str
    address: IPv4Interface


class FarRouter(Frozen):
    """The IOS-XE router of a far site. Its interfaces and logins exist before the lab does."""

    platform: Platform = "c8000v"
    ssh: str
    """The host's name in the SSH client configuration."""
    asn: Asn
    wan: RouterPort
    lan: RouterPort
    loopback: IPv4Address


class Device(Frozen):
    """A Linux device in a far site's LAN that sends and receives for the proof; its name is its SSH host."""

    name: Name
    address: IPv4Address


class Site(Frozen):
    """A far site: its router, its LAN's devices, and how it is tied to AWS."""

    name: Name
    router: FarRouter
    devices: Annotated[tuple[Device, ...], Field(min_length=1)]
    gre: IPv4Network
    """The /30 of the GRE tunnel: first host AWS, second host far."""
    tunnels: tuple[IPv4Network, IPv4Network]
    """The inside CIDRs of the VPN connection's two tunnels: first host AWS, second host far.

    Source: AWS Site-to-Site VPN, Tunnel options: a /30 each from 169.254.0.0/16.
    """

    @property
    def lan(self) -> IPv4Network:
        """The network that the site's LAN interface stands in."""
        return self.router.lan.address.network


class Group(Frozen):
    """A multicast group, by RFC 1112 a class D address, and the UDP port that its datagrams go to."""

    name: Name
    address: IPv4Address
    port: Port = 5004


class Lab(Frozen):
    """One hybrid multicast lab."""

    name: Name
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = "us-east-1"
    vpc: Vpc
    router: AwsRouter
    hosts: Annotated[tuple[Hosts, ...], Field(min_length=1)]
    sites: Annotated[tuple[Site, ...], Field(min_length=1, max_length=1)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]

    @property
    def rendezvous_point(self) -> IPv4Address:
        """The rendezvous point of every group: the AWS router's Loopback0."""
        return self.router.loopback

    def subnet(self, name: str) -> Subnet:
        """Return the subnet of that name.

        Raises:
            KeyError: there is none; a validated lab names only subnets that it has.
        """
        return {subnet.name: subnet for subnet in self.vpc.subnets}[name]

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names of all EC2 hosts."""
        return tuple(name for hosts in self.hosts for name in hosts.names)

    @model_validator(mode="after")
    def _refer_to_what_exists(self) -> Self:
        subnets = {subnet.name for subnet in self.vpc.subnets}
        missing = [
            f"{path}: no subnet is called {name!r}; there are: {', '.join(sorted(subnets))}"
            for path, name in self._subnet_references()
            if name not in subnets
        ]
        if missing:
            raise ValueError("; ".join(missing))
        return self

    def _subnet_references(self) -> Iterator[tuple[str, str]]:
        yield "router.subnet", self.router.subnet
        for index, hosts in enumerate(self.hosts):
            yield f"hosts[{index}].subnet", hosts.subnet
