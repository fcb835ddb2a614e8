"""What the design checks count is what the stacks deploy."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from documents import LABS

from mcastlab.lab.design.flows import rules
from mcastlab.lab.design.quotas import quota_use
from mcastlab.lab_files import DEFAULT_LAB, read_lab

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.process

COUNTED = (DEFAULT_LAB, LABS / "three_zones.yaml", LABS / "ten_sites.yaml", LABS / "two_subnets.yaml")


@pytest.fixture(params=COUNTED, ids=lambda path: path.stem)
def counted(
    request: pytest.FixtureRequest, assembly: Path, assemblies: dict[str, Path]
) -> tuple[Path, list[dict[str, Any]]]:
    """A lab and all resources of its templates."""
    folder = assembly if request.param == DEFAULT_LAB else assemblies[request.param.stem]
    templates = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.template.json")]
    return request.param, [resource for template in templates for resource in template["Resources"].values()]


def test_rules_of_security_groups_are_counted_right(counted: tuple[Path, list[dict[str, Any]]]) -> None:
    path, resources = counted
    expected = {f"{interface} {direction}": count for (interface, direction), count in rules(read_lab(path)).items()}
    for name, description in (("router", "AWS router"), ("hosts", "Virtual-device hosts")):
        groups = [each for each in resources if each["Type"] == "AWS::EC2::SecurityGroup"]
        group = next(each for each in groups if each["Properties"]["GroupDescription"].startswith(description))
        # Rules between two groups are resources of their own.
        inward = len(group["Properties"].get("SecurityGroupIngress", ())) + (name == "router")
        outward = len(group["Properties"].get("SecurityGroupEgress", ())) + (name == "hosts")
        assert (inward, outward) == (expected[f"{name} in"], expected[f"{name} out"])


def test_routes_of_a_table_are_counted_right(counted: tuple[Path, list[dict[str, Any]]]) -> None:
    path, resources = counted
    routes = Counter(str(each["Properties"]["RouteTableId"]) for each in resources if each["Type"] == "AWS::EC2::Route")
    local = 2
    lab = read_lab(path)
    # Each stack names the table its own way, so that the sum over all tables is what can be compared.
    assert sum(routes.values()) + local * len(lab.vpc.subnets) == quota_use(lab).routes_a_table * len(lab.vpc.subnets)
