"""What an account still has of a lab: by its tag, by ids that were recorded, and within what is left of its network.

Tags alone do not do: what somebody made by hand in the lab's VPC has none, and a resource can lose its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import told
from mcastlab.cleanup.report import Leftover
from mcastlab.errors import RefusedError
from mcastlab.lab.design.names import LAB_TAG, stack_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from types_boto3_ec2 import EC2Client

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

BATCH: Final = 100
"""Values of one filter; EC2 takes up to 200. Source: EC2 API reference, Filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of EC2 resource: how to ask for it, and which states mean that it has gone."""

    name: str
    prefix: str
    operation: str
    answer: str
    id: str
    state: str = "State"
    gone: frozenset[str] = frozenset({"deleted"})
    within: Mapping[str, str] = field(default_factory=dict)
    """Filters by which it is found within another resource, by that one's prefix."""

    @property
    def id_filter(self) -> str:
        """The filter that takes ids of this kind."""
        return _ID_FILTERS.get(self.prefix, _kebab(self.id))


_ID_FILTERS: Final = {"sg-": "group-id", "i-": "instance-id"}


def _kebab(name: str) -> str:
    """Return a member's name as a filter's.

    >>> _kebab("TransitGatewayId")
    'transit-gateway-id'
    """
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


_VPC: Final = {"vpc-": "vpc-id"}
_TGW: Final = {"tgw-": "transit-gateway-id"}
KINDS: Final = (
    Kind(name="instance", prefix="i-", operation="describe_instances", answer="Reservations", id="InstanceId",
         gone=frozenset({"terminated"}), within=_VPC),
    Kind(name="volume", prefix="vol-", operation="describe_volumes", answer="Volumes", id="VolumeId",
         within={"i-": "attachment.instance-id"}),
    Kind(name="network interface", prefix="eni-", operation="describe_network_interfaces", answer="NetworkInterfaces",
         id="NetworkInterfaceId", state="Status", within=_VPC),
    Kind(name="security group", prefix="sg-", operation="describe_security_groups", answer="SecurityGroups",
         id="GroupId", within=_VPC),
    Kind(name="key pair", prefix="key-", operation="describe_key_pairs", answer="KeyPairs", id="KeyPairId"),
    Kind(name="VPC endpoint", prefix="vpce-", operation="describe_vpc_endpoints", answer="VpcEndpoints",
         id="VpcEndpointId", within=_VPC),
    Kind(name="instance connect endpoint", prefix="eice-", operation="describe_instance_connect_endpoints",
         answer="InstanceConnectEndpoints", id="InstanceConnectEndpointId", gone=frozenset({"delete-complete"}),
         within=_VPC),
    Kind(name="subnet", prefix="subnet-", operation="describe_subnets", answer="Subnets", id="SubnetId", within=_VPC),
    Kind(name="route table", prefix="rtb-", operation="describe_route_tables", answer="RouteTables", id="RouteTableId",
         within=_VPC),
    Kind(name="VPC", prefix="vpc-", operation="describe_vpcs", answer="Vpcs", id="VpcId"),
    Kind(name="VPN connection", prefix="vpn-", operation="describe_vpn_connections", answer="VpnConnections",
         id="VpnConnectionId", within=_TGW),
    Kind(name="customer gateway", prefix="cgw-", operation="describe_customer_gateways", answer="CustomerGateways",
         id="CustomerGatewayId"),
    Kind(name="multicast domain", prefix="tgw-mcast-domain-", operation="describe_transit_gateway_multicast_domains",
         answer="TransitGatewayMulticastDomains", id="TransitGatewayMulticastDomainId", within=_TGW),
    Kind(name="gateway attachment", prefix="tgw-attach-", operation="describe_transit_gateway_attachments",
         answer="TransitGatewayAttachments", id="TransitGatewayAttachmentId", within=_TGW),
    Kind(name="gateway route table", prefix="tgw-rtb-", operation="describe_transit_gateway_route_tables",
         answer="TransitGatewayRouteTables", id="TransitGatewayRouteTableId", within=_TGW),
    Kind(name="transit gateway", prefix="tgw-", operation="describe_transit_gateways", answer="TransitGateways",
         id="TransitGatewayId"),
)  # fmt: skip
"""Source: EC2 API reference, each action's filters and the states of its answer."""

_BY_PREFIX: Final = {kind.prefix: kind for kind in KINDS}
_ID: Final = re.compile(r"^([a-z-]+-)[0-9a-f]+$")


def kind_of(identifier: str) -> Kind | None:
    """Return the kind that an id is of.

    >>> kind = kind_of("tgw-attach-0123")
    >>> kind.name if kind else None
    'gateway attachment'
    """
    found = _ID.match(identifier)
    return None if found is None else _BY_PREFIX.get(found[1])


def ids_now(clients: Clients, lab: Lab) -> frozenset[str]:
    """Return the ids of all that a lab has: of its stacks, by its tag, and within these.

    Raises:
        RefusedError: AWS does not tell.
    """
    ec2, made = clients.ec2, set[str]()
    for stack in _stacks(clients, lab):
        with told(f"reading the resources of {stack}"):
            pages = clients.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
            for resource in (each for page in pages for each in page["StackResourceSummaries"]):
                identifier, what = resource.get("PhysicalResourceId", ""), resource["ResourceType"]
                if what.startswith("AWS::IAM::"):
                    made.add(f"{what}/{identifier}")
                elif kind_of(identifier) is not None:
                    made.add(identifier)
    known = made | _tagged(clients, lab)
    found = known | {record.id for record in _within(ec2, known)}
    return frozenset(found | _secrets_of(clients, found))


def account_leftovers(clients: Clients, lab: Lab, recorded: Iterable[str]) -> tuple[Leftover, ...]:
    """Return what is still there of a lab: stacks, what has its tag, what was recorded, and what is within these.

    Raises:
        RefusedError: AWS does not tell.
    """
    stacks = [Leftover(place=lab.region, kind="stack", id=name, found_by="name") for name in _stacks(clients, lab)]
    ec2 = clients.ec2
    by_tag, by_id = _tagged(clients, lab), frozenset(recorded)
    there = dict(_there(ec2, by_tag | by_id))
    found = {
        identifier: Leftover(
            place=lab.region,
            kind=_name_of(identifier),
            id=identifier,
            state=state,
            found_by="tag" if identifier in by_tag else "recorded id",
        )
        for identifier, state in there.items()
    }
    for record in _within(ec2, there):
        found.setdefault(
            record.id,
            Leftover(
                place=lab.region,
                kind=record.kind.name,
                id=record.id,
                state=record.state,
                found_by=f"within {record.of}",
            ),
        )
    others = [
        Leftover(place=lab.region, kind=kind, id=identifier, found_by="recorded id")
        for kind, identifier in _others_there(clients, by_id)
    ]
    elsewhere = [
        Leftover(place=lab.region, kind="resource", id=arn, found_by="tag")
        for arn in _tagged_elsewhere(clients, lab)
        if arn not in by_id
    ]
    return (*stacks, *sorted(found.values()), *others, *elsewhere)


def _tagged_elsewhere(clients: Clients, lab: Lab) -> list[str]:
    """Return what other services have with the lab's tag; none where the tagging API is not there or may not be asked.

    It only adds to what EC2 tells of tags and to what was recorded, so that a lack of rights for it hides nothing that
    the lab's stacks made.
    """
    try:
        with told("looking for what is tagged elsewhere"):
            pages = clients.tagging.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": LAB_TAG, "Values": [lab.name]}]
            )
            found = [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]
            return [arn for arn in found if arn.split(":")[2] not in {"ec2", "cloudformation"}]
    except RefusedError:
        return []


def _stacks(clients: Clients, lab: Lab) -> tuple[str, ...]:
    """Return the names of the lab's stacks, those of sites that its document no longer has among them."""
    names = frozenset(stack_names(lab))
    with told("looking for the lab's stacks"):
        return tuple(
            stack["StackName"]
            for page in clients.cloudformation.get_paginator("describe_stacks").paginate()
            for stack in page["Stacks"]
            if stack["StackName"] in names
            or any(tag["Key"] == LAB_TAG and tag["Value"] == lab.name for tag in stack.get("Tags", ()))
        )


def _name_of(identifier: str) -> str:
    kind = kind_of(identifier)
    return "resource" if kind is None else kind.name


def _tagged(clients: Clients, lab: Lab) -> frozenset[str]:
    """Return the ids of EC2 resources with the lab's tag; the tags of what has just gone are told for a while too."""
    filters: Any = [{"Name": "key", "Values": [LAB_TAG]}, {"Name": "value", "Values": [lab.name]}]
    with told(f"looking for what is tagged {LAB_TAG}={lab.name}"):
        pages = clients.ec2.get_paginator("describe_tags").paginate(Filters=filters)
        return frozenset(tag["ResourceId"] for page in pages for tag in page["Tags"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Within:
    kind: Kind
    id: str
    state: str
    of: str


def _within(ec2: EC2Client, known: Iterable[str]) -> Iterator[_Within]:
    """Yield what is within known resources and is not taken away with them."""
    groups: dict[str, list[str]] = {}
    for identifier in known:
        kind = kind_of(identifier)
        if kind is not None:
            groups.setdefault(kind.prefix, []).append(identifier)
    for kind in KINDS:
        for prefix, name in kind.within.items():
            for of in sorted(groups.get(prefix, ())):
                for identifier, state in _asked(ec2, kind, name, [of], kept_only=True):
                    yield _Within(kind=kind, id=identifier, state=state, of=of)


def _there(ec2: EC2Client, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield those of the ids that are still there, with their states; of a kind that is not known, all."""
    groups: dict[str, list[str]] = {}
    for identifier in sorted(ids):
        kind = kind_of(identifier)
        if kind is not None:
            groups.setdefault(kind.prefix, []).append(identifier)
        elif not identifier.startswith(("AWS::", "arn:")):
            yield identifier, ""
    for kind in KINDS:
        wanted = groups.get(kind.prefix, [])
        for start in range(0, len(wanted), BATCH):
            yield from _asked(ec2, kind, kind.id_filter, wanted[start : start + BATCH])


def _asked(
    ec2: EC2Client, kind: Kind, name: str, values: list[str], *, kept_only: bool = False
) -> Iterator[tuple[str, str]]:
    filters = [{"Name": name, "Values": values}]
    with told(f"looking for {kind.name}s"):
        answers = _pages(ec2, kind.operation, filters)
        records = [record for answer in answers for record in answer[kind.answer]]
        if kind.answer == "Reservations":
            records = [instance for reservation in records for instance in reservation["Instances"]]
        found = [(record[kind.id], _state(kind, record), record) for record in records]
    for identifier, state, record in found:
        if state.lower() not in kind.gone and not (kept_only and _goes_with_its_vpc(kind, record)):
            yield identifier, state


def _state(kind: Kind, record: Mapping[str, Any]) -> str:
    state = record.get(kind.state, "")
    return str(state.get("Name", state.get("Code", "")) if isinstance(state, dict) else state)


def _goes_with_its_vpc(kind: Kind, record: Mapping[str, Any]) -> bool:
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
    filters: Any = [{"Name": "vpn-connection-id", "Values": connections}]
    with told("reading the VPN connections"):
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
    with told(f"asking {operation} {' '.join(arguments.values())}"):
        try:
            answer = getattr(client, operation)(**arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                return False
            raise
    # A secret that is to go waits for days and costs nothing meanwhile.
    return "DeletedDate" not in answer
