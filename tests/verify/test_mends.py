"""The lines of a fix are lines that IOS takes, and commands that the AWS command line has."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.session import get_session
from cli import printed_commands
from twin.iosxe.typist import Typist
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

MANY = 20

SEQUENCE = re.compile(r"^\d+ (?=permit)")


@cache
def diagnosed() -> tuple[tuple[Case, Diagnosis], ...]:
    """Every case, with each of its diagnoses that is explained."""
    return tuple(
        (case, found)
        for case in CASES
        for found in run_checks(case.change(SNAPSHOT)).diagnoses
        if not is_unexplained(found)
    )


def test_a_router_takes_the_lines_and_shows_them() -> None:
    of_routers = [each for each in diagnosed() if each[1].fix_where.endswith(", configuration mode")]
    assert len(of_routers) >= MANY
    for case, found in of_routers:
        name = found.fix_where.partition(",")[0]
        typist = Typist(case.change(SNAPSHOT).routers[name].running.splitlines())
        assert typist.refused == [], case.name
        lines = found.fix.splitlines()
        typist.type("exit", *lines)
        assert typist.refused == [], (case.name, lines)
        shown = [SEQUENCE.sub("", line.strip()) for line in typist.text.splitlines()]
        for line in map(str.strip, lines):
            if line.startswith("no "):
                assert line.removeprefix("no ") not in shown, case.name
            elif line not in NOT_PRINTED:
                assert line in shown, (case.name, typist.text)


@cache
def operations() -> dict[str, Any]:
    model = get_session().get_service_model("ec2")
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


RUN = "./scripts/lab run -- "
"""In the target's environment, whatever shell it is typed in."""


def test_the_aws_command_line_has_the_commands_and_their_options() -> None:
    lines = {
        line.removeprefix(RUN)
        for _, found in diagnosed()
        for line in found.fix.splitlines()
        if line.startswith(f"{RUN}aws ")
    }
    assert len(lines) >= MANY
    for line in sorted(lines):
        words = shlex.split(line)
        assert words[:2] == ["aws", "ec2"]
        operation = operations()[words[2]]
        members = {xform_name(name, "-") for name in operation.input_shape.members}
        options = [word.removeprefix("--") for word in words if word.startswith("--")]
        assert set(options) <= members | CLI_ONLY, line
        required = {xform_name(name, "-") for name in operation.input_shape.required_members}
        assert required <= set(options), line


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
    verbs = {printed_commands.path(line) for line in lines}
    assert verbs == {"cdk", "configure", "follow", "run"}, lines
    for line in lines:
        printed_commands.assert_about(line, command)
