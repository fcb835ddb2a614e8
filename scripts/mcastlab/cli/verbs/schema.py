"""``schema``: the JSON schema of lab files, or of what a verb prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import Verb, positional, switch
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context

ANSWERING: Final = (
    "check",
    "compare",
    "configure",
    "demo",
    "down",
    "drift",
    "follow",
    "listen",
    "status",
    "test",
    "traffic",
    "up",
    "verify",
)
"""The verbs that have ``--json``."""


class SchemaVerb(Verb):
    """Print the JSON schema of lab files, of test files, or of what a verb prints."""

    examples: ClassVar = ("schema > lab.schema.json", "schema verify", "schema --tests")
    rank: ClassVar = 40

    verb: str | None = positional(
        default=None, nargs="?", metavar="VERB", help="Print the schema of this verb's --json"
    )
    report: bool = switch("--report", help="Print the schema of verify --json")
    tests: bool = switch("--tests", help="Print the schema of test files")

    def __call__(self, _context: Context) -> int:
        from mcastlab.lab.schema import described_schema, lab_schema

        if self.tests:
            from mcastlab.lab.device_tests import DeviceTest

            print(json.dumps(described_schema(DeviceTest, "Test file of mcastlab", "validation"), indent=2))
            return ExitCode.OK
        verb = "verify" if self.report else self.verb
        if self.report and self.verb not in {None, "verify"}:
            raise BadInputError("--report is about verify", hint="leave one of them out")
        if verb is not None and verb not in ANSWERING:
            raise BadInputError(f"{verb} has no --json", hint=f"one of {', '.join(ANSWERING)}")
        if verb is None:
            schema = lab_schema()
        else:
            from mcastlab.cli.answers import schema_of

            schema = schema_of(verb)
        print(json.dumps(schema, indent=2))
        return ExitCode.OK
