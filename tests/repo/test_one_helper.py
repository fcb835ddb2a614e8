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
READS_A_CLOCK: Final = frozenset({"monotonic", "perf_counter", "time", "now", "clock"})

WAITS: Final = {
    f"{BASE}/waiting.py": "the helper",
    f"{BASE}/async_waiting.py": "the helper, in an event loop",
    "scripts/awsregion/core.py": "the region's clock can be moved; what waits is woken",
    "scripts/iosxe/shell/wire.py": "no deadline: what is due is sent",
    "scripts/mcastlab/routers/ssh/dialogue.py": "waits in the channel; whatever comes in renews the time",
    "scripts/mcastlab/scenario/live.py": "no deadline: says what happens until the test is over",
    "scripts/mcastlab/traffic/probe.py": "one file that is sent to a host",
    "scripts/mcastlab/verify/observe/host_inspector.py": "one file that is sent to a host",
    "scripts/mcastlab_twin/routers/line_protocol.py": "no deadline: judges for as long as the tunnels are there",
    "scripts/mcastlab_twin/sandbox/launcher.py": "waits for the line in select()",
    "scripts/mcastlab_twin/services/appliance.py": "no deadline: notes when something was heard",
    "scripts/mcastlab_twin/services/netem_fallback.py": "no deadline: sends each packet when its delay is over",
    "scripts/mcastlab_twin/supervisor.py": "no deadline: reports no oftener than a report takes",
}
"""Files with a loop that reads a clock, and why."""
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


def loops_that_read_a_clock(path: Path) -> bool:
    loops = (node for node in nodes(path) if isinstance(node, ast.While))
    return any(name_of(call) in READS_A_CLOCK and not call.args for loop in loops for call in called(loop))


def calls(path: Path, name: str, arguments: int) -> bool:
    found = (node for node in nodes(path) if isinstance(node, ast.Call))
    return any(name_of(each) == name and len(each.args) == arguments and not each.keywords for each in found)


def named(paths: Iterator[Path]) -> set[str]:
    return {str(path.relative_to(PROJECT)) for path in paths}


def test_a_loop_with_a_deadline_is_the_helper_s() -> None:
    assert named(path for path in sources() if loops_that_read_a_clock(path)) == set(WAITS)


def test_a_lock_is_taken_by_the_helper() -> None:
    assert named(path for path in sources() if calls(path, "flock", 2)) == set(LOCKS)


def test_a_file_takes_the_place_of_another_by_the_helper() -> None:
    # ``Path.replace`` has one argument, ``str.replace`` two, and dataclasses' has fields by name.
    assert named(path for path in sources() if calls(path, "replace", 1)) == set(REPLACES)
