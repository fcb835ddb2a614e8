"""What a new template changes in a stack that stands, and which resources CloudFormation would replace; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Template = Mapping[str, Any]
    Definitions = Mapping[str, Mapping[str, Any]]

_EC2: Final = "AWS::EC2::"

CREATE_ONLY: Final[Mapping[str, frozenset[str]]] = {
    f"{_EC2}{name}": frozenset(properties)
    for name, properties in {
        "CustomerGateway": ("BgpAsn", "BgpAsnExtended", "DeviceName", "IpAddress", "Type"),
        "Instance": ("AvailabilityZone", "ImageId", "KeyName", "NetworkInterfaces", "PrivateIpAddress", "SubnetId"),
        "InstanceConnectEndpoint": ("PreserveClientIp", "SecurityGroupIds", "SubnetId"),
        "KeyPair": ("KeyFormat", "KeyName", "KeyType", "PublicKeyMaterial", "Tags"),
        "NetworkInterface": ("PrivateIpAddress", "SubnetId"),
        "Route": ("DestinationCidrBlock", "RouteTableId"),
        "RouteTable": ("VpcId",),
        "SecurityGroup": ("GroupDescription", "GroupName", "VpcId"),
        "Subnet": ("AvailabilityZone", "CidrBlock", "VpcId"),
        "SubnetRouteTableAssociation": ("RouteTableId", "SubnetId"),
        "TransitGateway": ("AmazonSideAsn", "MulticastSupport"),
        "TransitGatewayAttachment": ("TransitGatewayId", "VpcId"),
        "TransitGatewayMulticastDomain": ("TransitGatewayId",),
        "TransitGatewayMulticastDomainAssociation": (
            "SubnetId",
            "TransitGatewayAttachmentId",
            "TransitGatewayMulticastDomainId",
        ),
        "TransitGatewayMulticastGroupMember": (
            "GroupIpAddress",
            "NetworkInterfaceId",
            "TransitGatewayMulticastDomainId",
        ),
        "TransitGatewayVpcAttachment": ("SubnetIds", "TransitGatewayId", "VpcId"),
        "VPC": ("CidrBlock",),
        "VPCCidrBlock": ("CidrBlock", "VpcId"),
        "VPCEndpoint": ("ServiceName", "VpcEndpointType", "VpcId"),
        "VPNConnection": ("StaticRoutesOnly", "Type"),
    }.items()
}
"""Properties whose change replaces a resource, of the types that a lab has.

Source: CloudFormation registry, resource provider schemas, createOnlyProperties; a test compares them with cfn-lint's.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """A resource that stays in its stack, and changes."""

    stack: str
    logical: str
    type: str
    properties: tuple[str, ...]
    """Those that change, or which refer to what is replaced."""
    replaced: bool
    """CloudFormation makes another one and then deletes this one."""


def resource_changes(stack: str, old: Template, new: Template) -> tuple[ResourceChange, ...]:
    """Return which resources of both templates of a stack change, in the order of their names.

    An image's id is left out: it stands in a parameter of the stack, or is what a public one holds at deployment.

    >>> old = {"Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}}
    >>> new = {"Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}}}
    >>> [(each.logical, each.properties, each.replaced) for each in resource_changes("lab", old, new)]
    [('A', ('CidrBlock',), True)]
    """
    before, after = definitions(old), definitions(new)
    both = sorted(before.keys() & after.keys())
    changed = {name: set(_differing(before[name], after[name])) for name in both}
    replaced = {
        name
        for name in both
        if before[name]["Type"] != after[name]["Type"] or changed[name] & create_only(after[name]["Type"])
    }
    waiting = set(replaced)
    while waiting:
        # What names a replaced resource where it cannot be changed is replaced too.
        gone = waiting.pop()
        for name in both:
            held = {
                each for each in create_only(after[name]["Type"]) if _refers(_properties(after[name]).get(each), gone)
            }
            changed[name] |= held
            if held and name not in replaced:
                replaced.add(name)
                waiting.add(name)
    return tuple(
        ResourceChange(
            stack=stack,
            logical=name,
            type=after[name]["Type"],
            properties=tuple(sorted(changed[name])),
            replaced=name in replaced,
        )
        for name in both
        if changed[name] or name in replaced
    )


def create_only(resource_type: str) -> frozenset[str]:
    """Return the properties of a type whose change replaces the resource; none of a type that no lab has."""
    return CREATE_ONLY.get(resource_type, frozenset())


def definitions(template: Template) -> Definitions:
    """Return a template's resources by logical id."""
    found: Definitions = template.get("Resources", {})
    return found


def exports(template: Template) -> frozenset[str]:
    """Return the names under which a template's outputs are exported, as far as they are plain text."""
    named = (output.get("Export", {}).get("Name") for output in template.get("Outputs", {}).values())
    return frozenset(name for name in named if isinstance(name, str))


def imports(template: Template) -> frozenset[str]:
    """Return the names of the exports that a template imports."""
    return frozenset(_imported(template))


def _imported(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        name = value.get("Fn::ImportValue")
        if isinstance(name, str):
            yield name
        for below in value.values():
            yield from _imported(below)
    elif isinstance(value, list):
        for below in value:
            yield from _imported(below)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _properties(old), _properties(new)
    for name in before.keys() | after.keys():
        if name != "ImageId" and before.get(name) != after.get(name):
            yield name


def _properties(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = definition.get("Properties", {})
    return found


def _refers(value: Any, logical: str) -> bool:
    if value is None:
        return False
    text = json.dumps(value)
    return f'{{"Ref": "{logical}"}}' in text or f'{{"Fn::GetAtt": ["{logical}", ' in text
