"""What has one helper is done by it alone: waiting with a deadline, locks, files that are written in one step."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from source_trees import nodes

from mcastlab.places import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE: Final = "scripts/mcastlab_base"
READS_A_CLOCK: Final = frozenset({"monotonic", "monotonic_ns", "perf_counter", "time", "time_ns", "now", "clock"})

WAITS: Final = {
    f"{BASE}/waiting.py": "the helper",
    f"{BASE}/async_waiting.py": "the helper, in an event loop",
    "scripts/awsregion/core.py": "the region's clock can be moved; what waits is woken",
    "scripts/iosxe/shell/wire.py": "no deadline: what is due is sent",
    "scripts/mcastlab/cli/live_listening.py": "plays by the clock; its reader ends it",
    "scripts/mcastlab/routers/ssh/dialogue.py": "waits in the channel; whatever comes in renews the time",
    "scripts/mcastlab/traffic/probe/loop.py": "it runs on a host that has nothing of ours",
    "scripts/mcastlab/verify/observe/host_inspector.py": "one file that is sent to a host",
    "scripts/mcastlab_twin/sandbox/launcher.py": "waits for the line in select()",
}
"""Files with a loop that ends by a clock, and why."""
LOCKS: Final = {
    f"{BASE}/private_files.py": "the helper",
    "scripts/mcastlab_twin/services/charon.py": "a program's own file, which is read only",
}
REPLACES: Final = {
    f"{BASE}/private_files.py": "the helper",
    "scripts/mcastlab/aws/cdk_install.py": "a folder",
    "scripts/mcastlab_twin/sandbox/run_folder.py": "a folder",
}
"""Files that put a file in the place of another, and why."""


def sources() -> list[Path]:
    return sorted([*(PROJECT / "scripts").rglob("*.py"), *(PROJECT / "stacks").rglob("*.py")])


def called(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def reads_a_clock(node: ast.AST) -> bool:
    return any(name_of(call) in READS_A_CLOCK and not call.args for call in called(node))


def assigned(loop: ast.While) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the names that a loop sets, each with its value."""
    for node in ast.walk(loop):
        if isinstance(node, ast.NamedExpr):
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)


def leaving(loop: ast.While) -> Iterator[ast.expr]:
    """Yield what is asked before a loop goes on, or is left."""
    yield loop.test
    for node in ast.walk(loop):
        if isinstance(node, ast.If) and any(
            isinstance(each, ast.Raise | ast.Return | ast.Break | ast.Continue) for each in node.body
        ):
            yield node.test


def has_a_deadline(loop: ast.While) -> bool:
    """Tell whether a loop ends by a clock: by one that is compared, or by a time that is worked out from it."""
    times = {
        name.id
        for target, value in assigned(loop)
        if reads_a_clock(value)
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    compared = (each for test in leaving(loop) for each in ast.walk(test) if isinstance(each, ast.Compare))
    return any(
        reads_a_clock(each) or any(isinstance(name, ast.Name) and name.id in times for name in ast.walk(each))
        for each in compared
    )


def waits(path: Path) -> bool:
    return any(isinstance(node, ast.While) and has_a_deadline(node) for node in nodes(path))


def calls(path: Path, name: str, arguments: int) -> bool:
    found = (node for node in nodes(path) if isinstance(node, ast.Call))
    return any(name_of(each) == name and len(each.args) == arguments and not each.keywords for each in found)


def named(paths: Iterator[Path]) -> set[str]:
    return {str(path.relative_to(PROJECT)) for path in paths}


def test_a_loop_with_a_deadline_is_the_helper_s() -> None:
    assert named(path for path in sources() if waits(path)) == set(WAITS)


def test_a_lock_is_taken_by_the_helper() -> None:
    assert named(path for path in sources() if calls(path, "flock", 2)) == set(LOCKS)


def test_a_file_takes_the_place_of_another_by_the_helper() -> None:
    # ``Path.replace`` has one argument, ``str.replace`` two, and dataclasses' has fields by name.
    assert named(path for path in sources() if calls(path, "replace", 1)) == set(REPLACES)
