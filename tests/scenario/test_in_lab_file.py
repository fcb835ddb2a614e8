"""Tests in a lab file: every mistake by its line, in what the file says and in what the lab can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest

from mcastlab.cli.main import main
from mcastlab.lab.document import lines_of, parse_yaml
from mcastlab.lab.reading import read_yaml
from mcastlab.lab.schema import lab_schema
from mcastlab.scenario.reading import lab_tests
from mcastlab_base.errors import BadInputError, ExitCode

from .test_planner import LAB

if TYPE_CHECKING:
    from pathlib import Path

STEPS = """\
tests:
- name: morning
  steps:
  - page: {from: desk, to: paging, for: 1s}
  - wait: {for: 1s}
  expect: [{step: 1, loss: < 1 %}]
- name: evening
  steps: [{wait: {for: 1s}}]
"""
SUCH = "write one such as < 1 %"


def refused(text: str) -> list[str]:
    with pytest.raises(BadInputError) as error:
        lab_tests(parse_yaml(LAB + text, "lab.yaml"), "lab.yaml", lines_of(LAB + text))
    return error.value.text.splitlines()


def test_a_lab_file_holds_tests_and_its_schema_knows_them() -> None:
    lab = parse_yaml(LAB + STEPS, "lab.yaml")
    found = list(lab_tests(lab, "lab.yaml", lines_of(LAB + STEPS)))
    assert [(test.name, len(script.talks)) for test, script in found] == [("morning", 1), ("evening", 0)]
    validator = jsonschema.Draft202012Validator(lab_schema())
    document = read_yaml(LAB + STEPS, "lab.yaml")
    assert not list(validator.iter_errors(document))
    dancing = read_yaml(LAB + STEPS.replace("wait", "dance"), "lab.yaml")
    assert [error.message for error in validator.iter_errors(dancing)]


def test_every_mistake_has_its_line_and_what_to_write() -> None:
    begin = LAB.count("\n")
    wrong = STEPS.replace("for: 1s}\n  - wait", "four: 1s}\n  - wait").replace("loss: < 1 %", "loss: low")
    assert refused(wrong) == [
        f"lab.yaml:{begin + 4}: tests[morning].steps[1].page.four: there is no such field; did you mean for?",
        f"lab.yaml:{begin + 6}: tests[morning].expect[1].loss: 'low' is not a limit of this figure; {SUCH}",
    ]
    assert refused(STEPS.replace("evening", "morning")) == [
        f"lab.yaml:{begin + 2}: tests[morning].name: two tests are called morning; call one of them otherwise"
    ]


def test_what_the_lab_cannot_carry_out_is_refused_all_at_once() -> None:
    begin = LAB.count("\n")
    wrong = STEPS.replace("to: paging", "to: pagin").replace(
        "{wait: {for: 1s}}", "{vanish: {members: nobody, for: 1s}}"
    )
    assert [line.partition(" there are")[0].partition(" There")[0] for line in refused(wrong)] == [
        f"lab.yaml:{begin + 4}: tests[morning].steps[1].page.to: no group is called pagin; did you mean paging?",
        f"lab.yaml:{begin + 8}: tests[evening].steps[1].vanish.members: no device is called nobody;",
    ]


def test_check_refuses_and_test_plays_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(LAB + STEPS, encoding="utf-8")
    assert main(["check", str(file)]) == ExitCode.OK
    assert main(["test", "morning", "--check", "--lab", str(file)]) == ExitCode.OK
    assert "morning: 2 steps for 8 devices" in capsys.readouterr().out
    file.write_text(LAB + STEPS.replace("to: paging", "to: pagin"), encoding="utf-8")
    assert main(["check", str(file)]) == ExitCode.BAD_INPUT
    assert "lab.yaml:17: tests[morning].steps[1].page.to: no group is called pagin" in capsys.readouterr().err
