"""The steps that verbs share: configure the routers and wait until they work together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.cli.compose import routers_of, verify_sources
from mcastlab.errors import BadInputError, ExitCode, RefusedError
from mcastlab.lab.design.names import aws_router_name, far_router_name
from mcastlab.places import state_folder
from mcastlab.render.routers import intended, render_all
from mcastlab.report.words import count
from mcastlab.routers.device import Pace
from mcastlab.routers.records import Records
from mcastlab.routers.transaction import Transaction, compare
from mcastlab.verify import waiting
from mcastlab.verify.checks.check import CheckKey

if TYPE_CHECKING:
    from mcastlab.cli.stages import Stages
    from mcastlab.facts import Facts
    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab
    from mcastlab.routers.push_report import PushReport, RouterReport

NAMED_ROUTERS: Final = 3
"""Of more of them, only numbers are told."""


def configure(lab: Lab, facts: Facts, stages: Stages) -> None:
    """Push every router's configuration, then wait until the routers work together.

    Raises:
        LabError: the routers did not take it; the text says where each one is.
    """
    report = push(lab, facts, stages)
    if report.exit_code is not ExitCode.OK:
        failed = next(each for each in report.routers if each.error)
        sides = "\n".join(f"{each.router}: {each.told}" for each in report.routers)
        raise RefusedError(f"{failed.error}\n{sides}", hint=failed.hint)
    await_working(lab, facts, stages)


def wanted_of(lab: Lab, facts: Facts, *, site: str | None = None, remove: bool = False) -> dict[str, Tree]:
    """Return what is wanted of each router, by its name in reports; of a site, its router and the AWS router.

    Nothing is wanted of a router that we leave, and no template is needed for that.

    Raises:
        BadInputError: there is no such site, or a template is broken.
    """
    chosen = {each.name: far_router_name(lab, each) for each in lab.sites}
    if site is not None and site not in chosen:
        raise BadInputError(f"no site is called {site}; there are: {', '.join(chosen)}")
    names = (aws_router_name(lab), *(name for key, name in chosen.items() if site in {None, key}))
    if remove:
        return dict.fromkeys(names, ())
    return {each.router: intended(each) for each in render_all(lab, facts) if each.router in names}


def push(lab: Lab, facts: Facts, stages: Stages, *, site: str | None = None, remove: bool = False) -> PushReport:
    """Bring the routers to what the document says, or take exactly that out, all of them or none.

    Raises:
        LabError: nothing was sent, for a reason that the text names.
    """
    wanted = wanted_of(lab, facts, site=site, remove=remove)
    title = "Take the configuration out over SSH" if remove else "Push the configuration over SSH"
    with stages.stage(title) as note:
        routers = routers_of(lab, facts, wanted, progress=note)
        transaction = Transaction(lab=lab, records=Records(state_folder(), lab.name), progress=note)
        report = transaction.run(routers)
        note(_told_of_all(report))
    return report


def difference(lab: Lab, facts: Facts, stages: Stages, *, site: str | None = None, remove: bool = False) -> PushReport:
    """Return what `push` would send, and send nothing.

    Raises:
        LabError: a router cannot be read, or `push` would refuse.
    """
    wanted = wanted_of(lab, facts, site=site, remove=remove)
    with stages.stage("Compare the running configuration") as note:
        routers = routers_of(lab, facts, wanted, progress=note)
        report = compare(lab, routers, Records(state_folder(), lab.name), Pace())
        note(_told_of_all(report))
    return report


def _told_of_all(report: PushReport) -> str:
    """Return what became of each router, or of all of them where they are many."""
    if len(report.routers) > NAMED_ROUTERS and report.exit_code is ExitCode.OK:
        lines = sum(len(each.lines) for each in report.routers)
        changed = sum(bool(each.lines) for each in report.routers)
        return f"{len(report.routers)} routers: {lines} lines on {changed} of them"
    return ", ".join(_told(each) for each in report.routers)


def _told(report: RouterReport) -> str:
    return f"{report.router}: {count(len(report.lines), 'line')}" if report.lines else f"{report.router}: {report.told}"


def await_working(lab: Lab, facts: Facts, stages: Stages) -> None:
    """Wait until the routers work together.

    Raises:
        TimedOutError: they do not in time; the text names the first layer that does not.
    """
    with stages.stage("VPN, BGP, GRE and PIM come up") as note:
        connect = verify_sources(lab, note).router
        found = waiting.await_working(lab, facts, lambda name: connect(name, facts), progress=note)
        findings = {each.key: len(each.findings) for each in found.results}
        sessions, neighbours = findings[CheckKey.BGP], findings[CheckKey.PIM_NEIGHBORS]
        note(f"{sessions} BGP sessions through the VPN, {neighbours} PIM neighbours on the GRE tunnels")
