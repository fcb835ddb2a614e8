"""``test``: what devices do step by step, by a file, and whether they heard what is expected."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, option, positional, switch
from mcastlab.cli.delivery import CasesVerb
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context
    from mcastlab.lab.device_tests import DeviceTest
    from mcastlab.scenario.script import Script


class TestVerb(TargetVerb, CasesVerb):
    """Play a test of devices and judge what they heard."""

    examples: ClassVar = ("test pages.yaml --check", "test pages.yaml --junit pages.xml", "test conference --check")
    __test__ = False
    rank: ClassVar = 112
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections", "mcastlab.cli.played_test")

    file: Path = positional(
        type=Path,
        metavar="TEST",
        help="Test file in YAML, or the name of a test in the lab file, or matrix, paging, conference or churn",
    )
    html: Path | None = option("--html", type=Path, metavar="FILE", help="Write an HTML page")
    sample: str | None = option(
        "--sample", metavar="TALKER:LISTENER", help="Whose sound the page holds (default: the worst pair's)"
    )
    check: bool = switch("--check", help="Only check the file against the lab")

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.delivery import refuse_unwritable, write
        from mcastlab.cli.played_test import delivered, played_test
        from mcastlab.report.device_test import scenario_page
        from mcastlab.scenario.planned_devices import device_count

        started = datetime.now(UTC)
        test, script = self._chosen(context)
        if self.check:
            seconds = script.periods[-1].end_ms / 1000
            print(f"{self.file}: {len(test.steps)} steps for {device_count(script)} devices, {seconds:.0f} s")
            return ExitCode.OK
        refuse_unwritable(self)
        context.enter()
        report = played_test(context, context.lab, test, script)
        if self.html is not None:
            talker, _, listener = (self.sample or "").partition(":")
            write(self.html, scenario_page(report, started, (talker, listener) if self.sample else None))
        return delivered(self, report, started)

    def _chosen(self, context: Context) -> tuple[DeviceTest, Script]:
        """Return the test that is asked for: a file, one in the lab file, or one that comes with the program.

        Raises:
            BadInputError: there is none, or the lab cannot carry it out.
        """
        from mcastlab.lab_files import lines_in
        from mcastlab.scenario.reading import SHIPPED, lab_tests, read_test, shipped_test

        name, lab = str(self.file), context.lab
        if self.file.exists() or name not in {*SHIPPED, *(test.get("name") for test in lab.tests)}:
            return read_test(self.file, lab)
        if name not in {test.get("name") for test in lab.tests}:
            return shipped_test(name, lab)
        file = context.command.lab_file
        return next(found for found in lab_tests(lab, str(file), lines_in(file)) if found[0].name == name)
