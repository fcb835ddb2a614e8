"""What an account must have before a lab is deployed to it: quotas left, the image subscribed to, types offered.

Asks only, and makes nothing. What an account may not ask is taken as AWS gives it to a new one, and said so.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from mcastlab.aws.clients import asking, ec2_filter, list_all
from mcastlab.aws.stacks import holding_stacks
from mcastlab.lab.design.names import zone_of
from mcastlab.lab.design.quotas import QUOTAS, quota_use
from mcastlab.lab.images import router_image
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab


STANDARD: Final = re.compile(r"(?:[acdhmrtz]|i[ms]?)\d")
"""How instance types begin that share the quota of virtual CPUs. Source: Amazon EC2 instance type quotas."""


VCPUS: Final = ("ec2", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
"""Service and name of the quota of virtual CPUs, of which accounts are given different numbers."""


def _running_vcpus(clients: Clients) -> int:
    """Return the virtual CPUs of the instances of standard families that run."""
    alive = ec2_filter("instance-state-name", ["pending", "running"])
    instances = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", Filters=alive)
    return _vcpus(clients, Counter(each["InstanceType"] for each in instances))


def _vcpus(clients: Clients, kinds: Mapping[str, int]) -> int:
    """Return the virtual CPUs of so many instances of each type, as far as they share the quota."""
    standard = sorted(kind for kind in kinds if STANDARD.match(kind))
    if not standard:
        return 0
    answer = clients.ec2.describe_instance_types(InstanceTypes=standard)  # type: ignore[arg-type]  # may be newer
    each = {str(kind["InstanceType"]): kind["VCpuInfo"]["DefaultVCpus"] for kind in answer["InstanceTypes"]}
    return sum(each.get(kind, 0) * kinds[kind] for kind in standard)


def _alive(entries: list[Any]) -> int:
    return sum(entry["State"] not in {"deleted", "deleting"} for entry in entries)


_TAKEN: Final[Mapping[str, Callable[[Clients], int]]] = {
    "VPCs per Region": lambda clients: len(clients.ec2.describe_vpcs()["Vpcs"]),
    "Transit gateways per account": lambda clients: _alive(clients.ec2.describe_transit_gateways()["TransitGateways"]),
    "Customer gateways per Region": lambda clients: _alive(
        clients.ec2.describe_customer_gateways()["CustomerGateways"]
    ),
    "Site-to-Site VPN connections per Region": lambda clients: _alive(
        clients.ec2.describe_vpn_connections()["VpnConnections"]
    ),
}
"""How much of a quota is taken; of the others, which are of what is made anew with each lab, nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentProblem:
    """Something that would make the deployment fail, and what to do about it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found."""

    problems: tuple[DeploymentProblem, ...]
    assumed: tuple[str, ...]
    """Quotas whose value the account does not tell: AWS's default was taken."""
    quota_errors: tuple[str, ...] = ()
    """Why the account does not tell its quotas, once each."""
    unanswered: tuple[str, ...] = ()
    """What else AWS was asked and gave no answer to, in words."""
    asked: int
    """How many things were looked at."""


def preflight(clients: Clients, lab: Lab) -> Preflight:
    """Return what would keep a lab from being deployed.

    Raises:
        RefusedError: AWS refuses to be asked at all.
    """
    problems: list[DeploymentProblem] = []
    assumed: list[str] = []
    listed = [(quota, quota.listed) for quota in QUOTAS if quota.listed is not None]
    with asking("looking at the account before the deployment"):
        use = quota_use(lab, holding_stacks(clients, lab))
        told, quota_errors = _quotas(clients, {service for _, (service, _) in listed})
        for quota, (service, name) in listed:
            value = told.get((service, name.lower()))
            if value is None:
                assumed.append(quota.name)
            problems += _quota_problem(
                quota.name, quota.given if value is None else value, quota.needed(use), _TAKEN.get(quota.name), clients
            )
        if (value := told.get((VCPUS[0], VCPUS[1].lower()))) is not None:
            needed = _vcpus(clients, use.resources.instances)
            problems += _quota_problem(VCPUS[1], value, needed, _running_vcpus, clients)
        types = tuple(_types_by_zone(lab))
        problems += _not_offered(clients, lab, types)
        subscription = _subscription(clients, lab)
        problems += [subscription] if isinstance(subscription, DeploymentProblem) else []
    return Preflight(
        problems=tuple(problems),
        assumed=tuple(assumed),
        quota_errors=quota_errors,
        unanswered=(subscription,) if isinstance(subscription, str) else (),
        asked=len(listed) + 1 + len(types) + 1,
    )


def refuse_unready(found: Preflight) -> None:
    """Refuse to deploy into an account that is not ready, with all reasons at once.

    Raises:
        RefusedError: there are problems.
    """
    if found.problems:
        raise RefusedError(
            "the account is not ready for this lab:\n" + "\n".join(problem.what for problem in found.problems),
            hint="; ".join(dict.fromkeys(problem.remedy for problem in found.problems)),
        )


def _quotas(clients: Clients, services: Iterable[str]) -> tuple[dict[tuple[str, str], int], tuple[str, ...]]:
    """Return the account's quotas by service and name in small letters, and why it does not tell those of others."""
    found: dict[tuple[str, str], int] = {}
    quota_errors: dict[str, None] = {}
    for service in sorted(services):
        try:
            with asking("reading the account's quotas"):
                quotas = list_all(clients.service_quotas, "list_service_quotas", "Quotas", ServiceCode=service)
                found |= {(service, quota["QuotaName"].lower()): int(quota["Value"]) for quota in quotas}
        except RefusedError as error:
            quota_errors[error.text] = None
    return found, tuple(quota_errors)


def _quota_problem(
    name: str, value: int, needed: int, taken: Callable[[Clients], int] | None, clients: Clients
) -> Iterator[DeploymentProblem]:
    used = taken(clients) if needed and taken is not None else 0
    if used + needed > value:
        yield DeploymentProblem(
            what=f"{name}: {used} of {value} are taken, and the lab needs {needed} more",
            remedy=f"ask for {used + needed} of {name!r} in Service Quotas, or remove what is unused",
        )


def _types_by_zone(lab: Lab) -> Iterator[tuple[str, str]]:
    machines = {(lab.router.instance_type, zone_of(lab, lab.subnet(lab.router.subnet)))}
    yield from sorted(machines | {(hosts.instance_type, zone_of(lab, lab.subnet(hosts.subnet))) for hosts in lab.hosts})


def _not_offered(clients: Clients, lab: Lab, types: tuple[tuple[str, str], ...]) -> Iterator[DeploymentProblem]:
    answer = clients.ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": sorted({kind for kind, _ in types})}],
    )
    offered = {(str(each["InstanceType"]), each["Location"]) for each in answer["InstanceTypeOfferings"]}
    for kind, zone in types:
        if (kind, zone) not in offered:
            yield DeploymentProblem(
                what=f"{kind} is not offered in {zone}",
                remedy=f"give the subnet another zone of {lab.region}, or the machine another type of the Nitro kind",
            )


def _subscription(clients: Clients, lab: Lab) -> DeploymentProblem | str | None:
    """Ask for the router's machine without having it made; return what is wrong, or that AWS gave no answer.

    An image that is not subscribed to answers OptInRequired. AWS documents no order of its checks, so the request is
    one that has nothing else to be refused for: it names a subnet, which accounts without a default VPC need.
    """
    image = router_image(lab.router)
    if image.startswith("/"):
        image = clients.ssm.get_parameter(Name=image)["Parameter"]["Value"]
    subnets = clients.ec2.describe_subnets()["Subnets"]
    zone = zone_of(lab, lab.subnet(lab.router.subnet))
    fitting = sorted((each["AvailabilityZone"] != zone, each["SubnetId"]) for each in subnets)
    asked: dict[str, Any] = {"ImageId": image, "InstanceType": lab.router.instance_type, "MinCount": 1, "MaxCount": 1}
    if fitting:
        asked["SubnetId"] = fitting[0][1]
    try:
        clients.ec2.run_instances(DryRun=True, **asked)
    except ClientError as error:
        answer = error.response.get("Error", {})
        match answer.get("Code"):
            case "DryRunOperation":
                return None
            case "OptInRequired":
                return DeploymentProblem(
                    what=f"the account has not subscribed to the router's image {image}: {answer.get('Message', '')}",
                    remedy="subscribe to the router's product in AWS Marketplace, once an account; the same command "
                    "then goes on",
                )
            case code:
                why = f"AWS answered {code}" if fitting else "there is no subnet yet to ask with"
                return f"whether the router's image is subscribed to shows when it is launched: {why}"
    return None
