"""What a deployment does to a lab that stands: what it replaces, in which order, and what AWS cannot change in place.

Everything here is known before anything is touched. A lab that does not stand has an empty plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any, Final

from mcastlab.aws.template_changes import definitions, exports, imports, resource_changes
from mcastlab.lab.design.change_effects import REFUSED, effect_of
from mcastlab.lab.design.kept_resources import NOTHING_KEPT, KeptResources
from mcastlab.lab.design.names import ROUTER_TAG, StackRole, site_stack_name, stack_name, stack_names
from mcastlab.lab.model import Subnet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.aws.images import LabImages
    from mcastlab.aws.template_changes import ResourceChange, Template
    from mcastlab.lab.model import Lab

    Templates = Mapping[str, Template]

_EC2: Final = "AWS::EC2::"
_ATTACHMENT: Final = f"{_EC2}TransitGatewayVpcAttachment"
_SUBNET: Final = f"{_EC2}Subnet"
_LOOPBACK: Final = "LoopbackBlock"
_MEMBER: Final = f"{_EC2}TransitGatewayMulticastGroupMember"

_FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("VPC", "CidrBlock"): "vpc.cidr",
    ("VPCCidrBlock", "CidrBlock"): "router.loopback",
    ("Subnet", "CidrBlock"): "vpc.subnets[].cidr",
    ("Subnet", "AvailabilityZone"): "vpc.subnets[].zone",
    ("TransitGateway", "AmazonSideAsn"): "amazon_asn",
    ("TransitGatewayVpcAttachment", "SubnetIds"): "the zones of vpc.subnets, as the VPC of this older lab is attached",
    ("Instance", "KeyName"): "router.public_key",
    ("Instance", "NetworkInterfaces"): "router.subnet, or the subnets of senders to remote sites",
    ("InstanceConnectEndpoint", "SubnetId"): "router.subnet",
    ("NetworkInterface", "SubnetId"): "router.subnet",
    ("KeyPair", "PublicKeyMaterial"): "router.public_key",
    ("KeyPair", "Tags"): "tags of the router's key pair",
}
"""The field of the lab file that a property comes from, as far as its change replaces something."""

_ROUTER_OWN: Final = frozenset(
    f"{_EC2}{name}" for name in ("Instance", "NetworkInterface", "KeyPair", "InstanceConnectEndpoint")
)
"""What of the router's stack cannot be made beside what it replaces: an interface is attached once, a key's name is
taken, and a VPC has one Instance Connect Endpoint."""

_FIRST_BOOT: Final[Mapping[str, re.Pattern[str]]] = {
    "router.throughput_mbps": re.compile(r"platform hardware throughput level MB \d+"),
    "router.licence": re.compile(r"(?:TechPackage:|license=)\S+"),
}
"""Lines of the router's first boot that nothing carries later, by field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPlan:
    """What is done, in this order; `refused` says why nothing is."""

    refused: tuple[str, ...] = ()
    """What AWS cannot change in place, by field, and what to do."""
    removed_stacks: tuple[str, ...] = ()
    """Stacks of sites that the lab file has no more: they go first, as their routes may come back in another one."""
    router: str = ""
    """Why the router's stack is deleted before it is made anew; empty where the router stays."""
    hosts: tuple[str, ...] = ()
    """The hosts that are replaced: new ones are made first."""
    restarted: tuple[str, ...] = ()
    """Instances that are stopped and started."""
    first_kept: KeptResources | None = None
    """What a first deployment keeps, where subnets go that other stacks still import; None where one is enough."""
    kept: KeptResources = NOTHING_KEPT
    """What the last deployment keeps."""
    static_members: tuple[str, ...] = ()
    """Groups of which the API makes the router a member: it leaves them by IGMP before, as AWS refuses who is there."""

    @property
    def effects(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What a user agrees to, a line each: what happens, and to what."""
        router = (f"the AWS router ({self.router})",) if self.router else ()
        return (
            ("delete", self.removed_stacks),
            ("replace", (*router, *self.hosts)),
            ("restart", self.restarted),
        )


def kept_of(lab: Lab, deployed: Templates) -> KeptResources:
    """Return what every deployment keeps of a lab that stands, by its stacks' templates."""
    network = deployed.get(stack_name(lab, StackRole.NETWORK), {})
    zones = {
        letter for name, each in definitions(network).items() if name.startswith(_LOOPBACK) for letter in _zone(each)
    }
    zone = next(iter(zones), None)
    return KeptResources(
        loopback_zone=zone if zone != lab.vpc.subnets[0].zone else None,
        vpc_attachment=any(each["Type"] == _ATTACHMENT for each in definitions(network).values()),
    )


def plan_of(
    lab: Lab,
    deployed: Templates,
    wanted: Templates,
    images: LabImages,
    removed_stacks: tuple[str, ...] = (),
    *,
    replace_router: bool = False,
) -> DeploymentPlan:
    """Return what a deployment does.

    Args:
        lab: the lab as its file has it now.
        deployed: the templates of its stacks that hold resources.
        wanted: those that were synthesised of the lab file.
        images: the images of its instances, and those that they are to have.
        removed_stacks: stacks of sites that the lab file has no more.
        replace_router: the AWS router is replaced although nothing asks for it.
    """
    network, router, hosts = (stack_name(lab, role) for role in (StackRole.NETWORK, StackRole.ROUTER, StackRole.HOSTS))
    changes = {name: resource_changes(name, deployed[name], wanted[name]) for name in wanted if name in deployed}
    kept = kept_of(lab, deployed)
    why = _router_reason(changes.get(router, ()), images) if router in deployed else ""
    if replace_router and router in deployed:
        why = why or "as asked for"
    gone = _removed_subnets(lab, deployed.get(network, {}))
    importing = (deployed[name] for name in stack_names(lab) if name in deployed and not (name == router and why))
    imported = frozenset[str]().union(*map(imports, importing))
    lost = exports(deployed.get(network, {})) - exports(wanted.get(network, {})) if network in deployed else frozenset()
    return DeploymentPlan(
        refused=(
            *_in_place_never(changes.get(network, ())),
            *_overlapping(lab, gone),
            *(() if why or router not in deployed else _first_boot(deployed[router], wanted[router])),
        ),
        removed_stacks=removed_stacks,
        router=why,
        hosts=_hosts_replaced(changes.get(hosts, ()), wanted.get(hosts, {}), images),
        restarted=_restarted(changes, wanted, router if why else ""),
        first_kept=kept.model_copy(update={"subnets": gone}) if gone and lost & imported else None,
        kept=kept,
        static_members=() if why else _static(deployed.get(router), wanted.get(router)),
    )


def site_stacks(lab: Lab, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return which of the account's stacks are of sites that the lab file has no more, of the names with their labs."""
    own = set(stack_names(lab))
    prefix = site_stack_name(lab, "")
    return tuple(name for name, of in names.items() if of == lab.name and name.startswith(prefix) and name not in own)


def _in_place_never(changes: tuple[ResourceChange, ...]) -> Iterator[str]:
    """Yield what is replaced of the network, on which everything else stands."""
    found: dict[str, None] = {}
    for change in changes:
        if not change.replaced:
            continue
        # What the loopback's block and subnet are follows from one field.
        short = "VPCCidrBlock" if change.logical.startswith(_LOOPBACK) else change.type.removeprefix(_EC2)
        for name in change.properties:
            if field := _FIELDS.get((short, name)):
                found[field] = None
    for field in found:
        effect = effect_of(field)
        way = f" ({effect.value.removeprefix(REFUSED)})" if effect.value.startswith(REFUSED) else ""
        yield f"{field}: AWS cannot change it in place, as the rest of the lab stands on it{way}"


def _overlapping(lab: Lab, gone: tuple[Subnet, ...]) -> Iterator[str]:
    names = {each.name for each in gone}
    for old in gone:
        for new in lab.vpc.subnets:
            if new.name not in names and new.cidr.overlaps(old.cidr):
                yield (
                    f"vpc.subnets[{new.name}].cidr: {new.cidr} overlaps {old.cidr} of the subnet {old.name}, "
                    "which goes only after the new one was made"
                )


def _router_reason(changes: tuple[ResourceChange, ...], images: LabImages) -> str:
    found = [
        _FIELDS.get((change.type.removeprefix(_EC2), name), f"{name} of {change.logical}")
        for change in changes
        if change.replaced and change.type in _ROUTER_OWN
        for name in change.properties
        if (change.type.removeprefix(_EC2), name) in _FIELDS
    ]
    if ROUTER_TAG in images.replaced:
        found.append(f"router.image: {images.deployed[ROUTER_TAG]} becomes {images.wanted[ROUTER_TAG]}")
    # A field that is named alone is not named again among others.
    return "; ".join(dict.fromkeys(each for each in found if each.partition(",")[0] not in found or "," not in each))


def _hosts_replaced(changes: tuple[ResourceChange, ...], template: Template, images: LabImages) -> tuple[str, ...]:
    replaced = [
        _tag(definitions(template)[change.logical])
        for change in changes
        if change.replaced and change.type == f"{_EC2}Instance"
    ]
    return tuple(dict.fromkeys((*replaced, *(name for name in images.replaced if name != ROUTER_TAG))))


def _restarted(changes: Mapping[str, tuple[ResourceChange, ...]], wanted: Templates, but: str) -> tuple[str, ...]:
    return tuple(
        _tag(definitions(wanted[stack])[change.logical])
        for stack, some in changes.items()
        for change in some
        if stack != but
        and change.type == f"{_EC2}Instance"
        and not change.replaced
        and {"UserData", "InstanceType"} & {*change.properties}
    )


def _first_boot(deployed: Template, wanted: Template) -> Iterator[str]:
    """Yield fields that only a router's first boot carries."""
    before, after = (_user_data(template) for template in (deployed, wanted))
    for field, pattern in _FIRST_BOOT.items():
        old, new = (pattern.search(text) for text in (before, after))
        if old is not None and new is not None and old.group() != new.group():
            yield (
                f"{field}: only the router's first boot carries it; {old.group()!r} stands, {new.group()!r} is wanted: "
                "type it on the router by lab ssh and reload it, or replace the router: lab up --replace-router"
            )


def _user_data(template: Template) -> str:
    texts = (
        _flat(each["Properties"].get("UserData", ""))
        for each in definitions(template).values()
        if each["Type"] == f"{_EC2}Instance"
    )
    return "".join(texts)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(map(_flat, value.values()))
    return "".join(map(_flat, value)) if isinstance(value, list) else str(value)


def _static(deployed: Template | None, wanted: Template | None) -> tuple[str, ...]:
    """Return the groups of which the new template makes the router a member, and the old one does not."""
    if deployed is None or wanted is None:
        return ()
    before, after = ({str(name): each for name, each in _members(template)} for template in (deployed, wanted))
    return tuple(sorted({each for name, each in after.items() if name not in before}))


def _members(template: Template) -> Iterator[tuple[tuple[str, str], str]]:
    for each in definitions(template).values():
        if each["Type"] == _MEMBER:
            group = str(each["Properties"]["GroupIpAddress"])
            yield (group, str(each["Properties"]["NetworkInterfaceId"])), group


def _removed_subnets(lab: Lab, network: Template) -> tuple[Subnet, ...]:
    """Return the subnets of a deployed network that the lab file has no more, by the names that their tags hold."""
    own = {subnet.name for subnet in lab.vpc.subnets}
    prefix = f"{stack_name(lab, StackRole.NETWORK)}/Subnet-"
    return tuple(
        Subnet(name=name, cidr=IPv4Network(each["Properties"]["CidrBlock"]), zone=letter)
        for each in definitions(network).values()
        if each["Type"] == _SUBNET and (tag := _tag(each)).startswith(prefix)
        for letter in _zone(each)
        if (name := tag.removeprefix(prefix)) not in own
    )


def _zone(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the letter of a subnet's zone, which stands behind the region's name."""
    zone = definition["Properties"].get("AvailabilityZone") if definition["Type"] == _SUBNET else None
    if isinstance(zone, dict):
        yield zone["Fn::Join"][1][-1]


def _tag(definition: Mapping[str, Any]) -> str:
    tags = definition["Properties"].get("Tags", ())
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == "Name"), "")
