"""Tags, zones and what the account may have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import required, zone_id, zone_names
from awsregion.ec2.describe import page, select
from awsregion.ec2.errors import AwsError, invalid_value

if TYPE_CHECKING:
    from awsregion.ec2.given import Given
    from awsregion.ec2.store import Ec2, Record

_ATTRIBUTES: Final = MappingProxyType(
    {
        "supported-platforms": ("VPC",),
        "default-vpc": ("none",),
        "max-instances": ("20",),
        "vpc-max-security-groups-per-interface": ("5",),
        "vpc-max-elastic-ips": ("5",),
        "max-elastic-ips": ("5",),
    }
)


def create_tags(ec2: Ec2, given: Given) -> Record:
    """Set tags of resources."""
    tags = {tag["Key"]: tag.get("Value", "") for tag in required(given, "Tags")}
    if any(key.lower().startswith("aws:") for key in tags):
        raise AwsError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    for identifier in required(given, "Resources"):
        _existing(ec2, identifier)
        ec2.tag(identifier, tags)
    return {}


def delete_tags(ec2: Ec2, given: Given) -> Record:
    """Remove tags of resources: the named ones, or all."""
    for identifier in required(given, "Resources"):
        _existing(ec2, identifier)
        named = {tag["Key"]: tag.get("Value") for tag in given.get("Tags") or []}
        ec2.untag(identifier, named or dict.fromkeys(ec2.tags(identifier)))
    return {}


def describe_tags(ec2: Ec2, given: Given) -> Record:
    """List tags."""
    shown = [
        {"Key": key, "Value": value, "ResourceId": identifier, "ResourceType": table}
        for table, identifier in ec2.identifiers()
        for key, value in ec2.tags(identifier).items()
    ]
    paths = {"key": "Key", "value": "Value", "resource-id": "ResourceId", "resource-type": "ResourceType"}
    # A filter ``tag:KEY`` compares the tag itself.
    found = select(({**tag, "Tags": [tag]} for tag in shown), given, paths)
    return page("Tags", [{name: value for name, value in tag.items() if name != "Tags"} for tag in found], given)


def describe_availability_zones(ec2: Ec2, given: Given) -> Record:
    """List the region's zones."""
    names, identifiers = given.get("ZoneNames"), given.get("ZoneIds")
    given.get("AllAvailabilityZones")
    for name in names or []:
        if name not in zone_names(ec2.region):
            raise invalid_value("ZoneName", name, "Invalid availability zone.")
    zones = [
        {
            "GroupName": ec2.region,
            "Messages": [],
            "NetworkBorderGroup": ec2.region,
            "OptInStatus": "opt-in-not-required",
            "RegionName": ec2.region,
            "State": "available",
            "ZoneId": zone_id(ec2.region, name),
            "ZoneName": name,
            "ZoneType": "availability-zone",
        }
        for name in zone_names(ec2.region)
        if (not names or name in names) and (not identifiers or zone_id(ec2.region, name) in identifiers)
    ]
    paths = {
        "group-name": "GroupName",
        "opt-in-status": "OptInStatus",
        "region-name": "RegionName",
        "state": "State",
        "zone-id": "ZoneId",
        "zone-name": "ZoneName",
        "zone-type": "ZoneType",
    }
    return {"AvailabilityZones": select(zones, given, paths)}


def describe_regions(ec2: Ec2, given: Given) -> Record:
    """List this region, the only one there is."""
    names = given.get("RegionNames")
    given.get("AllRegions")
    if names and any(name != ec2.region for name in names):
        raise invalid_value("RegionName", ", ".join(names))
    region = {
        "Endpoint": f"ec2.{ec2.region}.amazonaws.com",
        "RegionName": ec2.region,
        "OptInStatus": "opt-in-not-required",
    }
    return {"Regions": select([region], given, {"region-name": "RegionName", "endpoint": "Endpoint"})}


def describe_account_attributes(_ec2: Ec2, given: Given) -> Record:
    """List what the account may have."""
    wanted = given.get("AttributeNames") or list(_ATTRIBUTES)
    for name in wanted:
        if name not in _ATTRIBUTES:
            raise invalid_value("attributeName", name)
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": value} for value in _ATTRIBUTES[name]]}
            for name in wanted
        ]
    }


def _existing(ec2: Ec2, identifier: str) -> None:
    if ec2.kind_of(identifier) is None:
        raise AwsError("InvalidID", f"The ID '{identifier}' is not valid")


ACTIONS: Final = MappingProxyType(
    {
        "CreateTags": create_tags,
        "DeleteTags": delete_tags,
        "DescribeTags": describe_tags,
        "DescribeAvailabilityZones": describe_availability_zones,
        "DescribeRegions": describe_regions,
        "DescribeAccountAttributes": describe_account_attributes,
    }
)
