"""Launch templates and their versions."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.common import required, tag_new
from awsregion.ec2.describe import Listing, page
from awsregion.ec2.errors import AwsError, invalid_value

if TYPE_CHECKING:
    from awsregion.ec2.given import Given
    from awsregion.ec2.store import Ec2, Record


def create_launch_template(ec2: Ec2, given: Given) -> Record:
    """Make a template with its first version."""
    name = required(given, "LaunchTemplateName")
    if ec2.all("launch-template", LaunchTemplateName=name):
        raise AwsError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
    identifier = ec2.new_id("lt")
    record = ec2.add(
        "launch-template",
        identifier,
        {
            "LaunchTemplateId": identifier,
            "LaunchTemplateName": name,
            "CreateTime": ec2.now(),
            "CreatedBy": f"arn:aws:iam::{ec2.account}:root",
            "DefaultVersionNumber": 1,
            "LatestVersionNumber": 1,
            "_versions": [_version(given)],
        },
    )
    tag_new(ec2, given, {"launch-template": [identifier]})
    return {"LaunchTemplate": ec2.tagged(identifier, record)}


def create_launch_template_version(ec2: Ec2, given: Given) -> Record:
    """Add a version to a template."""
    record = _named(ec2, given)
    record = ec2.change(
        "launch-template",
        record["LaunchTemplateId"],
        LatestVersionNumber=record["LatestVersionNumber"] + 1,
        _versions=[*record["_versions"], _version(given)],
    )
    return {"LaunchTemplateVersion": _versions(record)[-1]}


def modify_launch_template(ec2: Ec2, given: Given) -> Record:
    """Choose the default version."""
    record = _named(ec2, given)
    number = _number(record, required(given, "DefaultVersion"))
    _numbered(record, number)
    record = ec2.change("launch-template", record["LaunchTemplateId"], DefaultVersionNumber=number)
    return {"LaunchTemplate": ec2.tagged(record["LaunchTemplateId"], record)}


def delete_launch_template(ec2: Ec2, given: Given) -> Record:
    """Delete a template with all its versions."""
    record = _named(ec2, given)
    shown = ec2.tagged(record["LaunchTemplateId"], record)
    ec2.remove("launch-template", record["LaunchTemplateId"])
    return {"LaunchTemplate": shown}


def describe_launch_template_versions(ec2: Ec2, given: Given) -> Record:
    """List a template's versions: by number, ``$Latest`` or ``$Default``, or all."""
    record = _named(ec2, given)
    wanted = {_number(record, version) for version in given.get("Versions") or []}
    shown = [one for one in _versions(record) if not wanted or one["VersionNumber"] in wanted]
    return page("LaunchTemplateVersions", shown, given)


def template_data(ec2: Ec2, named: Given) -> dict[str, Any]:
    """Return the data of the version that a LaunchTemplateSpecification names.

    Raises:
        AwsError: no such template or version.
    """
    record = _named(ec2, named)
    data: dict[str, Any] = _numbered(record, _number(record, named.get("Version", "$Default")))["data"]
    return dict(data)


def _version(given: Given) -> Record:
    return {"data": given.plain("LaunchTemplateData", {}), "description": given.get("VersionDescription")}


def _named(ec2: Ec2, given: Given) -> Record:
    identifier, name = given.get("LaunchTemplateId"), given.get("LaunchTemplateName")
    if identifier is not None:
        return ec2.get("launch-template", identifier)
    for record in ec2.all("launch-template", LaunchTemplateName=name):
        return record
    raise AwsError(
        "InvalidLaunchTemplateName.NotFoundException",
        f"The specified launch template, with template name {name}, does not exist.",
    )


def _number(record: Record, version: str) -> int:
    words = {"$Latest": record["LatestVersionNumber"], "$Default": record["DefaultVersionNumber"]}
    if version not in words and not re.fullmatch(r"\d{1,9}", version, re.ASCII):
        raise invalid_value("LaunchTemplateVersion", version, "A number, $Latest or $Default is needed.")
    return int(words.get(version, version))


def _numbered(record: Record, number: int) -> Record:
    if not 1 <= number <= len(record["_versions"]):
        raise AwsError(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {number} for the launch template with ID "
            f"{record['LaunchTemplateId']}.",
        )
    found: Record = record["_versions"][number - 1]
    return found


def _versions(record: Record) -> list[Record]:
    return [
        {
            "LaunchTemplateId": record["LaunchTemplateId"],
            "LaunchTemplateName": record["LaunchTemplateName"],
            "VersionNumber": number,
            "CreateTime": record["CreateTime"],
            "CreatedBy": record["CreatedBy"],
            "DefaultVersion": number == record["DefaultVersionNumber"],
            "LaunchTemplateData": version["data"],
            **({"VersionDescription": version["description"]} if version["description"] else {}),
        }
        for number, version in enumerate(record["_versions"], 1)
    ]


def describe_launch_templates(ec2: Ec2, given: Given) -> Record:
    """List templates, by ids or by names."""
    names = given.get("LaunchTemplateNames")
    answer = _LISTING(ec2, given)
    if names:
        answer["LaunchTemplates"] = [one for one in answer["LaunchTemplates"] if one["LaunchTemplateName"] in names]
    return answer


_LISTING: Final = Listing(
    answer="LaunchTemplates",
    table="launch-template",
    ids="LaunchTemplateIds",
    names=("launch-template-name", "create-time"),
)

ACTIONS: Final = MappingProxyType(
    {
        "CreateLaunchTemplate": create_launch_template,
        "CreateLaunchTemplateVersion": create_launch_template_version,
        "ModifyLaunchTemplate": modify_launch_template,
        "DeleteLaunchTemplate": delete_launch_template,
        "DescribeLaunchTemplates": describe_launch_templates,
        "DescribeLaunchTemplateVersions": describe_launch_template_versions,
    }
)
