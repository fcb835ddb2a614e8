"""What an account must have before a lab is deployed to it: quotas left, the image subscribed to, types offered.

Asks only, and makes nothing. What an account may not ask is taken as AWS gives it to a new one, and said so.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from mcastlab.aws.clients import told
from mcastlab.aws.stacks import holding_stacks
from mcastlab.errors import RefusedError
from mcastlab.lab.design.quotas import quota_use
from mcastlab.lab.images import router_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.design.quotas import QuotaUse
    from mcastlab.lab.model import Lab


STANDARD: Final = re.compile(r"(?:[acdhmrtz]|i[ms]?)\d")
"""How instance types begin that share the quota of virtual CPUs. Source: Amazon EC2 instance type quotas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuota:
    """A quota of the account in a region: its name in Service Quotas, what counts towards it, and what a lab adds."""

    service: str
    name: str
    given: int | None
    """What AWS gives a new account; None where accounts differ, so that only what this one tells is held against."""
    used: Callable[[Clients], int]
    needed: Callable[[Clients, QuotaUse], int]
    """By what the lab takes beside the stacks that there are already."""


def _none(_clients: Clients) -> int:
    """What is made anew with each lab: nothing of it is taken before."""
    return 0


def _running_vcpus(clients: Clients) -> int:
    """Return the virtual CPUs of the instances of standard families that run."""
    alive = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    kinds: Counter[str] = Counter()
    for page in clients.ec2.get_paginator("describe_instances").paginate(Filters=alive):  # type: ignore[arg-type]  # plain
        kinds.update(each["InstanceType"] for group in page["Reservations"] for each in group["Instances"])
    return _vcpus(clients, kinds)


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


QUOTAS: Final = (
    AccountQuota(
        service="vpc",
        name="VPCs per Region",
        given=5,
        used=lambda clients: len(clients.ec2.describe_vpcs()["Vpcs"]),
        needed=lambda _clients, use: use.resources.vpcs,
    ),
    AccountQuota(
        service="vpc",
        name="Routes per route table",
        given=50,
        used=_none,
        needed=lambda _clients, use: use.routes_a_table,
    ),
    AccountQuota(
        service="vpc",
        name="Inbound or outbound rules per security group",
        given=60,
        used=_none,
        needed=lambda _clients, use: use.rules_a_security_group,
    ),
    AccountQuota(
        service="ec2",
        name="Transit gateways per account",
        given=5,
        used=lambda clients: _alive(clients.ec2.describe_transit_gateways()["TransitGateways"]),
        needed=lambda _clients, use: use.resources.transit_gateways,
    ),
    AccountQuota(
        service="ec2",
        name="Customer gateways per region",
        given=50,
        used=lambda clients: _alive(clients.ec2.describe_customer_gateways()["CustomerGateways"]),
        needed=lambda _clients, use: use.resources.customer_gateways,
    ),
    AccountQuota(
        service="ec2",
        name="Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        given=None,
        used=_running_vcpus,
        needed=lambda clients, use: _vcpus(clients, use.resources.instances),
    ),
    AccountQuota(
        service="ec2",
        name="VPN connections per region",
        given=50,
        used=lambda clients: _alive(clients.ec2.describe_vpn_connections()["VpnConnections"]),
        needed=lambda _clients, use: use.resources.vpn_connections,
    ),
)
"""Sources: quotas of Amazon VPC, AWS Transit Gateway, AWS Site-to-Site VPN and Amazon EC2 instance types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that would make the deployment fail, and what to do about it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found."""

    problems: tuple[Problem, ...]
    assumed: tuple[str, ...]
    """Quotas whose value the account does not tell: AWS's default was taken."""
    unanswered: tuple[str, ...] = ()
    """What AWS was asked and gave no answer to, in words."""
    asked: int
    """How many things were looked at."""


def preflight(clients: Clients, lab: Lab) -> Preflight:
    """Return what would keep a lab from being deployed.

    Raises:
        RefusedError: AWS refuses to be asked at all.
    """
    problems: list[Problem] = []
    assumed: list[str] = []
    with told("looking at the account before the deployment"):
        use = quota_use(lab, holding_stacks(clients, lab))
        values = {service: _values(clients, service) for service in dict.fromkeys(quota.service for quota in QUOTAS)}
        for quota in QUOTAS:
            value = values[quota.service].get(quota.name.lower())
            if value is None and quota.given is not None:
                assumed.append(quota.name)
            problems += _quota_problem(quota, quota.given if value is None else value, clients, use)
        types = tuple(_types_by_zone(lab))
        problems += _not_offered(clients, lab, types)
        subscription = _subscription(clients, lab)
        problems += [subscription] if isinstance(subscription, Problem) else []
    return Preflight(
        problems=tuple(problems),
        assumed=tuple(assumed),
        unanswered=(subscription,) if isinstance(subscription, str) else (),
        asked=len(QUOTAS) + len(types) + 1,
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


def _values(clients: Clients, service: str) -> dict[str, int]:
    """Return the account's quotas of a service by name in small letters; none where it may not or cannot tell."""
    try:
        pages = clients.service_quotas.get_paginator("list_service_quotas").paginate(ServiceCode=service)
        return {quota["QuotaName"].lower(): int(quota["Value"]) for page in pages for quota in page["Quotas"]}
    except (ClientError, BotoCoreError):
        return {}


def _quota_problem(quota: AccountQuota, value: int | None, clients: Clients, use: QuotaUse) -> Iterator[Problem]:
    if value is None:
        return
    needed = quota.needed(clients, use)
    used = quota.used(clients) if needed else 0
    if used + needed > value:
        yield Problem(
            what=f"{quota.name}: {used} of {value} are taken, and the lab needs {needed} more",
            remedy=f"ask for {used + needed} of {quota.name!r} in Service Quotas, or remove what is unused",
        )


def _types_by_zone(lab: Lab) -> Iterator[tuple[str, str]]:
    machines = {(lab.router.instance_type, lab.subnet(lab.router.subnet).zone)}
    machines |= {(hosts.instance_type, lab.subnet(hosts.subnet).zone) for hosts in lab.hosts}
    yield from sorted((kind, f"{lab.region}{letter}") for kind, letter in machines)


def _not_offered(clients: Clients, lab: Lab, types: tuple[tuple[str, str], ...]) -> Iterator[Problem]:
    answer = clients.ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": sorted({kind for kind, _ in types})}],
    )
    offered = {(str(each["InstanceType"]), each["Location"]) for each in answer["InstanceTypeOfferings"]}
    for kind, zone in types:
        if (kind, zone) not in offered:
            yield Problem(
                what=f"{kind} is not offered in {zone}",
                remedy=f"give the subnet another zone of {lab.region}, or the machine another type of the Nitro kind",
            )


def _subscription(clients: Clients, lab: Lab) -> Problem | str | None:
    """Ask for the router's machine without having it made; return what is wrong, or that AWS gave no answer.

    An image that is not subscribed to answers OptInRequired. AWS documents no order of its checks, so the request is
    one that has nothing else to be refused for: it names a subnet, which accounts without a default VPC need.
    """
    image = router_image(lab.router)
    if image.startswith("/"):
        image = clients.ssm.get_parameter(Name=image)["Parameter"]["Value"]
    subnets = clients.ec2.describe_subnets()["Subnets"]
    zone = f"{lab.region}{lab.subnet(lab.router.subnet).zone}"
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
                return Problem(
                    what=f"the account has not subscribed to the router's image {image}: {answer.get('Message', '')}",
                    remedy="subscribe to the router's product in AWS Marketplace, once an account; the same command "
                    "then goes on",
                )
            case code:
                why = f"AWS answered {code}" if fitting else "there is no subnet yet to ask with"
                return f"whether the router's image is subscribed to shows when it is launched: {why}"
    return None
