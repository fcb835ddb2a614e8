"""The steps on a deployed lab that verbs share: configure its routers, wait until they work together, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.cli.applying import with_commands
from mcastlab.cli.connections import caveats
from mcastlab.cli.following import UNFOLLOWED, choose, end_registrations, traced_meanwhile
from mcastlab.cli.step_durations import Step
from mcastlab.lab.appliances import left_out
from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.report.words import headline
from mcastlab.routers.router import Pace
from mcastlab.routers.transaction import Transaction, compare
from mcastlab.text import count
from mcastlab.traffic.matrix import run_matrix
from mcastlab.verify import waiting
from mcastlab.verify.checks.check import CheckKey
from mcastlab.verify.engine import verify
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from mcastlab.cli.context import Context
    from mcastlab.facts import Facts
    from mcastlab.follow.trace import FollowTrace
    from mcastlab.ios.configuration import Tree
    from mcastlab.routers.push_report import PushReport, RouterReport
    from mcastlab.traffic.options import Options
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.report import VerificationReport

NAMED_ROUTERS: Final = 3
"""Of more of them, only numbers are shown."""


def configure(context: Context, facts: Facts) -> None:
    """Push every router's configuration, then wait until the routers work together.

    Raises:
        LabError: the routers did not take it; the text says where each one is.
    """
    report = push(context, facts)
    if report.exit_code is not ExitCode.OK:
        failed = next(each for each in report.routers if each.error)
        sides = "\n".join(f"{each.router}: {each.summary}" for each in report.routers)
        raise RefusedError(f"{failed.error}\n{sides}", hint=failed.hint)
    await_working(context, facts)


def wanted_of(context: Context, facts: Facts, *, remove: bool = False) -> dict[str, Tree]:
    """Return what is wanted of each router, by its name in reports; of one site, its router and the AWS router.

    Nothing is wanted of a router that we leave, and no template is needed for that.

    Raises:
        BadInputError: a template is broken.
    """
    lab, sites = context.lab, context.connections.sites
    if remove:
        return dict.fromkeys((aws_router_name(lab), *(remote_router_name(lab, site) for site in sites)), ())
    return {each.router: intended(each) for each in render_all(lab, facts)}


def push(context: Context, facts: Facts, *, remove: bool = False) -> PushReport:
    """Bring the routers to what the lab file says, or take exactly that out, all of them or none.

    Raises:
        LabError: nothing was sent, for a reason that the text names.
    """
    wanted = wanted_of(context, facts, remove=remove)
    title = "Take the configuration out over SSH" if remove else "Push the configuration over SSH"
    with context.stages.stage(title, Step.CLEAN if remove else Step.PUSH) as note:
        routers = context.connections.routers(facts, wanted, note)
        report = Transaction(lab=context.lab, records=context.records, progress=note).run(routers)
        if remove and report.exit_code is ExitCode.OK:
            end_registrations(context.lab, facts)
        note(_outcomes(report))
    return report


def difference(context: Context, facts: Facts, *, remove: bool = False) -> PushReport:
    """Return what `push` would send, and send nothing.

    Raises:
        LabError: a router cannot be read, or `push` would refuse.
    """
    wanted = wanted_of(context, facts, remove=remove)
    with context.stages.stage("Compare the running configuration") as note:
        routers = context.connections.routers(facts, wanted, note)
        report = compare(context.lab, routers, context.records, Pace())
        note(_outcomes(report))
    return report


def _outcomes(report: PushReport) -> str:
    """Return what became of each router, or of all of them where they are many."""
    if len(report.routers) > NAMED_ROUTERS and report.exit_code is ExitCode.OK:
        lines = sum(len(each.lines) for each in report.routers)
        changed = sum(bool(each.lines) for each in report.routers)
        return f"{len(report.routers)} routers: {lines} lines on {changed} of them"
    return ", ".join(_outcome(each) for each in report.routers)


def _outcome(report: RouterReport) -> str:
    return (
        f"{report.router}: {count(len(report.lines), 'line')}" if report.lines else f"{report.router}: {report.summary}"
    )


def await_working(context: Context, facts: Facts) -> None:
    """Wait until the routers work together.

    Raises:
        TimedOutError: they do not in time; the text names the first layer that does not.
    """
    with context.stages.stage("VPN, BGP, GRE and PIM come up", Step.PROTOCOLS) as note:
        connect = context.connections.sources(note).router
        found = waiting.await_working(
            context.lab, facts, lambda name: connect(name, facts), progress=note, site=context.only
        )
        findings = {each.key: len(each.findings) for each in found.results}
        sessions, neighbours = findings[CheckKey.BGP], findings[CheckKey.PIM_NEIGHBORS]
        note(f"{sessions} BGP sessions through the VPN, {neighbours} PIM neighbours on the GRE tunnels")


def verified(context: Context, options: Options | None, *, follows: bool = True) -> VerificationReport:
    """Verify the lab; no traffic is sent without options for it.

    Traffic goes to groups drawn from the lab's blocks too, while they are followed: with `follows`, by this process
    where nobody does.
    """
    connections = context.connections
    chosen = choose(context, follows=follows) if options is not None else UNFOLLOWED
    traced: list[FollowTrace | None] = []
    with context.stages.stage("Verify", Step.VERIFY) as note:

        def send(facts: Facts) -> TrafficReport:
            assert options is not None  # noqa: S101  (it is not called then)
            with traced_meanwhile(context, chosen, note) as followed:
                traffic = run_matrix(chosen.lab or context.lab, connections.shells(facts), options, progress=note)
            traced.append(followed.trace)
            return traffic

        report = verify(
            context.lab,
            connections.sources(note),
            progress=note,
            send=None if options is None else send,
            site=context.only,
            notes=(*caveats(), *left_out(context.lab), *chosen.notes),
            command=context.command,
        )
        report = report.model_copy(update={"followed": next(iter(traced), None)})
        note(headline(report))
    return with_commands(context, report)
