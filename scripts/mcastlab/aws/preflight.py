"""What an account must have before a lab is deployed to it: quotas left, the image subscribed to, types offered.

Asks only, and makes nothing. What an account may not ask is taken as AWS gives it to a new one; what is not answered is
said, once, and stops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mcastlab.aws.account_quotas import TAKEN, VCPUS, AppliedQuotas, applied_quotas, running_vcpus, vcpus
from mcastlab.aws.clients import ExpiredCredentialsError, asking
from mcastlab.aws.deployment_problem import DeploymentProblem
from mcastlab.aws.permission_simulation import denied_permissions
from mcastlab.aws.region_offers import features_not_there, services_not_offered, types_by_zone, types_not_offered
from mcastlab.aws.stacks import holding_stacks
from mcastlab.lab.design.names import zone_of
from mcastlab.lab.design.quotas import QUOTAS, quota_use
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found."""

    problems: tuple[DeploymentProblem, ...]
    assumed: tuple[str, ...]
    """Quotas whose value the account does not tell: AWS's default was taken."""
    unanswered: tuple[str, ...] = ()
    """What AWS was asked and gave no answer to, in words, once each."""
    asked: int
    """How many things were looked at."""


@dataclass(slots=True)
class _Look:
    """What is found while it is looked."""

    problems: list[DeploymentProblem] = field(default_factory=list)
    unanswered: dict[str, None] = field(default_factory=dict)
    asked: int = 0

    def at(self, what: str, look: Callable[[], Iterable[DeploymentProblem]], *, things: int = 1) -> None:
        """Look at something, which AWS may not tell.

        Raises:
            ExpiredCredentialsError: nothing else would be reported either.
        """
        self.asked += things
        try:
            with asking(what):
                self.problems += look()
        except ExpiredCredentialsError:
            raise
        except RefusedError as error:
            self.unanswered[error.text] = None


def preflight(clients: Clients, lab: Lab, image: str) -> Preflight:
    """Return what would keep a lab from being deployed.

    Args:
        clients: the clients of AWS.
        lab: the lab.
        image: the image that its AWS router is to boot, or boots already.

    Raises:
        RefusedError: AWS refuses to be asked at all.
    """
    look = _Look()
    with asking("looking at the account before the deployment"):
        use = quota_use(lab, holding_stacks(clients, lab))
    values: dict[tuple[str, str], int] = {}
    for service in sorted({quota.listed[0] for quota in QUOTAS if quota.listed is not None}):
        look.at("reading the account's quotas", partial(_read_quotas, clients, service, values), things=0)
    applied, assumed = AppliedQuotas(values), []
    for quota in QUOTAS:
        value, needed = applied.of(quota), quota.needed(use)
        if value is None:
            assumed.append(quota.name)
            if quota.code is None:
                # By what else it may be called, its value may have been raised.
                continue
        most, taken = quota.given if value is None else value, TAKEN.get(quota.name)
        look.at(f"counting {quota.name}", partial(_quota_problem, quota.name, most, needed, taken, clients))
    if (value := applied.vcpus) is not None:
        with asking("reading the sizes of instance types"):
            needed = vcpus(clients, use.resources.instances)
        look.at("counting virtual CPUs", partial(_quota_problem, VCPUS[2], value, needed, running_vcpus, clients))
    types = types_by_zone(lab)
    look.at("asking which instance types are offered", lambda: types_not_offered(clients, lab), things=len(types))
    look.at("asking which endpoint services there are", lambda: services_not_offered(clients, lab))
    look.at("asking what the Region has", lambda: features_not_there(clients, lab))
    look.at("simulating this caller's permissions", partial(denied_permissions, clients, lab))
    look.at("asking whether the router's image is subscribed to", lambda: _subscribed(clients, lab, image, look))
    return Preflight(
        problems=tuple(look.problems), assumed=tuple(assumed), unanswered=tuple(look.unanswered), asked=look.asked
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


def _quota_problem(
    name: str, value: int, needed: int, taken: Callable[[Clients], int] | None, clients: Clients
) -> Iterator[DeploymentProblem]:
    used = taken(clients) if needed and taken is not None else 0
    if used + needed > value:
        yield DeploymentProblem(
            what=f"{name}: {used} of {value} are taken, and the lab needs {needed} more",
            remedy=f"ask for {used + needed} of {name!r} in Service Quotas, or remove what is unused",
        )


def _read_quotas(clients: Clients, service: str, values: dict[tuple[str, str], int]) -> tuple[DeploymentProblem, ...]:
    values.update(applied_quotas(clients, service))
    return ()


def _subscribed(clients: Clients, lab: Lab, image: str, look: _Look) -> Iterator[DeploymentProblem]:
    match _subscription(clients, lab, image):
        case DeploymentProblem() as problem:
            yield problem
        case str() as why:
            look.unanswered[why] = None


def _subscription(clients: Clients, lab: Lab, image: str) -> DeploymentProblem | str | None:
    """Ask for the router's machine without having it made; return what is wrong, or that AWS gave no answer.

    An image that is not subscribed to answers OptInRequired. AWS documents no order of its checks, so the request is
    one that has nothing else to be refused for: it names a subnet, which accounts without a default VPC need.
    """
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
