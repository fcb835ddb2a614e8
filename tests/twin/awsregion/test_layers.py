"""Who may know whom inside the region: the host can be changed without touching EC2's rules."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from source_trees import nodes

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

REGION = PROJECT / "scripts" / "awsregion"
SELF = "awsregion"


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, those it names to importlib included."""
    names = {node.module for node in nodes(path) if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names}
    calls = [
        node for node in nodes(path) if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module")
    ]
    named = (call.args[0] for call in calls)
    return names | {str(each.value) for each in named if isinstance(each, ast.Constant)}


def test_two_modules_know_the_host() -> None:
    knowing = {
        str(path.relative_to(REGION))
        for path in REGION.rglob("*.py")
        if any(name.split(".")[0] == "ministack" for name in imported(path))
    }
    assert knowing == {"ministack_host.py", "ministack_updates.py"}


def test_ec2_knows_neither_cloudformation_nor_wire_nor_server() -> None:
    known = (f"{SELF}.ec2", f"{SELF}.live", f"{SELF}.slowness")
    for path in (REGION / "ec2").glob("*.py"):
        own = {name for name in imported(path) if name.startswith(SELF)}
        assert {name for name in own if not name.startswith(known)} == set(), path.name
        assert {"boto3", "botocore", "hypercorn"}.isdisjoint(imported(path)), path.name


def test_cloudformation_knows_ec2_by_what_it_calls() -> None:
    # CloudFormation takes away the rule that a group is made with, and knows it by the name of its field.
    allowed = {f"{SELF}.ec2.errors", f"{SELF}.ec2.parameters", f"{SELF}.ec2.security_groups"}
    for path in (REGION / "cfn").glob("*.py"):
        own = {name for name in imported(path) if name.startswith(SELF) and not name.startswith(f"{SELF}.cfn")}
        assert own <= allowed, path.name
