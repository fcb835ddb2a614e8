"""Rows for security groups and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from awsregion.cfn.resource import CustomCreation, Resource, deleted, request, tags
from awsregion.ec2.security_groups import MADE_WITH_GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsregion.cfn.resource import Change, Ec2Actions, Record
    from awsregion.ec2.parameters import Given

_ANYTHING_OUT: Final = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_PEER: Final = {"Ingress": "SourceSecurityGroupId", "Egress": "DestinationSecurityGroupId"}
_OWNER: Final = "SourceSecurityGroupOwnerId"


def _create_group(cloud: Ec2Actions, given: Given, name: str) -> str:
    asked = request(given, {"GroupDescription": "Description", "VpcId": "VpcId", "GroupName": "GroupName"})
    made = cloud.call("CreateSecurityGroup", {"GroupName": name, **asked} | tags(given, "security-group"))
    identifier: str = made["GroupId"]
    if given.get("SecurityGroupEgress"):
        # Rules of one's own take the place of the one that every group is made with.
        cloud.call("RevokeSecurityGroupEgress", {"GroupId": identifier, "IpPermissions": [_ANYTHING_OUT]})
    for side in _PEER:
        rules = [_permission(rule, side) for rule in given.get(f"SecurityGroup{side}") or []]
        if rules:
            cloud.call(f"AuthorizeSecurityGroup{side}", {"GroupId": identifier, "IpPermissions": rules})
    return identifier


def _change_rules(side: str) -> Change:
    default = [_ANYTHING_OUT] if side == "Egress" else []

    def change(cloud: Ec2Actions, identifier: str, new: Given, old: Given) -> None:
        before, after = (
            [_permission(rule, side) for rule in one.get(f"SecurityGroup{side}") or []] or default for one in (old, new)
        )
        gone = [rule for rule in before if rule not in after]
        come = [rule for rule in after if rule not in before]
        if gone:
            cloud.call(f"RevokeSecurityGroup{side}", {"GroupId": identifier, "IpPermissions": gone})
        if come:
            cloud.call(f"AuthorizeSecurityGroup{side}", {"GroupId": identifier, "IpPermissions": come})

    return change


def _permission(rule: Mapping[str, Any], side: str) -> Record:
    permission: Record = {"IpProtocol": str(rule["IpProtocol"])}
    permission |= {name: rule[name] for name in ("FromPort", "ToPort") if name in rule}
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **described}]
    if _PEER[side] in rule:
        owner = {"UserId": rule[_OWNER]} if _OWNER in rule else {}
        permission["UserIdGroupPairs"] = [{"GroupId": rule[_PEER[side]], **owner, **described}]
    return permission


def _create_rule(side: str) -> Callable[[Ec2Actions, Given, str], str]:
    def create(cloud: Ec2Actions, given: Given, _name: str) -> str:
        asked = {"GroupId": given["GroupId"], "IpPermissions": [_permission(given, side)]}
        if side == "Egress":
            _revoke_default(cloud, given["GroupId"])
        made = cloud.call(f"AuthorizeSecurityGroup{side}", asked)
        identifier: str = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return identifier

    return create


def _revoke_default(cloud: Ec2Actions, group: str) -> None:
    """Take away the rule that a group is made with, as CloudFormation does when the first rule of one's own comes.

    Source: AWS CDK, pull request 998.
    """
    asked = {"Filters": [{"Name": "group-id", "Values": [group]}]}
    rules = cloud.call("DescribeSecurityGroupRules", asked)["SecurityGroupRules"]
    if default := [one["SecurityGroupRuleId"] for one in rules if one.get(MADE_WITH_GROUP)]:
        cloud.call("RevokeSecurityGroupEgress", {"GroupId": group, "SecurityGroupRuleIds": default})


def _rule_properties(side: str) -> tuple[str, ...]:
    owner = (_OWNER,) if side == "Ingress" else ()
    return ("CidrIp", "Description", "FromPort", "GroupId", "IpProtocol", "ToPort", _PEER[side], *owner)


def _delete_rule(side: str) -> Callable[[Ec2Actions, str, Record], None]:
    def delete(cloud: Ec2Actions, identifier: str, properties: Record) -> None:
        asked = {"GroupId": properties["GroupId"], "SecurityGroupRuleIds": [identifier]}
        cloud.call(f"RevokeSecurityGroup{side}", asked)

    return delete


def _group_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    record = cloud.call("DescribeSecurityGroups", {"GroupIds": [identifier]})["SecurityGroups"][0]
    return {"Id": identifier, "GroupId": identifier, "VpcId": record["VpcId"]}


GROUPS: Final = (
    Resource(
        type="AWS::EC2::SecurityGroup",
        create=CustomCreation(
            make=_create_group,
            reads=("GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"),
        ),
        delete=deleted("DeleteSecurityGroup", "GroupId"),
        attributes=_group_attributes,
        changes={
            "SecurityGroupIngress": _change_rules("Ingress"),
            "SecurityGroupEgress": _change_rules("Egress"),
        },
    ),
    *(
        Resource(
            type=f"AWS::EC2::SecurityGroup{side}",
            create=CustomCreation(make=_create_rule(side), reads=_rule_properties(side)),
            delete=_delete_rule(side),
            attributes="Id",
            replaced_by=("Description",),
        )
        for side in _PEER
    ),
)
