"""EC2 Instance Connect: keys that are pushed to instances for a minute, and whom a tunnel of an endpoint leads to.

Sources: EC2 Instance Connect API Reference, SendSSHPublicKey; EC2 user guide, EC2 Instance Connect Endpoint
(limitations, security groups); the AWS CLI's open-tunnel.
"""

from __future__ import annotations

import threading
import time
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.errors import AwsError
from awsregion.ec2.ip_permissions import NO_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from awsregion.ec2.store import Ec2, Record

SERVICE: Final = "ec2-instance-connect"
"""What requests to it, tunnels too, are signed for."""
PUSHED_S: Final = 60.0
"""Seconds for which a pushed key logs in."""
PORTS: Final = (22, 3389)
"""Of instances, to which tunnels lead."""
LONGEST_S: Final = 3600
"""Seconds that a tunnel may last."""
MOST_TUNNELS: Final = 20
"""Of an endpoint at a time."""
_KINDS: Final = ("ssh-rsa", "ssh-ed25519")
_OPEN: Final = ("create-complete", "update-in-progress", "update-complete", "update-failed")
"""States in which an endpoint takes connections."""


class PushedKeys:
    """The public keys that instances' SSH servers take at the moment; calls may come from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pushed: list[tuple[float, str, str, str]] = []

    def push(self, instance_id: str, user: str, key: str) -> None:
        """Let a key log a user in for a minute."""
        with self._lock:
            now = self._clock()
            self._pushed = [each for each in self._pushed if each[0] > now]
            self._pushed.append((now + PUSHED_S, instance_id, user, key))

    def of(self, instance_id: str, user: str) -> tuple[str, ...]:
        """Return the keys that log a user in to an instance now."""
        with self._lock:
            now = self._clock()
            return tuple(key for end, *whose, key in self._pushed if end > now and whose == [instance_id, user])


def answer(ec2: Ec2, keys: PushedKeys, action: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request.

    Raises:
        AwsError: there is no such action, or no such instance that runs, or the key is none.
    """
    if action != "SendSSHPublicKey":
        raise AwsError("UnknownOperationException", f"The action {action} is not in this region.")
    identifier = asked["InstanceId"]
    instance = ec2.find("instance", identifier)
    if instance is None or instance["State"]["Name"] == "terminated":
        raise AwsError("EC2InstanceNotFoundException", f"Instance {identifier} was not found.")
    if instance["State"]["Name"] != "running":
        raise AwsError("EC2InstanceStateInvalidException", f"Instance {identifier} is not in state 'running'.")
    if asked.get("AvailabilityZone", zone := instance["Placement"]["AvailabilityZone"]) != zone:
        raise AwsError("InvalidArgsException", f"Instance {identifier} is in the Availability Zone {zone}.")
    if not asked["SSHPublicKey"].startswith(tuple(f"{kind} " for kind in _KINDS)):
        raise AwsError("InvalidArgsException", "The public key is neither an RSA nor an ED25519 key.")
    keys.push(identifier, asked["InstanceOSUser"], asked["SSHPublicKey"].strip())
    return {"RequestId": "", "Success": True}


def tunnel_target(ec2: Ec2, asked: Mapping[str, str]) -> str | None:
    """Return the instance that a tunnel is asked to; None where packets do not come through to one.

    Args:
        ec2: the region's EC2.
        asked: the tunnel's parameters.

    Raises:
        AwsError: one of them is wrong.
    """
    endpoint = ec2.find("instance-connect-endpoint", asked.get("instanceConnectEndpointId"))
    if endpoint is None or endpoint["State"] not in _OPEN:
        raise _invalid("The specified InstanceConnectEndpoint is not valid.")
    if (port := _number(asked.get("remotePort", ""))) not in PORTS:
        raise _invalid("The specified RemotePort is not valid. Specify either 22 or 3389 as the RemotePort.")
    if not 1 <= _number(asked.get("maxTunnelDuration", str(LONGEST_S))) <= LONGEST_S:
        raise _invalid(f"The specified MaxTunnelDuration is not valid. Specify 1 to {LONGEST_S}.")
    address = asked.get("privateIpAddress", "")
    target = next(
        (one for one in ec2.all("network-interface", PrivateIpAddress=address) if one["VpcId"] == endpoint["VpcId"]),
        None,
    )
    if target is None or target["_instance"] is None:
        return None
    running = ec2.get("instance", target["_instance"])["State"]["Name"] == "running"
    source = ec2.get("network-interface", endpoint["NetworkInterfaceIds"][0])
    return str(target["_instance"]) if running and _passes(ec2, source, target, port) else None


def _passes(ec2: Ec2, source: Record, target: Record, port: int) -> bool:
    """Tell whether the security groups of both ends let TCP to a port through."""

    def allows(here: Record, there: Record, *, egress: bool) -> bool:
        rules = [rule for group in here["_groups"] for rule in ec2.all("security-group-rule", GroupId=group)]
        return any(_matches(rule, there, port) for rule in rules if rule["IsEgress"] == egress)

    return allows(source, target, egress=True) and allows(target, source, egress=False)


def _matches(rule: Record, peer: Record, port: int) -> bool:
    if rule["IpProtocol"] not in {"-1", "tcp"}:
        return False
    if rule["FromPort"] != NO_PORT and not rule["FromPort"] <= port <= rule["ToPort"]:
        return False
    if "CidrIpv4" in rule:
        return IPv4Address(peer["PrivateIpAddress"]) in IPv4Network(rule["CidrIpv4"])
    groups: Sequence[str] = peer["_groups"]
    return rule.get("ReferencedGroupInfo", {}).get("GroupId") in groups


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_S)) + 1 else -1


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameter", text)
