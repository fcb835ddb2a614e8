"""Rules of security groups as requests have them, and as answers group them.

Source: Amazon EC2 API Reference, IpPermission.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.common import network, required
from awsregion.ec2.errors import AwsError, invalid_value

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


PROTOCOLS: Final = MappingProxyType({"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58})
"""The protocols that EC2 names; they are those with ports, or with types. Others go by their number."""


_NAMED: Final = MappingProxyType({str(number): name for name, number in PROTOCOLS.items()} | {"all": "-1"})


_HIGHEST_PROTOCOL: Final = 255


NO_PORT: Final = -1


def permissions_of(ec2: Ec2, given: Given) -> list[Record]:
    """Return the request's rules as fields of single rules: IpPermissions, or the older flat parameters."""
    entries = list(given.get("IpPermissions") or [])
    if "IpProtocol" in given:
        flat = {"IpProtocol": given["IpProtocol"]}
        flat |= {name: given[name] for name in ("FromPort", "ToPort") if name in given}
        if "CidrIp" in given:
            flat["IpRanges"] = [{"CidrIp": given["CidrIp"]}]
        entries.append(flat)
    rules = [rule for entry in entries for rule in _permission(ec2, entry)]
    if not rules:
        raise AwsError("MissingParameter", "The request must contain a rule with a protocol and a peer")
    return rules


def _permission(ec2: Ec2, entry: Given | Record) -> list[Record]:
    protocol = _protocol(str(entry.get("IpProtocol") or "-1"))
    base: Record = {"IpProtocol": protocol, **_ports(protocol, entry)}
    rules = []
    for one in entry.get("IpRanges") or []:
        block = network(one["CidrIp"], "cidrIp")
        rules.append(base | {"CidrIpv4": str(block)} | _described(one))
    for one in entry.get("UserIdGroupPairs") or []:
        peer = ec2.get("security-group", required(one, "GroupId"))
        if one.get("UserId", ec2.account) != ec2.account:
            raise invalid_value("userId", one["UserId"], "Groups of other accounts are not here.")
        reference = {"GroupId": peer["GroupId"], "UserId": ec2.account}
        rules.append(base | {"ReferencedGroupInfo": reference} | _described(one))
    return rules


def _described(one: Given | Record) -> Record:
    return {"Description": one["Description"]} if "Description" in one else {}


def _protocol(text: str) -> str:
    name = _NAMED.get(text.lower(), text.lower())
    if name in PROTOCOLS or name == "-1" or (name.isdigit() and int(name) <= _HIGHEST_PROTOCOL):
        return name
    raise invalid_value("ipProtocol", text, "Invalid protocol.")


def _ports(protocol: str, entry: Given | Record) -> Record:
    start, end = entry.get("FromPort"), entry.get("ToPort")
    if protocol not in PROTOCOLS:
        return {}
    if start is None or end is None:
        if protocol in {"icmp", "icmpv6"}:
            return {"FromPort": NO_PORT, "ToPort": NO_PORT}
        raise AwsError(
            "MissingParameter", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        )
    if protocol in {"tcp", "udp"} and not 0 <= start <= end <= 65535:  # noqa: PLR2004  (the range of ports)
        raise AwsError("InvalidParameterValue", f"Invalid value '{start}-{end}' for portRange.")
    return {"FromPort": int(start), "ToPort": int(end)}


def grouped(rules: list[Record]) -> list[Record]:
    """Return rules of one direction as an answer has them: together by protocol and ports."""
    permissions: dict[tuple[Any, ...], Record] = {}
    for rule in rules:
        key = (rule["IpProtocol"], rule["FromPort"], rule["ToPort"])
        entry = permissions.setdefault(
            key,
            {"IpProtocol": key[0], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
            | ({"FromPort": key[1], "ToPort": key[2]} if key[0] in PROTOCOLS else {}),
        )
        if "CidrIpv4" in rule:
            entry["IpRanges"].append({"CidrIp": rule["CidrIpv4"]} | _described(rule))
        else:
            entry["UserIdGroupPairs"].append(rule["ReferencedGroupInfo"] | _described(rule))
    return list(permissions.values())
