"""What several actions share: tags of new resources, addresses, switches, catalogue of zones."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.errors import AwsError, invalid_value, missing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

ZONES: Final = ("a", "b", "c")
"""Letters of the region's availability zones, the same that Fn::GetAZs answers."""


def zone_names(region: str) -> tuple[str, ...]:
    """Return the names of the region's availability zones."""
    return tuple(f"{region}{letter}" for letter in ZONES)


def zone_id(region: str, zone: str) -> str:
    """Return the id of a zone, as ``use1-az1`` for ``us-east-1a``."""
    area, *_, side, number = region.split("-")
    short = "".join(part[0] for part in ("north", "south", "east", "west", "central") if part in side)
    return f"{area}{short}{number}-az{ZONES.index(zone.removeprefix(region)) + 1}"


def tag_new(ec2: Ec2, given: Given, identifiers: dict[str, Iterable[str]]) -> None:
    """Give new resources the tags of the request's TagSpecifications; `identifiers` holds ids by resource type.

    Raises:
        AwsError: tags for a type of resource that the request does not make.
    """
    for specification in given.get("TagSpecifications") or []:
        kind = specification.get("ResourceType")
        tags = {tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []}
        if kind not in identifiers:
            raise AwsError(
                "InvalidParameterValue", f"'{kind}' is not a valid taggable resource type for this operation."
            )
        for identifier in identifiers[kind]:
            ec2.tag(identifier, tags)


def required(given: Given, parameter: str) -> Any:
    """Return a parameter that must be given.

    Raises:
        AwsError: it is not.
    """
    if parameter not in given:
        raise missing(parameter)
    return given[parameter]


def network(text: str, parameter: str = "cidrBlock") -> IPv4Network:
    """Return the network that a CIDR block names; as EC2 does, host bits are cut off.

    Raises:
        AwsError: it is none.
    """
    try:
        return IPv4Network(text, strict=False)
    except ValueError as error:
        raise invalid_value(parameter, text, "This is not a valid CIDR block.") from error


def address(text: str, parameter: str) -> IPv4Address:
    """Return the address.

    Raises:
        AwsError: it is none.
    """
    try:
        return IPv4Address(text)
    except ValueError as error:
        raise invalid_value(parameter, text, "This is not a valid IPv4 address.") from error


def switches(given: Given | None, defaults: dict[str, Any], parameter: str = "Options") -> Record:
    """Return ``enable``/``disable`` options with their defaults filled in.

    Raises:
        AwsError: another word, wrong case included.
    """
    options = dict(defaults)
    for name, default in defaults.items():
        if given is None or name not in given:
            continue
        options[name] = given[name]
        if default in _SWITCH and options[name] not in _SWITCH:
            raise invalid_value(f"{parameter}.{name}", options[name], "Valid values are enable | disable.")
    return options


_SWITCH: Final = ("enable", "disable")
