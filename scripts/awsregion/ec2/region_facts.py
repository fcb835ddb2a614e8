"""Tags and zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsregion.ec2.common import required, zone_id, zone_names
from awsregion.ec2.describe import listed
from awsregion.ec2.errors import AwsError, invalid_value

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


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
    # A filter ``tag:KEY`` compares the tag itself.
    found = listed(ec2, "DescribeTags", ({**tag, "Tags": [tag]} for tag in shown), given)
    found["Tags"] = [{name: value for name, value in tag.items() if name != "Tags"} for tag in found["Tags"]]
    return found


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
    return listed(ec2, "DescribeAvailabilityZones", zones, given)


def _existing(ec2: Ec2, identifier: str) -> None:
    if ec2.kind_of(identifier) is None:
        raise AwsError("InvalidID", f"The ID '{identifier}' is not valid")
