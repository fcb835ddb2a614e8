"""Nothing stands in the simulators that nothing calls and no user is promised."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from botocore import xform_name
from source_trees import nodes, parsed

from awsregion.ec2.actions import ACTIONS
from iosxe.config.modes import MODE_NAMES, mode
from iosxe.config.node import Row
from iosxe.grammar.arguments import _KINDS
from iosxe.shell.commands import COMMANDS
from mcastlab.aws.resource_kinds import KINDS
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SCRIPTS = PROJECT / "scripts"
SIMULATORS = (SCRIPTS / "awsregion", SCRIPTS / "iosxe")
CALLERS = (SCRIPTS / "mcastlab", SCRIPTS / "mcastlab_twin", PROJECT / "stacks", PROJECT / "tests" / "e2e")
"""Who calls EC2 for a user: adapters, fixes that are printed, the breaks and repairs of the end-to-end tests."""

PROMISED = {
    "DescribeAvailabilityZones": "the CDK command line asks for it where a stack leaves its zones open",
    "DescribeInstanceAttribute": "shows user data and protection, which templates set",
    "DescribeTransitGatewayVpcAttachments": "shows an attachment's options, which templates set",
    "DescribeVpcAttribute": "shows DNS switches, which templates set",
    "CreateTransitGatewayRouteTable": "a table of one's own, to whose association a printed fix refers",
    "DeleteTransitGatewayRouteTable": "takes such a table away",
    "DisassociateTransitGatewayRouteTable": "what the printed fix associate-transit-gateway-route-table repairs",
    "GetTransitGatewayRouteTableAssociations": "shows that association",
}
"""Actions that no code of the project calls, each with what a user has of it."""

FROM_OUTSIDE = {
    # asyncssh calls these of its server.
    *("begin_auth", "connection_lost", "connection_made", "password_auth_supported", "public_key_auth_supported"),
    *("validate_password", "validate_public_key"),
    *("kbdint_auth_supported", "get_kbdint_challenge", "validate_kbdint_response"),
    # What whoever drives a router in a test sets and sees; the transaction's tests do.
    *("ManualClock", "advance", "confirm_lost", "confirm_unanswered", "fill_disk", "running_config", "startup_config"),
    *("OVERWRITE", "USERNAME", "LEFT", "run_clock"),
    # The list of what a router knows, COMMANDS.md, is written from it.
    "catalogue",
    # Python finds it by its name.
    "main",
}
"""Names of the simulators that others than this project's production code use."""


def sources(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def names(paths: Iterable[Path]) -> Iterator[str]:
    """Yield every name that is used in some files."""
    for path in paths:
        for node in nodes(path):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                    yield name


def words(paths: Iterable[Path]) -> Iterator[str]:
    """Yield every name that is used, and every word of a text."""
    yield from names(paths)
    for path in paths:
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"[\w-]+", node.value)


def begun(path: Path) -> Iterator[str]:
    """Yield what texts with a value in them begin with, as ``RevokeSecurityGroup`` of ``f"Revoke...{side}"``."""
    for node in nodes(path):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield str(node.values[0].value)


def test_every_action_of_ec2_has_a_caller_or_a_promise() -> None:
    used = set(words(sources(*CALLERS))) | {kind.operation for kind in KINDS}
    by_hand = {name for name in ACTIONS if {xform_name(name), xform_name(name, "-")} & used}
    rows = sources(SCRIPTS / "awsregion" / "cfn")
    named, beginnings = set(words(rows)), [text for path in rows for text in begun(path) if len(text) > len("Create")]
    by_templates = {name for name in ACTIONS if name in named or any(name.startswith(text) for text in beginnings)}
    assert set(ACTIONS) - by_hand - by_templates == set(PROMISED)
    assert all(len(reason) > 20 for reason in PROMISED.values())


def test_every_function_class_and_constant_of_the_simulators_is_used() -> None:
    # An action of EC2 is found by its name.
    used = set(names(sources(SCRIPTS, PROJECT / "stacks"))) | FROM_OUTSIDE | {xform_name(name) for name in ACTIONS}
    defined = set()
    for path in sources(*SIMULATORS):
        where = str(path.relative_to(SCRIPTS))
        for node in nodes(path):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                defined.add((where, node.name))
        for node in parsed(path).body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined.add((where, node.target.id))
    assert sorted(one for one in defined if one[1] not in used and not one[1].startswith("__")) == []


def test_every_mode_of_the_router_is_entered_and_every_kind_of_argument_read() -> None:
    rows = [row for name in MODE_NAMES for row in mode(name).rows if isinstance(row, Row)]
    entered = {row.enters for row in rows if row.enters}
    # The first is where one begins; key data come after a line of their own.
    assert set(MODE_NAMES) - entered == {"config"}
    patterns = " ".join([row.pattern for row in rows] + [command.pattern for command in COMMANDS])
    assert set(_KINDS) - set(re.findall(r"<\w+!?:([\w-]+)>", patterns)) <= {"Null"}
