"""Read a test: from its text, or from its lab's file, to a `DeviceTest` that its lab can carry out."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from mcastlab.lab.device_tests import DeviceTest
from mcastlab.lab.document import at_line, lines_of, validated
from mcastlab.lab.reading import read_yaml
from mcastlab.lab.types import shown
from mcastlab.lab_files import text_of
from mcastlab.scenario.planner import script_of
from mcastlab.scenario.step_checks import refuse_impossible
from mcastlab.scenario.step_errors import ScriptError
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.document import LineOf
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.script import Script

SHIPPED: Final = ("matrix", "paging", "conference", "churn")
"""The tests that come with the program, for every lab."""
HINT: Final = "correct each line and run again; ./scripts/lab schema --tests has all fields"


def read_test(path: Path, lab: Lab) -> tuple[DeviceTest, Script]:
    """Return the test that a file holds, and what each device of a lab does in it.

    Raises:
        BadInputError: the file cannot be read, holds no test, or the lab cannot carry it out; a line for each mistake.
    """
    return parse_test(text_of(path, hint="name a test file in YAML"), str(path), lab)


def parse_test(text: str, where: str, lab: Lab) -> tuple[DeviceTest, Script]:
    """Return the test that a text holds, and what each device of a lab does in it.

    Raises:
        BadInputError: it is no test, or the lab cannot carry it out; a line for each mistake.
    """
    document = read_yaml(text, where)
    if not isinstance(document, dict):
        raise BadInputError(f"{where} holds no test: a mapping is expected, not {shown(document)}", hint=HINT)
    line_of = lines_of(text)
    test = validated(DeviceTest, document, where, line_of, hint=HINT)
    found = _planned(test, lab, where, line_of)
    if isinstance(found, list):
        raise BadInputError("\n".join(found), hint=HINT)
    return test, found


def shipped_test(name: str, lab: Lab, stream: str | None = None) -> tuple[DeviceTest, Script]:
    """Return a test that comes with the program, and what each device of a lab does in it.

    Args:
        name: its name.
        lab: the lab.
        stream: what is sent; without it, what the test says.

    Raises:
        BadInputError: the lab cannot carry it out.
    """
    text = resources.files("mcastlab.scenario").joinpath("shipped", f"{name}.yaml").read_text(encoding="utf-8")
    document: Any = read_yaml(text, name)
    if stream is not None:
        for step in document["steps"]:
            for action in step.values():
                action["stream"] = stream
    test = validated(DeviceTest, document, name, lines_of(text), hint=HINT)
    found = _planned(test, lab, f"the test {name}", lambda _: None)
    if isinstance(found, list):
        raise BadInputError("\n".join(found), hint="write a test of your own; docs/device-tests.md shows how")
    return test, found


def lab_tests(lab: Lab, where: str, line_of: LineOf) -> Iterator[tuple[DeviceTest, Script]]:
    """Return the tests that a lab's file holds, and what each device does in them.

    Args:
        lab: the lab.
        where: its file, in words.
        line_of: the line of a field in it, by its path.

    Raises:
        BadInputError: the lab cannot carry out one of them; a line for each mistake in all of them.
    """
    tests = [DeviceTest.model_validate(each) for each in lab.tests]
    found = [_planned(test, lab, where, line_of, f"tests[{test.name}].") for test in tests]
    lines = [line for each in found if isinstance(each, list) for line in each]
    if lines:
        raise BadInputError("\n".join(lines), hint=HINT)
    return ((test, each) for test, each in zip(tests, found, strict=True) if not isinstance(each, list))


def _planned(test: DeviceTest, lab: Lab, where: str, line_of: LineOf, prefix: str = "") -> Script | list[str]:
    """Return what happens in a test, or a line for each mistake."""
    try:
        script = script_of(test, lab)
        refuse_impossible(test, script, lab)
    except ScriptError as found:
        paths = [
            (f"{prefix}steps[{each.step + 1}].{test.steps[each.step].verb}.{each.field}", each) for each in found.errors
        ]
        return [f"{at_line(where, line_of(path))}: {path}: {each}" for path, each in paths]
    return script
