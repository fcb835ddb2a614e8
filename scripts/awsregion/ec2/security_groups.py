"""Security groups and their rules.

A group stores single rules, as DescribeSecurityGroupRules shows them; IpPermissions are put together from those.
Source: Amazon EC2 API Reference, AuthorizeSecurityGroupIngress, IpPermission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.common import required, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError
from awsregion.ec2.ip_permissions import NO_PORT, grouped, permissions_of
from awsregion.ec2.quotas import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


def make_default_group(ec2: Ec2, vpc_id: str) -> Record:
    """Make the group that every VPC has: all from itself, everything out."""
    group = _make(ec2, vpc_id, "default", "default VPC security group")
    _allow(ec2, group["GroupId"], _rule(ec2, group["GroupId"], egress=True, IpProtocol="-1", CidrIpv4="0.0.0.0/0"))
    itself = {"GroupId": group["GroupId"], "UserId": ec2.account}
    _allow(
        ec2, group["GroupId"], _rule(ec2, group["GroupId"], egress=False, IpProtocol="-1", ReferencedGroupInfo=itself)
    )
    return group


def create_security_group(ec2: Ec2, given: Given) -> Record:
    """Make a group, which lets everything out until that is revoked."""
    vpc = ec2.get("vpc", required(given, "VpcId"))
    name = required(given, "GroupName")
    if name == "default" or ec2.all("security-group", VpcId=vpc["VpcId"], GroupName=name):
        raise AwsError("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc['VpcId']}'")
    within(ec2, "security-group", len(ec2.all("security-group")))
    group = _make(ec2, vpc["VpcId"], name, required(given, "Description"))
    identifier = group["GroupId"]
    everything = _rule(ec2, identifier, egress=True, IpProtocol="-1", CidrIpv4="0.0.0.0/0")
    _allow(ec2, identifier, everything | {MADE_WITH_GROUP: True})
    tag_new(ec2, given, {"security-group": [identifier]})
    return {
        "GroupId": identifier,
        "SecurityGroupArn": group["SecurityGroupArn"],
        "Tags": ec2.tagged(identifier, {})["Tags"],
    }


def delete_security_group(ec2: Ec2, given: Given) -> Record:
    """Delete a group; refused while an interface has it or another group's rule names it."""
    group = ec2.get("security-group", required(given, "GroupId"))
    identifier = group["GroupId"]
    if group["GroupName"] == "default":
        raise AwsError(
            "CannotDelete", f'the specified group: "{identifier}" name: "default" cannot be deleted by a user'
        )
    users = [one["NetworkInterfaceId"] for one in ec2.all("network-interface") if identifier in one["_groups"]]
    users += [
        rule["GroupId"]
        for rule in ec2.all("security-group-rule")
        if rule.get("ReferencedGroupInfo", {}).get("GroupId") == identifier and rule["GroupId"] != identifier
    ]
    if users:
        raise AwsError(
            "DependencyViolation", f"resource {identifier} has a dependent object ({', '.join(dict.fromkeys(users))})"
        )
    drop_group(ec2, identifier)
    return {"Return": True, "GroupId": identifier}


def drop_group(ec2: Ec2, identifier: str) -> None:
    """Remove a group with its rules."""
    for rule in ec2.all("security-group-rule", GroupId=identifier):
        ec2.remove("security-group-rule", rule["SecurityGroupRuleId"])
    ec2.remove("security-group", identifier)


def _authorize(*, egress: bool) -> Callable[[Ec2, Given], Record]:
    def action(ec2: Ec2, given: Given) -> Record:
        group = ec2.get("security-group", required(given, "GroupId"))
        made = [
            _allow(ec2, group["GroupId"], _rule(ec2, group["GroupId"], egress=egress, **fields))
            for fields in permissions_of(ec2, given)
        ]
        tag_new(ec2, given, {"security-group-rule": [rule["SecurityGroupRuleId"] for rule in made]})
        return {
            "Return": True,
            "SecurityGroupRules": [ec2.tagged(rule["SecurityGroupRuleId"], rule) for rule in made],
        }

    return action


def _revoke(*, egress: bool) -> Callable[[Ec2, Given], Record]:
    def action(ec2: Ec2, given: Given) -> Record:
        group = ec2.get("security-group", required(given, "GroupId"))
        rules = ec2.all("security-group-rule", GroupId=group["GroupId"], IsEgress=egress)
        named = given.get("SecurityGroupRuleIds") or []
        gone = [ec2.get("security-group-rule", identifier) for identifier in named]
        for fields in () if named else permissions_of(ec2, given):
            wanted = _rule(ec2, group["GroupId"], egress=egress, **fields)
            found = [rule for rule in rules if _same(rule, wanted)]
            if not found:
                raise AwsError(
                    "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
                )
            gone += found
        for rule in gone:
            ec2.remove("security-group-rule", rule["SecurityGroupRuleId"])
        return {"Return": True}

    return action


def groups_of(ec2: Ec2, identifiers: list[str]) -> list[Record]:
    """Return what an interface or instance shows of its groups."""
    return [
        {"GroupId": identifier, "GroupName": ec2.get("security-group", identifier)["GroupName"]}
        for identifier in identifiers
    ]


def checked_groups(ec2: Ec2, identifiers: list[str] | None, vpc_id: str) -> list[str]:
    """Return the groups that were given, or the VPC's default one.

    Raises:
        AwsError: a group that is not there, or of another VPC.
    """
    if not identifiers:
        return [ec2.all("security-group", VpcId=vpc_id, GroupName="default")[0]["GroupId"]]
    # One more than the last that may be.
    within(ec2, "groups-of-interface", len(identifiers) - 1)
    for identifier in identifiers:
        if ec2.get("security-group", identifier)["VpcId"] != vpc_id:
            raise AwsError(
                "InvalidGroup.NotFound", f"The security group '{identifier}' does not exist in VPC '{vpc_id}'"
            )
    return list(identifiers)


def _make(ec2: Ec2, vpc_id: str, name: str, description: str) -> Record:
    identifier = ec2.new_id("sg")
    return ec2.add(
        "security-group",
        identifier,
        {
            "GroupId": identifier,
            "GroupName": name,
            "Description": description,
            "VpcId": vpc_id,
            "OwnerId": ec2.account,
            "SecurityGroupArn": ec2.arn(f"security-group/{identifier}"),
        },
    )


def _rule(ec2: Ec2, group_id: str, *, egress: bool, **fields: Any) -> Record:
    identifier = ec2.new_id("sgr")
    return {
        "SecurityGroupRuleId": identifier,
        "SecurityGroupRuleArn": ec2.arn(f"security-group-rule/{identifier}"),
        "GroupId": group_id,
        "GroupOwnerId": ec2.account,
        "IsEgress": egress,
        "FromPort": NO_PORT,
        "ToPort": NO_PORT,
        **fields,
    }


MADE_WITH_GROUP: Final = "_made_with_group"
"""The field of the rule that nobody asked for."""

_RULE_IDENTITY: Final = ("IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "ReferencedGroupInfo")


def _same(one: Record, other: Record) -> bool:
    return all(one.get(field) == other.get(field) for field in _RULE_IDENTITY)


def _allow(ec2: Ec2, group_id: str, rule: Record) -> Record:
    others = ec2.all("security-group-rule", GroupId=group_id, IsEgress=rule["IsEgress"])
    within(ec2, "security-group-rule", len(others), group_id)
    for other in others:
        if _same(other, rule):
            peer = rule.get("CidrIpv4") or rule["ReferencedGroupInfo"]["GroupId"]
            raise AwsError(
                "InvalidPermission.Duplicate",
                f'the specified rule "peer: {peer}, protocol: {rule["IpProtocol"]}, from port: {rule["FromPort"]}, '
                f'to port: {rule["ToPort"]}, ALLOW" already exists',
            )
    return ec2.add("security-group-rule", rule["SecurityGroupRuleId"], rule)


def _view(ec2: Ec2, group: Record) -> Record:
    rules = ec2.all("security-group-rule", GroupId=group["GroupId"])
    return {
        **group,
        "IpPermissions": grouped([rule for rule in rules if not rule["IsEgress"]]),
        "IpPermissionsEgress": grouped([rule for rule in rules if rule["IsEgress"]]),
    }


describe_security_groups: Final = Listing(
    "DescribeSecurityGroups",
    "security-group",
    also={
        "ip-permission.cidr": "IpPermissions.IpRanges.CidrIp",
        "ip-permission.protocol": "IpPermissions.IpProtocol",
        "ip-permission.group-id": "IpPermissions.UserIdGroupPairs.GroupId",
        "egress.ip-permission.cidr": "IpPermissionsEgress.IpRanges.CidrIp",
        "egress.ip-permission.protocol": "IpPermissionsEgress.IpProtocol",
    },
    view=_view,
)
describe_security_group_rules: Final = Listing("DescribeSecurityGroupRules", "security-group-rule")
authorize_security_group_ingress: Final = _authorize(egress=False)
authorize_security_group_egress: Final = _authorize(egress=True)
revoke_security_group_ingress: Final = _revoke(egress=False)
revoke_security_group_egress: Final = _revoke(egress=True)
