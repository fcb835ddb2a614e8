"""What an account still has of a lab: by its tag, by ids that were recorded, and within what is left of its network.

Tags alone do not do: what somebody made by hand in the lab's VPC has none, and a resource can lose its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import asking, batched, ec2_filter, list_all
from mcastlab.aws.resource_kinds import KINDS, ResourceKind, kind_of
from mcastlab.aws.stacks import every_stack
from mcastlab.cleanup.report import RemainingResource
from mcastlab.lab.design.names import LAB_TAG, stack_names
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from types_boto3_ec2 import EC2Client

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

BATCH: Final = 100
"""Values of one filter; EC2 takes up to 200. Source: EC2 API reference, Filter."""


def ids_now(clients: Clients, lab: Lab) -> frozenset[str]:
    """Return the ids of all that a lab has: of its stacks, by its tag, and within these.

    Raises:
        RefusedError: AWS does not tell.
    """
    ec2, made = clients.ec2, set[str]()
    for stack in _stacks(clients, lab):
        with asking(f"reading the resources of {stack}"):
            for resource in list_all(
                clients.cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=stack
            ):
                identifier, what = resource.get("PhysicalResourceId", ""), resource["ResourceType"]
                if what.startswith("AWS::IAM::"):
                    made.add(f"{what}/{identifier}")
                elif kind_of(identifier) is not None:
                    made.add(identifier)
    known = made | _tagged(clients, lab)
    found = known | {record.id for record in _within(ec2, known)}
    return frozenset(found | _secrets_of(clients, found))


def remaining_in_account(
    clients: Clients, lab: Lab, recorded: Iterable[str]
) -> tuple[tuple[RemainingResource, ...], tuple[str, ...]]:
    """Return what is still there of a lab: stacks, what has its tag, what was recorded, and what is within these.

    With it, what was not asked and only adds to that.

    Raises:
        RefusedError: AWS does not tell.
    """
    place = lab.region
    ec2, by_tag, by_id = clients.ec2, _tagged(clients, lab), frozenset(recorded)
    there = dict(_there(ec2, by_tag | by_id))
    found = {
        identifier: RemainingResource(
            place=place,
            kind=_name_of(identifier),
            id=identifier,
            state=state,
            found_by="tag" if identifier in by_tag else "recorded id",
        )
        for identifier, state in there.items()
    }
    for each in _within(ec2, there):
        found.setdefault(
            each.id,
            RemainingResource(
                place=place, kind=each.kind.name, id=each.id, state=each.state, found_by="within", within=each.of
            ),
        )
    elsewhere, notes = _tagged_elsewhere(clients, lab)
    return (
        *(RemainingResource(place=place, kind="stack", id=name, found_by="name") for name in _stacks(clients, lab)),
        *sorted(found.values()),
        *(
            RemainingResource(place=place, kind=kind, id=identifier, found_by="recorded id")
            for kind, identifier in _others_there(clients, by_id)
        ),
        *(
            RemainingResource(place=place, kind="resource", id=arn, found_by="tag")
            for arn in elsewhere
            if arn not in by_id
        ),
    ), notes


def _tagged_elsewhere(clients: Clients, lab: Lab) -> tuple[list[str], tuple[str, ...]]:
    """Return what other services have with the lab's tag, and why the tagging API does not tell it where it does not.

    It only adds to what EC2 tells of tags and to what was recorded, so that a lack of rights for it hides nothing that
    the lab's stacks made.
    """
    try:
        with asking("looking for what is tagged in other services than EC2"):
            tag = {"Key": LAB_TAG, "Values": [lab.name]}
            found = list_all(clients.tagging, "get_resources", "ResourceTagMappingList", TagFilters=[tag])
            arns = [each["ResourceARN"] for each in found]
            return [arn for arn in arns if arn.split(":")[2] not in {"ec2", "cloudformation"}], ()
    except RefusedError as error:
        return [], (error.text,)


def _stacks(clients: Clients, lab: Lab) -> tuple[str, ...]:
    """Return the names of the lab's stacks, those of sites that its document no longer has among them."""
    names = frozenset(stack_names(lab))
    return tuple(
        name
        for name, stack in every_stack(clients).items()
        if name in names or any(tag["Key"] == LAB_TAG and tag["Value"] == lab.name for tag in stack.get("Tags", ()))
    )


def _name_of(identifier: str) -> str:
    kind = kind_of(identifier)
    return "resource" if kind is None else kind.name


def _tagged(clients: Clients, lab: Lab) -> frozenset[str]:
    """Return the ids of EC2 resources with the lab's tag; those of what has just gone are listed for a while."""
    filters = [*ec2_filter("key", [LAB_TAG]), *ec2_filter("value", [lab.name])]
    with asking(f"looking for what is tagged {LAB_TAG}={lab.name}"):
        return frozenset(tag["ResourceId"] for tag in list_all(clients.ec2, "describe_tags", "Tags", Filters=filters))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Within:
    kind: ResourceKind
    id: str
    state: str
    of: str


def _by_prefix(ids: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return ids by the prefix of their kind, in order, and those of no known kind."""
    groups: dict[str, list[str]] = {}
    others = []
    for identifier in sorted(ids):
        if (kind := kind_of(identifier)) is None:
            others.append(identifier)
        else:
            groups.setdefault(kind.prefix, []).append(identifier)
    return groups, others


def _within(ec2: EC2Client, known: Iterable[str]) -> Iterator[_Within]:
    """Yield what is within known resources and is not taken away with them."""
    groups, _ = _by_prefix(known)
    for kind in KINDS:
        for prefix, name in kind.within.items():
            for of in groups.get(prefix, ()):
                for identifier, state in _asked(ec2, kind, name, [of], kept_only=True):
                    yield _Within(kind=kind, id=identifier, state=state, of=of)


def _there(ec2: EC2Client, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield those of the ids that are still there, with their states; of a kind that is not known, all."""
    groups, others = _by_prefix(ids)
    yield from ((identifier, "") for identifier in others if not identifier.startswith(("AWS::", "arn:")))
    for kind in KINDS:
        for some in batched(groups.get(kind.prefix, []), BATCH):
            yield from _asked(ec2, kind, kind.filter, some)


def _asked(
    ec2: EC2Client, kind: ResourceKind, name: str, values: list[str], *, kept_only: bool = False
) -> Iterator[tuple[str, str]]:
    filters = ec2_filter(name, values)
    with asking(f"looking for {kind.name}s"):
        answers = _pages(ec2, kind.operation, filters)
        records = [record for answer in answers for record in answer[kind.answer]]
        if kind.answer == "Reservations":
            records = [instance for reservation in records for instance in reservation["Instances"]]
        found = [(record[kind.id_member], _state(kind, record), record) for record in records]
    for identifier, state, record in found:
        if state.lower() != kind.gone and not (kept_only and _goes_with_its_vpc(kind, record)):
            yield identifier, state


def _state(kind: ResourceKind, record: Mapping[str, Any]) -> str:
    state = record.get(kind.state, "")
    return str(state.get("Name", state.get("Code", "")) if isinstance(state, dict) else state)


def _goes_with_its_vpc(kind: ResourceKind, record: Mapping[str, Any]) -> bool:
    """Say whether a resource is one that AWS makes with a VPC and takes away with it."""
    if kind.prefix == "rtb-":
        return any(each.get("Main") for each in record.get("Associations", ()))
    return kind.prefix == "sg-" and record.get("GroupName") == "default"


def _pages(client: Any, operation: str, filters: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(Filters=filters)
    else:
        yield getattr(client, operation)(Filters=filters)


def _secrets_of(clients: Clients, ids: Iterable[str]) -> frozenset[str]:
    """Return the ARNs of the secrets in which VPN connections keep their keys."""
    connections = [identifier for identifier in ids if identifier.startswith("vpn-")]
    if not connections:
        return frozenset()
    filters: Any = ec2_filter("vpn-connection-id", connections)
    with asking("reading the VPN connections"):
        found = clients.ec2.describe_vpn_connections(Filters=filters)["VpnConnections"]
        return frozenset(arn for each in found if (arn := each.get("PreSharedKeyArn")))


def _others_there(clients: Clients, recorded: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is left outside of EC2: roles, instance profiles, the VPN's secrets, private halves of key pairs."""
    for identifier in sorted(recorded):
        kind, _, name = identifier.partition("/")
        if kind == "AWS::IAM::Role" and _answers(clients.iam, "get_role", RoleName=name):
            yield "role", name
        elif kind == "AWS::IAM::InstanceProfile" and _answers(
            clients.iam, "get_instance_profile", InstanceProfileName=name
        ):
            yield "instance profile", name
        elif identifier.startswith("arn:") and ":secretsmanager:" in identifier:
            if _answers(clients.secrets_manager, "describe_secret", SecretId=identifier):
                yield "secret", identifier
        elif identifier.startswith("key-") and _answers(
            clients.ssm, "get_parameter", Name=f"/ec2/keypair/{identifier}"
        ):
            yield "private key", f"/ec2/keypair/{identifier}"


_ABSENT: Final = frozenset({"NoSuchEntity", "ResourceNotFoundException", "ParameterNotFound"})


def _answers(client: Any, operation: str, **arguments: str) -> bool:
    """Say whether a resource is there.

    Raises:
        RefusedError: AWS answered something else than that it is not.
    """
    with asking(f"asking {operation} {' '.join(arguments.values())}"):
        try:
            answer = getattr(client, operation)(**arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                return False
            raise
    # A secret that is to go waits for days and costs nothing meanwhile.
    return "DeletedDate" not in answer
