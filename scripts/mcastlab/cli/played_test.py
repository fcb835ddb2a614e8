"""A test of devices, played in a lab that is up, for the verbs that do so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from mcastlab.cli.context import Context
    from mcastlab.cli.delivery import CasesVerb
    from mcastlab.lab.device_tests import DeviceTest
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.results import DeviceTestReport
    from mcastlab.scenario.script import Script


def delivered(options: CasesVerb, report: DeviceTestReport, started: datetime) -> int:
    """Write and print what came of a test, and return the exit code."""
    from mcastlab.cli.connections import caveats  # noqa: PLC0415  (help needs none of it)
    from mcastlab.cli.delivery import print_tables, write  # noqa: PLC0415
    from mcastlab.report.device_test import scenario_junit, scenario_tables  # noqa: PLC0415

    if options.junit is not None:
        write(options.junit, scenario_junit(report, started))
    if options.json:
        print(report.model_dump_json(indent=2))
    else:
        print_tables(scenario_tables(report), caveats())
    return ExitCode.OK if report.holds else ExitCode.CHECK_FAILED


def played_test(context: Context, lab: Lab, test: DeviceTest, script: Script) -> DeviceTestReport:
    """Return what came of a test; a follower runs beside it where groups need one that nobody else is.

    Args:
        context: where it is played.
        lab: the part of the context's lab that takes part.
        test: the test.
        script: what each device does in it.

    Raises:
        BadInputError: the test impairs a site's way to the internet, and nothing here can.
        LabError: a host cannot be reached, or an appliance sent nothing in time.
    """
    from mcastlab.cli.following import choice_for, traced_meanwhile  # noqa: PLC0415  (help needs none of it)
    from mcastlab.scenario.play import play, with_followed  # noqa: PLC0415

    with context.stages.shown(), context.stages.stage(f"Test {test.name}") as note:
        connections = context.connections
        shells, choice = connections.shells(connections.facts()), choice_for(lab, script.followed)
        impair = None if context.target is None else context.target.impair
        sessions, tell = connections.site_sessions(note), context.stages.tell
        with traced_meanwhile(context, choice, note) as followed:
            report = play(test, script, lab, shells, progress=note, sessions=sessions, tell=tell, impair=impair)
        report = with_followed(report, test, followed.trace)
        note("all as expected" if report.holds else "not all as expected")
    return report
