"""The lab file as a frozen model: intent only, never an id or an address that AWS makes."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticKnownError

from mcastlab.lab import generated
from mcastlab.lab.appliances import appliance_mistakes
from mcastlab.lab.blocks import GroupBlock
from mcastlab.lab.group import Group
from mcastlab.lab.own_files import SetupScript, TemplateFile
from mcastlab.lab.short_forms import FIRST_SUBNET, SUBNET_PREFIX, first_subnet_of, loopback_beside, with_blocks
from mcastlab.lab.site import Device, RemoteRouter, RouterPort, Site
from mcastlab.lab.types import (
    Address,
    Asn,
    InstanceType,
    Name,
    Network,
    Platform,
    Region,
    ZoneLetter,
    known_names,
    shown,
)
from mcastlab.lab.vpn import AMAZON_SIDE_ASN, VpnOptions
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from mcastlab.lab.own_files import FileOfLab

__all__ = [
    "BLOCKS",
    "AwsRouter",
    "Device",
    "Group",
    "GroupBlock",
    "Hosts",
    "Lab",
    "Platform",
    "RemoteRouter",
    "RouterPort",
    "Site",
    "Subnet",
    "Vpc",
    "Workarounds",
]


Image = Annotated[str, StringConstraints(pattern=r"^(ami-[0-9a-f]{8,17}|/[\w./-]+)$")]
"""An AMI's id, or the name of a public SSM parameter that holds one."""


class Subnet(Frozen):
    """A subnet of the VPC whose hosts may be members of the lab's groups."""

    name: Name
    """The subnet's name, by which the router and hosts entries choose it."""
    cidr: Network
    """Its block, /16 to /28, within the VPC's."""
    zone: ZoneLetter = "a"
    """The letter of its availability zone."""


class Vpc(Frozen):
    """The VPC of the virtual devices."""

    cidr: Network
    """The VPC's primary block, /16 to /28."""
    subnets: Annotated[tuple[Subnet, ...], Field(min_length=1)] = Field(
        default_factory=lambda data: _one_subnet(data.get("cidr"))
    )
    """The subnets of hosts and router; one /24 called ``members`` in zone a where none are given."""


class AwsRouter(Frozen):
    """The IOS-XE router in the VPC: GRE endpoint, rendezvous point, and the VPC's door for multicast."""

    platform: Platform = "c8000v"
    """The router's kind."""
    instance_type: InstanceType = "c5n.large"
    """Of the Nitro generation; others cannot send multicast to the gateway."""
    image: Image | None = None
    """An AMI, or a public SSM parameter that names one; not given, the platform's newest, which stays once deployed."""
    subnet: Name
    """The subnet of its first interface, the first one where none is given. Senders to remote sites are in its zone."""
    loopback: Address = generated.ROUTER_LOOPBACK
    """Loopback0: GRE endpoint and rendezvous point. Outside the VPC's CIDR, or it cannot be routed to the router."""
    public_key: Annotated[str, StringConstraints(pattern=r"^ssh-rsa \S+( .*)?$")] | None = None
    """The RSA public key that logs in; where not given AWS makes a pair and keeps its private half."""
    licence: Literal["network-essentials", "network-advantage", "network-premier"] = "network-advantage"
    """The licence level, set on day 0."""
    throughput_mbps: Literal[10, 25, 50, 100, 250, 500, 1000] = 250
    """The licensed throughput, set on day 0."""
    metadata_tokens: Literal["required", "optional"] | None = None
    """Whether the metadata service demands session tokens (IMDSv2); not given, only if the image says it speaks it."""
    template: TemplateFile | None = None
    """A Jinja template of your own whose lines the router gets beside ours; a path in the lab file's folder."""


class Hosts(Frozen):
    """Equal EC2 hosts that run virtual devices."""

    name: Name
    """What the hosts are called, with a number each: ``doppel-1``, ``doppel-2``, ..."""
    count: Annotated[int, Field(ge=1, le=500)] = 1
    """How many there are."""
    devices: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many virtual devices each host carries in a test."""
    instance_type: InstanceType = "m5n.large"
    """Of the Nitro generation; others cannot send multicast to the gateway."""
    image: Image | None = None
    """An AMI, or a public SSM parameter that names one; not given, Amazon Linux, which stays once deployed."""
    setup: SetupScript | None = None
    """A script that `up` and `demo` run on each as root, once and after a change: a path in its folder, or text."""
    subnet: Name
    """The subnet that they stand in, the first one where none is given."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each host: ``doppel-1``, ``doppel-2``, ..."""
        return tuple(f"{self.name}-{number}" for number in range(1, self.count + 1))


class Workarounds(Frozen):
    """What the lab file opts in to although no public source vouches for it."""

    senders_outside_router_subnet: bool = False
    """Register VPC senders of any zone on the router's one interface, by dense-mode proxy registering: unproven."""
    unlisted: tuple[str, ...] = ()
    """Regions, availability zones and instance types that are newer than the lists here: eu-west-9, eu-west-1d."""


BLOCKS: Final = "blocks"
"""The field of a lab that no document has: its entries are among the groups there."""


def _some_group(groups: tuple[Group, ...], info: ValidationInfo) -> tuple[Group, ...]:
    """Refuse a lab that has neither a group nor a block of groups."""
    if not groups and not info.data.get("blocks", True):
        raise PydanticKnownError("too_short", {"field_type": "Tuple", "min_length": 1, "actual_length": 0})
    return groups


class Lab(Frozen):
    """One hybrid multicast lab."""

    name: Name
    """The lab's name; its stacks' names begin with it, so that labs of different names live side by side."""
    region: Region = "us-east-1"
    """The AWS region."""
    vpc: Vpc
    """The VPC of the virtual devices."""
    router: AwsRouter
    """The IOS-XE router in the VPC."""
    hosts: Annotated[tuple[Hosts, ...], Field(min_length=1)]
    """The EC2 hosts that run virtual devices."""
    sites: Annotated[tuple[Site, ...], Field(min_length=1)]
    """The remote sites."""
    blocks: tuple[GroupBlock, ...] = ()
    """Blocks of groups that the AWS router follows; entries of ``groups`` in the lab file, with ``bridge: follow``."""
    groups: Annotated[tuple[Group, ...], AfterValidator(_some_group)]
    """The multicast groups."""
    tests: tuple[dict[str, Any], ...] = ()
    """Tests of devices, which ``lab test NAME`` plays; each may be a file of its own as well."""
    vpn: VpnOptions = VpnOptions()
    """What both sides of every VPN tunnel agree on."""
    amazon_asn: Asn = AMAZON_SIDE_ASN
    """The Transit Gateway's BGP autonomous system."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Tags that everything which takes tags gets, beside the lab's own."""
    hours_to_live: Annotated[int, Field(ge=1)] | None = None
    """After how many hours the lab may be removed; written to a tag for whoever cleans the account."""
    budget_usd_per_hour: Annotated[float, Field(gt=0)] | None = None
    """The most that an hour may cost; a design check estimates it."""
    workarounds: Workarounds = Workarounds()
    """What the lab file opts in to although no public source vouches for it."""

    @property
    def entries(self) -> tuple[Group | GroupBlock, ...]:
        """The groups and the blocks of groups."""
        return (*self.groups, *self.blocks)

    @property
    def rendezvous_point(self) -> IPv4Address:
        """The rendezvous point of every group: the AWS router's Loopback0."""
        return self.router.loopback

    @property
    def templates(self) -> tuple[FileOfLab, ...]:
        """The templates of the user's own that the lab file names."""
        named = (self.router.template, *(site.router.template for site in self.sites))
        return tuple(path for path in named if path is not None)

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

    @model_validator(mode="before")
    @classmethod
    def _fill_in_from_the_vpc(cls, document: Any) -> Any:
        """Router and hosts stand in the first subnet, and the loopback beside the VPC, if the lab file does not say."""
        if not isinstance(document, dict):
            return document
        vpc = document.get("vpc")
        first = first_subnet_of(vpc)
        router, hosts = document.get("router", {}), document.get("hosts")
        filled = dict(document)
        if isinstance(router, dict):
            filled["router"] = {"subnet": first, "loopback": loopback_beside(vpc), **router}
        if isinstance(hosts, list | tuple):
            filled["hosts"] = [{"subnet": first, **each} if isinstance(each, dict) else each for each in hosts]
        return filled

    @model_validator(mode="before")
    @classmethod
    def _tell_blocks_from_groups(cls, document: Any) -> Any:
        return with_blocks(document) if isinstance(document, dict) else document

    @model_serializer(mode="wrap")
    def _as_in_a_document(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Blocks stand among the groups, as in the lab file that a lab was read from."""
        written: dict[str, Any] = serialize(self)
        blocks = written.pop("blocks")
        return {**written, "groups": [*written["groups"], *blocks]} if blocks else written

    @model_validator(mode="after")
    def _refer_to_what_exists(self) -> Self:
        subnets = {subnet.name for subnet in self.vpc.subnets}
        members = {hosts.name for hosts in self.hosts} | {site.name for site in self.sites}
        known_subnets, known_members = sorted(subnets), sorted(members)
        missing = [
            f"{path}: no subnet is called {shown(name)}; {known_names(name, known_subnets)}"
            for path, name in self._subnet_references()
            if name not in subnets
        ] + [
            f"{path}: no hosts entry and no site is called {shown(name)}; {known_names(name, known_members)}"
            for path, name in self._member_references()
            if name not in members
        ]
        missing += appliance_mistakes(self.sites, self.groups, self.blocks)
        if missing:
            raise ValueError("\n".join(missing))
        return self

    def _subnet_references(self) -> Iterator[tuple[str, str]]:
        yield "router.subnet", self.router.subnet
        for hosts in self.hosts:
            yield f"hosts[{hosts.name}].subnet", hosts.subnet

    def _member_references(self) -> Iterator[tuple[str, str]]:
        for group in self.entries:
            for role, names in (("senders", group.senders), ("receivers", group.receivers)):
                for name in () if names == "all" else names:
                    yield f"groups[{group.name}].{role}", name


def _one_subnet(cidr: object) -> tuple[Subnet, ...]:
    """Return the only subnet of a VPC whose document names none: its second /24, or all of a small VPC."""
    if not isinstance(cidr, IPv4Network):
        return ()
    if cidr.prefixlen >= SUBNET_PREFIX:
        return (Subnet(name=FIRST_SUBNET, cidr=cidr),)
    blocks = cidr.subnets(new_prefix=SUBNET_PREFIX)
    next(blocks)
    return (Subnet(name=FIRST_SUBNET, cidr=next(blocks)),)
