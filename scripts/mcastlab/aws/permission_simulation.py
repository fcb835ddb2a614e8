"""Whether a caller may do what a deployment does, by IAM's simulation of the policies that the caller has.

What depends on conditions that the simulation does not know, such as tags, is no finding. The account's root has no
policies.
Source: IAM API Reference, SimulatePrincipalPolicy; IAM user guide, Testing IAM policies with the IAM policy simulator.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import batched, list_all
from mcastlab.aws.deployment_problem import DeploymentProblem
from mcastlab.aws.permissions import actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

AT_ONCE: Final = 100
"""Actions a request; more would be long in a URL."""
_SESSION: Final = re.compile(r"arn:(?P<partition>[\w-]+):sts::\d+:assumed-role/(?P<role>[^/]+)/.+")
_SHOWN: Final = 12


def denied_permissions(clients: Clients, lab: Lab) -> Iterator[DeploymentProblem]:
    """Yield one problem that names all actions of a deployment which the caller's policies do not allow."""
    caller = str(clients.sts.get_caller_identity()["Arn"])
    session = _SESSION.fullmatch(caller)
    if caller.endswith(":root"):
        return
    # A session's role may have a path, which its session does not show.
    principal = caller if session is None else str(clients.iam.get_role(RoleName=session["role"])["Role"]["Arn"])
    region = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": [lab.region], "ContextKeyType": "string"}
    passed = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["ec2.amazonaws.com"],
        "ContextKeyType": "string",
    }
    denied: list[str] = []
    for batch in batched(actions("deploy"), AT_ONCE):
        answer = list_all(
            clients.iam,
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=principal,
            ActionNames=batch,
            ContextEntries=[region, passed],
        )
        denied += [
            each["EvalActionName"]
            for each in answer
            if each["EvalDecision"] != "allowed" and not each.get("MissingContextValues")
        ]
    if denied:
        more = f" and {len(denied) - _SHOWN} more" if len(denied) > _SHOWN else ""
        yield DeploymentProblem(
            what=f"{principal} may not do what the deployment does: {', '.join(sorted(denied)[:_SHOWN])}{more}",
            remedy="add them to its policies, as docs/iam-policy.json has them; the same command then goes on",
        )
