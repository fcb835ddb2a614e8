"""``check``: say what a lab is, and whether its design is sound."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from mcastlab.errors import ExitCode
from mcastlab.lab.checks import Finding, Severity, abridged, check
from mcastlab.lab.summary import summary, values
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def run(arguments: argparse.Namespace) -> int:
    """Print the lab and every finding; exit code 2 if one of them is an error, or a template is broken."""
    lab = read_lab(arguments.lab, arguments.name)
    findings = check(lab)
    if lab.templates:
        # The engine would cost every other check a tenth of a second.
        importlib.import_module("mcastlab.render.stand_in").refuse_broken_templates(lab)
    sound = all(finding.severity is not Severity.ERROR for finding in findings)
    if arguments.json:
        answer = {"sound": sound, "findings": [asdict(finding) for finding in findings], **values(lab)}
        print(json.dumps(answer, indent=2))
    else:
        for line in summary(lab):
            print(line)
        shown, more = abridged(findings)
        for finding in shown:
            _tell(finding)
        for line in more:
            print(f"\n{line}")
        print(f"\n{_verdict(findings)}")
    return ExitCode.OK if sound else ExitCode.BAD_INPUT


def _tell(finding: Finding) -> None:
    print(f"\n{finding.severity}: {finding.path}: {finding.text}")
    print(f"  {finding.hint}")
    if finding.severity is not Severity.NOTE:
        print(f"  [{finding.check}] {finding.source}")


def _verdict(findings: Sequence[Finding]) -> str:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    told = [f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items() if count]
    verdict = "not sound" if counts[Severity.ERROR] else "sound"
    return f"The lab is {verdict}: {', '.join(told)}." if told else f"The lab is {verdict}."
