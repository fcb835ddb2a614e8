"""``schema``: the JSON schema of lab documents, or of verifications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcastlab.errors import ExitCode
from mcastlab.lab.schema import lab_schema
from mcastlab.report.json_form import report_schema

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Print a schema."""
    print(json.dumps(report_schema() if arguments.report else lab_schema(), indent=2))
    return ExitCode.OK
