"""Read a test file: from its text to a `DeviceTest` that its lab can carry out, every mistake by its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from mcastlab.lab.reading import read_yaml
from mcastlab.lab.types import PATTERNS_IN_WORDS, shown
from mcastlab.scenario.model import STEPS, DeviceTest
from mcastlab.scenario.planner import StepError, script_of
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.scenario.script import Script

HINT: Final = "correct each line and run again; ./scripts/lab schema --tests has all fields"
_STEPS: Final = "steps"


def read_test(path: Path, lab: Lab) -> tuple[DeviceTest, Script]:
    """Return the test that a file holds, and what each device of a lab does in it.

    Raises:
        BadInputError: the file cannot be read, holds no test, or the lab cannot carry it out; a line for each mistake.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInputError(f"{path} cannot be read: {reason}", hint="name a test file in YAML") from None
    return parse_test(text, str(path), lab)


def parse_test(text: str, where: str, lab: Lab) -> tuple[DeviceTest, Script]:
    """Return the test that a text holds, and what each device of a lab does in it.

    Raises:
        BadInputError: it is no test, or the lab cannot carry it out; a line for each mistake.
    """
    document = read_yaml(text, where)
    if not isinstance(document, dict):
        raise BadInputError(f"{where} holds no test: a mapping is expected, not {shown(document)}", hint=HINT)
    lines = Lines(text)
    try:
        test = DeviceTest.model_validate(document)
    except ValidationError as error:
        found = [_problem(where, lines, each) for each in error.errors(include_url=False)]
        raise BadInputError("\n".join(dict.fromkeys(found)), hint=HINT) from None
    places = [("expect", place, "step") for place, each in enumerate(test.expect) if (each.step or 0) > len(test.steps)]
    if places:
        there = f"there is no such step; the last is {len(test.steps)}"
        found = [f"{where}: line {lines.of(place)}: {_path(place)}: {there}" for place in places]
        raise BadInputError("\n".join(found), hint=HINT)
    try:
        return test, script_of(test, lab)
    except StepError as error:
        place = (_STEPS, error.step, test.steps[error.step].verb, error.field)
        raise BadInputError(f"{where}: line {lines.of(place)}: {_path(place)}: {error}", hint=HINT) from None


class Lines:
    """The lines of a document's values."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=yaml.CSafeLoader)

    def of(self, place: Sequence[object]) -> int:
        """Return the line of a place, or of the nearest around it that is there."""
        node, line = self._root, 1
        for part in place:
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == part]
                if found:
                    node, line = found[0][1], found[0][0].start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
        return line


def _problem(where: str, lines: Lines, detail: Any) -> str:
    place = tuple(detail["loc"])
    text = _WORDS.get(detail["type"], str(detail["msg"])).removeprefix("Value error, ")
    if detail["type"] == "string_pattern_mismatch":
        pattern = str(detail["ctx"]["pattern"])
        text = (
            f"write {PATTERNS_IN_WORDS.get(pattern, 'a name of lower case letters, digits and hyphens, or phones-*')}"
        )
    if detail["type"] == "extra_forbidden" and len(place) == 3:  # noqa: PLR2004  (steps, its place, what it does)
        text = f"there is no such step; write one of {', '.join(STEPS)}"
    return f"{where}: line {lines.of(place)}: {_path(place)}: {text}"


def _path(place: Sequence[object]) -> str:
    """Return a place as people write it; steps are counted from 1."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "string_type": "is not text; put it in quotes if it is meant",
    "model_type": "write a mapping of fields",
    "tuple_type": "write a list, each item on a line that begins with a hyphen",
}
