"""The steps that verbs share: configure the routers, prove the traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.cli.compose import router_sessions, shells_of
from mcastlab.push.ready import await_conditions, conditions
from mcastlab.push.send import send
from mcastlab.render.routers import aws_router_name, far_router_name, render_all
from mcastlab.traffic.flows import Outcome, trials
from mcastlab.traffic.run import Stream, run_trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.cli.stages import Stages
    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab


def configure(lab: Lab, facts: Facts, stages: Stages) -> None:
    """Push every router's configuration, then wait until the routers work together."""
    with (
        stages.stage("Push the configuration over SSH") as note,
        router_sessions(lab, facts, progress=note) as sessions,
    ):
        counts: list[str] = []
        for rendered in render_all(lab, facts):
            sent = send(sessions[rendered.router], rendered, progress=_line_counter(rendered.router, note))
            counts.append(f"{sent.router}: {sent.lines} lines")
        note(", ".join(counts))
    with stages.stage("VPN, BGP, GRE and PIM come up") as note, router_sessions(lab, facts, progress=note) as sessions:
        wanted = conditions(
            lab,
            facts,
            aws_router=aws_router_name(lab),
            far_routers={site.name: far_router_name(lab, site) for site in lab.sites},
        )
        await_conditions(sessions, wanted, progress=note)
        note("; ".join(condition.what for condition in wanted))


def _line_counter(router: str, note: Callable[[str], None]) -> Callable[[int, int], None]:
    def count(done: int, of: int) -> None:
        note(f"{router}: line {done} of {of}")

    return count


def prove(lab: Lab, facts: Facts, stages: Stages, stream: Stream) -> tuple[Outcome, ...]:
    """Carry out every trial of a lab and return what they found."""
    shells = shells_of(lab, facts)
    outcomes: list[Outcome] = []
    for trial in trials(lab):
        with stages.stage(f"Datagrams {trial.direction} ({trial.group.address})") as note:
            outcome = run_trial(trial, shells, stream, progress=note)
            note("all arrived" if outcome.holds else "not all as it should be")
        outcomes.append(outcome)
    return tuple(outcomes)
