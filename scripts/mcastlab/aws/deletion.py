"""Delete a lab's stacks to the end: what lingers is waited for, what is somebody else's is named and left alone.

Sources: AWS CloudFormation User Guide, Troubleshooting, "Delete stack fails"; EC2 API reference, DeleteVpc; AWS Transit
Gateway user guide, Multicast, Deregister members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mcastlab.aws.clients import asking, ec2_filter, list_all
from mcastlab.aws.stacks import await_settled, reasons_of
from mcastlab.lab.design.names import LAB_TAG
from mcastlab.text import count
from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.waiting import CLOCK, attempts, duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab
    from mcastlab_base.waiting import WaitClock

TIMEOUT_S: Final = 1200.0
"""For all attempts together; attachments stay in deleting for minutes."""
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
LONGER: Final = 2.0

_HOPELESS: Final = ("AccessDenied", "UnauthorizedOperation", "not authorized")
_OWNER_TAGS: Final = ("owner", "createdby", "aws:createdby", "contact", "team")
_GONE: Final = frozenset({"shutting-down", "terminated"})


def delete_stacks(
    clients: Clients,
    lab: Lab,
    *,
    remaining: Callable[[], tuple[str, ...]],
    destroy: Callable[[], None],
    progress: Callable[[str], None],
    timeout_s: float = TIMEOUT_S,
    clock: WaitClock = CLOCK,
) -> tuple[str, ...]:
    """Destroy a lab's stacks, again and again while AWS does not let go of something, and return what stays.

    Args:
        clients: of AWS.
        lab: the lab.
        remaining: returns the names of the stacks that are there.
        destroy: destroys those that it knows.
        progress: receives what fails, and when it is tried again.
        timeout_s: seconds for all attempts together.
        clock: what passes the time.

    Returns:
        The names of stacks that `destroy` does not know of, where nothing failed.

    Raises:
        RefusedError: somebody else's resources keep the network, or a permission is missing: waiting changes nothing.
        TimedOutError: AWS does not let go of something in that time; the text names it.
    """
    looks = attempts(timeout_s, every_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S, factor=LONGER, clock=clock)
    reasons: Mapping[str, str] = {}
    for waited_s in looks:
        await_settled(clients, lab, progress=progress)
        failure = _failure_of(destroy)
        left = remaining()
        if not left or failure is None:
            return left
        reasons = reasons_of(clients, left)
        if strangers := foreign_resources(clients, lab):
            raise RefusedError(
                f"{', '.join(left)}: what is not this lab's stands in its VPC and was left alone:\n"
                + "\n".join(strangers),
                hint="have its owner take it away; then the same command deletes the rest",
            )
        if any(word in reason for reason in (failure.text, *reasons.values()) for word in _HOPELESS):
            raise failure
        released = release_members(clients, lab)
        again = f"; {count(released, 'registered member')} released" if released else ""
        progress(f"{_listed(reasons)}: tried again ({duration(waited_s)}){again}")
    raise TimedOutError(
        f"AWS did not let go of this within {duration(timeout_s)}:\n"
        + "\n".join(f"{k}: {v}" for k, v in reasons.items()),
        hint="what the reason names may take longer; the same command goes on",
    )


def _failure_of(destroy: Callable[[], None]) -> RefusedError | None:
    try:
        destroy()
    except RefusedError as error:
        return error
    return None


def _listed(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def foreign_resources(clients: Clients, lab: Lab) -> tuple[str, ...]:
    """Return what stands in the lab's VPC without its tag, each with what tells its owner; what AWS manages is none.

    Raises:
        RefusedError: AWS does not tell.
    """
    with asking("looking for what is not the lab's in its VPC"):
        filters = ec2_filter(f"tag:{LAB_TAG}", [lab.name])
        vpcs = [one["VpcId"] for one in list_all(clients.ec2, "describe_vpcs", "Vpcs", Filters=filters)]
        return tuple(_foreign(clients.ec2, lab, vpcs)) if vpcs else ()


def _foreign(ec2: Any, lab: Lab, vpcs: list[str]) -> Iterator[str]:
    within = ec2_filter("vpc-id", vpcs)
    for one in list_all(ec2, "describe_instances", "Reservations", "Instances", Filters=within):
        if one["State"]["Name"] not in _GONE and not _is_ours(lab, one.get("Tags", ())):
            account = next((each["OwnerId"] for each in one.get("NetworkInterfaces", ())), "")
            since = f"since {one['LaunchTime']:%Y-%m-%d}"
            key = f"key {one['KeyName']}" if one.get("KeyName") else ""
            yield _described("instance", one["InstanceId"], one.get("Tags", ()), key, since, f"account {account}")
    for one in list_all(ec2, "describe_network_interfaces", "NetworkInterfaces", Filters=within):
        attached = one.get("Attachment", {}).get("InstanceId")
        if not attached and not one.get("RequesterManaged") and not _is_ours(lab, one.get("TagSet", ())):
            yield _described(
                "network interface", one["NetworkInterfaceId"], one.get("TagSet", ()), one.get("Description", ""),
                f"account {one['OwnerId']}",
            )  # fmt: skip
    for one in list_all(ec2, "describe_security_groups", "SecurityGroups", Filters=within):
        if one["GroupName"] != "default" and not _is_ours(lab, one.get("Tags", ())):
            yield _described(
                "security group", one["GroupId"], one.get("Tags", ()), one["GroupName"], f"account {one['OwnerId']}"
            )


def _is_ours(lab: Lab, tags: Any) -> bool:
    return any(tag["Key"] == LAB_TAG and tag["Value"] == lab.name for tag in tags)


def _described(kind: str, identifier: str, tags: Any, *more: str) -> str:
    said = [f"{tag['Key']} {tag['Value']}" for tag in tags if tag["Key"].lower() in {"name", *_OWNER_TAGS}]
    return f"{kind} {identifier} ({', '.join(filter(None, (*said, *more)))})"


def release_members(clients: Clients, lab: Lab) -> int:
    """End the memberships that the API registered in the lab's multicast domains; return how many.

    There are no registered sources: AWS takes none in a domain that speaks IGMPv2, and anybody in it may send.

    Raises:
        RefusedError: AWS refuses.
    """
    ec2, done = clients.ec2, 0
    with asking("releasing the registered members of the multicast domain"):
        filters = ec2_filter(f"tag:{LAB_TAG}", [lab.name])
        found = list_all(
            ec2, "describe_transit_gateway_multicast_domains", "TransitGatewayMulticastDomains", Filters=filters
        )
        for domain in (one["TransitGatewayMulticastDomainId"] for one in found if one["State"] == "available"):
            rows = list_all(
                ec2,
                "search_transit_gateway_multicast_groups",
                "MulticastGroups",
                TransitGatewayMulticastDomainId=domain,
            )
            for row in rows:
                if row.get("MemberType") == "static":
                    ec2.deregister_transit_gateway_multicast_group_members(
                        TransitGatewayMulticastDomainId=domain,
                        GroupIpAddress=row["GroupIpAddress"],
                        NetworkInterfaceIds=[row["NetworkInterfaceId"]],
                    )
                    done += 1
    return done
