"""The lines that mend are lines that IOS takes, and commands that the AWS command line has."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from cli import told
from twin.router.typist import Typist
from verify.broken import SNAPSHOT
from verify.cases import CASES

from mcastlab.command_line import LabCommand, program
from mcastlab.verify.checks import run_checks
from mcastlab.verify.checks.diagnosis import is_unexplained

if TYPE_CHECKING:
    from verify.broken import Case

    from mcastlab.verify.findings import Diagnosis

CLI_ONLY = {"no-source-dest-check"}
"""Options that the AWS command line adds to the API's. Source: AWS CLI reference, ec2 modify-instance-attribute."""


NOT_PRINTED = {"ip igmp version 2"}
"""IOS does not print what is the default."""

SEQUENCE = re.compile(r"^\d+ (?=permit)")


def causes(case: Case) -> list[Diagnosis]:
    snapshot = case.change(SNAPSHOT)
    return [cause for cause in run_checks(snapshot).diagnoses if not is_unexplained(cause)]


def of_router(case: Case) -> list[Diagnosis]:
    return [cause for cause in causes(case) if cause.fix_where.endswith(", configuration mode")]


@pytest.mark.parametrize("case", [case for case in CASES if of_router(case)], ids=lambda case: case.name)
def test_a_router_takes_the_lines_and_shows_them(case: Case) -> None:
    broken = case.change(SNAPSHOT)
    for cause in of_router(case):
        name = cause.fix_where.partition(",")[0]
        typist = Typist(broken.routers[name].running.splitlines())
        assert typist.refused == []
        lines = cause.fix.splitlines()
        typist.type("exit", *lines)
        assert typist.refused == [], lines
        shown = [SEQUENCE.sub("", line.strip()) for line in typist.text.splitlines()]
        for line in map(str.strip, lines):
            if line.startswith("no "):
                assert line.removeprefix("no ") not in shown
            elif line not in NOT_PRINTED:
                assert line in shown, typist.text


@cache
def operations() -> dict[str, Any]:
    model = get_session().get_service_model("ec2")
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


RUN = "./scripts/lab run -- "
"""In the target's environment, whatever shell it is typed in."""


def aws_lines() -> dict[str, str]:
    return {
        line.removeprefix(RUN): case.name
        for case in CASES
        for cause in causes(case)
        for line in cause.fix.splitlines()
        if line.startswith(f"{RUN}aws ")
    }


@pytest.mark.parametrize(("line", "_of"), aws_lines().items(), ids=aws_lines().values())
def test_the_aws_command_line_has_the_command_and_its_options(line: str, _of: str) -> None:
    words = shlex.split(line)
    assert words[:2] == ["aws", "ec2"]
    operation = operations()[words[2]]
    members = {xform_name(name, "-") for name in operation.input_shape.members}
    options = [word.removeprefix("--") for word in words if word.startswith("--")]
    assert set(options) <= members | CLI_ONLY
    required = {xform_name(name, "-") for name in operation.input_shape.required_members}
    assert required <= set(options)


def test_every_shell_line_is_a_command_of_ours_for_the_lab_and_target_at_hand() -> None:
    command = LabCommand(lab_file=Path("my labs/one.yaml"), name="run-7", target="twin")
    lines = {
        line
        for case in CASES
        for snapshot in (replace(case.change(SNAPSHOT), command=command),)
        for cause in run_checks(snapshot).diagnoses
        if cause.fix_where == "shell" and not is_unexplained(cause)
        for line in cause.fix.splitlines()
        if line.startswith((program(), "aws ", "cdk ", "ssh "))
    }
    verbs = {told.path(line) for line in lines}
    assert verbs == {"cdk", "configure", "run"}, lines
    for line in lines:
        told.assert_about(line, command)
