"""The caller's policies are simulated by IAM before a deployment: what they do not allow is reported, all at once."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mcastlab.aws.clients import Clients
from mcastlab.aws.permission_simulation import denied_permissions
from mcastlab.aws.permissions import actions, policy
from mcastlab.lab_files import DEFAULT_LAB, read_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.awsregion.conftest import Served

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def lab() -> Lab:
    return read_lab(DEFAULT_LAB)


@pytest.fixture
def role(served: Served) -> Iterator[tuple[str, dict[str, str]]]:
    """A role whose policy its test writes, and the credentials of a session of it."""
    # The region's own simulation knows neither paths of roles nor context entries.
    iam, name = served.client("iam"), "deployer"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    given = served.client("sts").assume_role(RoleArn=arn, RoleSessionName="ci")["Credentials"]
    yield (
        name,
        {
            "AWS_ENDPOINT_URL": served.url,
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        },
    )
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)


def allow(served: Served, role: str, *statements: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    served.client("iam").put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=document)


def test_what_the_callers_policies_do_not_allow_is_one_problem_that_names_it(
    served: Served, role: tuple[str, dict[str, str]], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, environment = role
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    clients = Clients(lab.region)
    published = [{each: value for each, value in one.items() if each != "Condition"} for one in policy()["Statement"]]
    allow(served, name, *published)
    assert list(denied_permissions(clients, lab)) == []
    denied = {"Effect": "Deny", "Action": "ec2:CreateTransitGateway", "Resource": "*"}
    allow(served, name, *published, denied)
    (problem,) = denied_permissions(clients, lab)
    assert problem.what.endswith("may not do what the deployment does: ec2:CreateTransitGateway")
    assert ":role/deployer" in problem.what
    allow(served, name, {"Effect": "Allow", "Action": "iam:*", "Resource": "*"})
    (problem,) = denied_permissions(clients, lab)
    assert re.search(r"cloudformation:\w+, .* and \d+ more$", problem.what)


def test_an_owner_without_policies_is_asked_nothing(served: Served, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in served.environment.items():
        monkeypatch.setenv(variable, value)
    clients = Clients(lab.region)
    assert str(clients.sts.get_caller_identity()["Arn"]).endswith(":root")
    assert list(denied_permissions(clients, lab)) == []


def test_a_sessions_role_is_asked_for_with_its_path_and_conditions_that_are_missing_are_no_finding() -> None:
    asked: list[dict[str, Any]] = []

    def simulated(**request: Any) -> list[dict[str, Any]]:
        asked.append(request)
        names = request["ActionNames"]
        return [
            {
                "EvaluationResults": [
                    {
                        "EvalActionName": name,
                        "EvalDecision": "implicitDeny",
                        "MissingContextValues": ["aws:RequestTag/x"],
                    }
                    for name in names
                ]
            }
        ]

    session = "arn:aws:sts::123456789012:assumed-role/deployer/ci"
    role = "arn:aws:iam::123456789012:role/teams/deployer"
    clients: Any = SimpleNamespace(
        sts=SimpleNamespace(get_caller_identity=lambda: {"Arn": session}),
        iam=SimpleNamespace(
            get_role=lambda RoleName: {"Role": {"Arn": role}},  # noqa: ARG005, N803  (the API's name)
            get_paginator=lambda _: SimpleNamespace(paginate=simulated),
        ),
    )
    assert list(denied_permissions(clients, read_lab(DEFAULT_LAB))) == []
    assert {each["PolicySourceArn"] for each in asked} == {role}
    assert sum(len(each["ActionNames"]) for each in asked) == len(actions("deploy"))
