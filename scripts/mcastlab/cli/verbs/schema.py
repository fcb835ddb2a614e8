"""``schema``: the JSON schema of lab files, or of verifications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import Verb, switch
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class SchemaVerb(Verb):
    """Print the JSON schema of lab files."""

    rank: ClassVar = 40

    report: bool = switch("--report", help="Print the schema of verify --json")

    def __call__(self, _context: Context) -> int:
        from mcastlab.lab.schema import lab_schema
        from mcastlab.report.json_form import report_schema

        print(json.dumps(report_schema() if self.report else lab_schema(), indent=2))
        return ExitCode.OK
