"""``check``: say what a lab is, and whether its design is sound."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import LabVerb, json_switch, positional, switch
from mcastlab.cli.delivery import annotate, on_github
from mcastlab.text import count
from mcastlab_base.errors import BadInputError, ExitCode, LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.context import Context
    from mcastlab.lab.checks import DesignFinding
    from mcastlab.lab.document import LineOf
    from mcastlab.lab.model import Lab


SCHEMA_VERSION: Final = 2
"""Rises with the form of `check --json`. 2: checks are in snake_case, findings have their line."""


class CheckVerb(LabVerb):
    """Check lab files and show the labs' design and cost."""

    examples: ClassVar = ("check", "check --lab demo --json", "check --reach")
    rank: ClassVar = 30

    files: tuple[Path, ...] = positional(
        default=(), nargs="*", type=Path, metavar="FILE", help="Lab files to check, in place of --lab"
    )
    reach: bool = switch("--reach", help="Log in to each remote router and read it; send nothing")
    json: bool = json_switch()

    def __call__(self, context: Context) -> int:
        from mcastlab.lab_files import read_lab

        if self.reach and (self.files or self.json):
            raise BadInputError("--reach is about the lab of --lab, and prints no JSON", hint="name the lab by --lab")
        if not self.files:
            code = self._check(context.lab, context.command.lab_file)
            return code if not self.reach or code is not ExitCode.OK else _reach(context)
        if self.json and len(self.files) > 1:
            raise BadInputError("--json is about one lab", hint="name one file")
        code, errors = ExitCode.OK, []
        for file in self.files:
            if len(self.files) > 1:
                print(f"{file}:")
            try:
                code = max(code, self._check(read_lab(file, self.name), file))
            except LabError as error:
                errors.append(error)
        if errors:
            raise errors[0] if len(errors) == 1 else ExceptionGroup("lab files", errors)
        return code

    def _check(self, lab: Lab, file: Path) -> ExitCode:
        from mcastlab.lab.checks import Severity, abridged, check
        from mcastlab.lab.document import at_line
        from mcastlab.lab.summary import summary, values
        from mcastlab.lab_files import lines_in, shown_path

        findings, line_of = check(lab), lines_in(file)
        _refuse_broken_files(lab, shown_path(file), line_of)
        if on_github():
            from mcastlab.report.github import design_annotations

            annotate(design_annotations(findings, os.path.relpath(file), line_of))
        if lab.tests:
            from mcastlab.scenario.reading import lab_tests

            lab_tests(lab, shown_path(file), line_of)
        sound = all(finding.severity is not Severity.ERROR for finding in findings)
        if self.json:
            found = {"sound": sound, "findings": [{**asdict(each), "line": line_of(each.path)} for each in findings]}
            print(json.dumps({"schema_version": SCHEMA_VERSION, **found, **values(lab)}, indent=2))
        else:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            for line in summary(lab, width):
                print(line)
            shown, more = abridged(findings)
            for finding in shown:
                print()
                at = at_line(shown_path(file), line_of(finding.path))
                for line in (f"{finding.severity}: {at}: {finding.path}: {finding.text}", f"  {finding.hint}"):
                    print(line if width is None else fill(line, width, subsequent_indent="  "))
                if finding.severity is not Severity.NOTE:
                    print(f"  [{finding.check}] {finding.source}")
            for line in more:
                print(f"\n{line}")
            print(f"\n{_verdict(findings, sound=sound)}")
        return ExitCode.OK if sound else ExitCode.BAD_INPUT


def _refuse_broken_files(lab: Lab, where: str, line_of: LineOf) -> None:
    """Refuse templates and scripts that cannot be used; what reads them is loaded where there are some alone."""
    if lab.templates:
        # The engine would cost every other check a tenth of a second.
        from mcastlab.render.stand_in import refuse_broken_templates

        refuse_broken_templates(lab)
    if any(hosts.setup is not None for hosts in lab.hosts):
        from mcastlab.host_setup import refuse_broken_setups

        refuse_broken_setups(lab, where, line_of)


def _reach(context: Context) -> ExitCode:
    """Print of each remote router whether it takes a login and shows what a change reads."""
    from mcastlab.routers.reach import reach

    def show(text: str) -> None:
        print(f"  {text}")

    print("\nRemote routers:")
    code = ExitCode.OK
    for router in reach(context.lab.name, context.connections.remote_routers(show, asks=True)):
        if router.error is None:
            print(f"  {router.name}: {router.ssh} takes the login and shows its configuration")
            continue
        code = ExitCode.REFUSED
        print(f"  {router.error.text}\n    {router.error.hint}")
    return code


def _verdict(findings: Sequence[DesignFinding], *, sound: bool) -> str:
    from mcastlab.lab.checks import Severity

    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    counted = [count(number, severity) for severity, number in counts.items() if number]
    verdict = "sound" if sound else "not sound"
    return f"The lab is {verdict}: {', '.join(counted)}." if counted else f"The lab is {verdict}."
