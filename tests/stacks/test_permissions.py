"""The list of actions that the toolkit needs, and the published policy, follow from its templates and its calls."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from permissions_source import BESIDE, SERVICES, UNUSED, WITHOUT_OPERATION, asked, needed, operations, schema

from mcastlab.aws.permissions import TABLE, actions, policy
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

POLICY = PROJECT / "docs" / "iam-policy.json"
LONGEST_POLICY = 6144
"""Characters of a managed policy, white space not counted. Source: IAM quotas."""


@pytest.fixture(scope="module")
def resources(assembly: Path, assemblies: dict[str, Path]) -> list[dict[str, Any]]:
    """Every resource of the templates of every lab."""
    folders = (assembly, *assemblies.values())
    return [
        resource
        for folder in folders
        for path in folder.glob("*.template.json")
        for resource in json.loads(path.read_text(encoding="utf-8"))["Resources"].values()
    ]


@pytest.fixture
def types(resources: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(each["Type"] for each in resources) - {"AWS::CDK::Metadata"}


def test_the_list_is_what_templates_and_calls_need(types: frozenset[str], request: pytest.FixtureRequest) -> None:
    now = json.dumps(needed(types), indent=1) + "\n"
    if request.config.getoption("--update-golden"):
        TABLE.write_text(now, encoding="utf-8")
        actions.cache_clear()
        POLICY.write_text(json.dumps(policy(), indent=2) + "\n", encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == now, "pytest --update-golden tests/stacks/test_permissions.py writes it"


def test_the_published_policy_is_of_that_list_and_fits_into_one() -> None:
    published = json.loads(POLICY.read_text(encoding="utf-8"))
    assert published == policy()
    allowed = {action for each in published["Statement"] for action in listed(each["Action"])}
    assert allowed == {*actions("deploy"), *actions("use")}
    assert len(json.dumps(published, separators=(",", ":"))) <= LONGEST_POLICY


def listed(action: str | list[str]) -> list[str]:
    return [action] if isinstance(action, str) else action


def test_every_action_is_one_that_aws_has() -> None:
    prefixes = {prefix: service for service, prefix in SERVICES.items()}
    unknown = [
        each
        for purpose in ("deploy", "use")
        for each in set(actions(purpose)) - WITHOUT_OPERATION
        if each.partition(":")[2] not in operations(prefixes[each.partition(":")[0]])
    ]
    assert unknown == []


def test_what_is_left_out_belongs_to_properties_that_no_template_has(
    resources: list[dict[str, Any]], types: frozenset[str]
) -> None:
    ours = {
        (each["Type"].rpartition("::")[2], name, *below)
        for each in resources
        for name, value in each.get("Properties", {}).items()
        for below in ((), *((key,) for key in keys(value)))
    }
    known = {each.rpartition("::")[2]: schema(each)["properties"] for each in types}
    permissions = {
        permission
        for each in types
        for handler in schema(each).get("handlers", {}).values()
        for permission in handler["permissions"]
    }
    for pattern, properties in UNUSED.items():
        assert any(re.fullmatch(pattern, each) for each in permissions), pattern
        for path in properties:
            kind, name, *below = path.split(".")
            assert name in known[kind], path
            assert (kind, name, *below) not in ours, path
    assert set(BESIDE) - {*actions("deploy"), *actions("use")} == set()


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield key
            yield from keys(below)
    elif isinstance(value, list):
        for below in value:
            yield from keys(below)


def test_the_actions_that_were_looked_for_are_found() -> None:
    assert {"ec2:DescribeVolumes", "ssm:SendCommand", "sts:GetCallerIdentity", "iam:GetRole"} <= asked()
