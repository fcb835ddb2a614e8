"""Every public name of the toolkit is used by something, and every public class name means one thing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from source_trees import nodes, parsed

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALLED_BY_OTHERS = {
    "availability_zones": "aws_cdk.Stack asks for it",
    "create_module": "importlib's",
    "dump_bytecode": "jinja2.BytecodeCache's",
    "get_source": "jinja2.BaseLoader's",
    "load_bytecode": "jinja2.BytecodeCache's",
    "invoke_shell": "paramiko.SSHClient's, which netmiko calls",
}
"""What a library calls by its name."""

CALLED_BY_TESTS = {
    "ManualWaitClock": "tests drive waits by it",
    "ipsec_sas": "captures of real routers hold its parser; no check asks for it yet",
    "predict_rpf": "the slow way, which tests hold failing_rpf to",
}

REGISTERING = {"design_check", "step"}
"""What takes a function into a table that is looped over."""


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (PROJECT / folder).rglob("*.py") if ".venv" not in path.parts)


def toolkit() -> list[Path]:
    """Return the toolkit's own modules, without the simulators."""
    return modules("scripts/mcastlab", "scripts/mcastlab_base", "stacks")


def public(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Return the public functions, classes, methods and constants that are defined, but for what is in a table."""
    for node in body:
        if isinstance(node, ast.FunctionDef) and registered(node):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id.isupper():
            yield node.target.id, node
        if isinstance(node, ast.ClassDef):
            yield from (each for each in public(node.body) if isinstance(each[1], ast.FunctionDef))


def is_verb(path: Path, name: str) -> bool:
    """Say whether a class is the one of its file, which the command line finds by the file's name."""
    return path.parent.name == "verbs" and name == f"{path.stem.capitalize()}Verb"


def registered(function: ast.FunctionDef) -> bool:
    calls = (each.func for each in function.decorator_list if isinstance(each, ast.Call))
    return any(isinstance(called, ast.Name) and called.id in REGISTERING for called in calls)


def used() -> set[str]:
    """Return what code and templates name, definitions and imports aside."""
    names: set[str] = set()
    for path in (*modules("scripts", "stacks"), PROJECT / "app.py"):
        for node in nodes(path):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
    for path in (*(PROJECT / "scripts" / "mcastlab").rglob("*.j2"), *(PROJECT / "router_templates").rglob("*.j2")):
        names |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return names


def test_nothing_public_is_there_that_nothing_calls() -> None:
    names = used() | set(CALLED_BY_OTHERS) | set(CALLED_BY_TESTS)
    unused = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in toolkit()
        for name, _ in public(parsed(path).body)
        if not name.startswith("_") and name not in names and not is_verb(path, name)
    ]
    assert unused == []


def test_what_is_excepted_is_there_and_unused_otherwise() -> None:
    defined = {name for path in toolkit() for name, _ in public(parsed(path).body)}
    assert {*CALLED_BY_OTHERS, *CALLED_BY_TESTS} <= defined
    assert not set(CALLED_BY_TESTS) & used()


def test_public_class_names_are_unique() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in modules("scripts", "stacks"):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(PROJECT)))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert shared == {}
