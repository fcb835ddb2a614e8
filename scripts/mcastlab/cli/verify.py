"""``verify``: the ladder from AWS up to the traffic, and why what fails does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import shells_of, verify_sources
from mcastlab.cli.stages import Stages
from mcastlab.errors import BadInputError, ExitCode
from mcastlab.lab_files import read_lab
from mcastlab.traffic.flows import Direction, Outcome, Reception, Trial, trials
from mcastlab.traffic.results import Delivery, Latency, Path, Silence, SilenceKind, TrafficReport
from mcastlab.traffic.run import Stream, run_trial
from mcastlab.verify.model import Verdict
from mcastlab.verify.run import verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab
    from mcastlab.verify.model import Report


def run(arguments: argparse.Namespace) -> int:
    """Verify a configured lab; exit code 1 if anything does not hold."""
    lab = read_lab(arguments.lab, arguments.name)
    if arguments.site is not None and arguments.site not in {site.name for site in lab.sites}:
        known = ", ".join(site.name for site in lab.sites)
        raise BadInputError(f"no site is called {arguments.site}; there are: {known}")
    stages = Stages(Console(stderr=True))
    with stages.shown(), stages.stage("Verify") as note:
        send = None if arguments.no_traffic else sender(lab, arguments.site, note)
        report = verify(lab, verify_sources(lab, note), progress=note, send=send, site=arguments.site)
        note(report.verdict.value)
    if arguments.json:
        print(json.dumps(report.model_dump(mode="json"), indent=2))
    else:
        show(report)
    return ExitCode.OK if report.verdict is Verdict.HOLDS else ExitCode.CHECK_FAILED


def sender(lab: Lab, site: str | None, note: Callable[[str], None]) -> Callable[[Facts], TrafficReport]:
    """Return what sends the lab's traffic, or a site's alone."""

    def send(facts: Facts) -> TrafficReport:
        shells = shells_of(lab, facts)
        chosen = [trial for trial in trials(lab) if site in {None, _site_of(lab, trial)}]
        outcomes = [run_trial(trial, shells, Stream(), progress=note) for trial in chosen]
        return TrafficReport(
            profile="matrix",
            stream="300 datagrams of 200 octets, one every 5 ms",
            deliveries=tuple(
                _delivery(lab, outcome, reception) for outcome in outcomes for reception in outcome.receptions
            ),
            silences=tuple(
                Silence(
                    group=outcome.trial.group.name,
                    address=str(outcome.trial.group.address),
                    host=host,
                    kind=SilenceKind.NEVER_JOINED,
                    heard=heard,
                )
                for outcome in outcomes
                for host, heard in outcome.heard_unjoined
            ),
        )

    return send


def _site_of(lab: Lab, trial: Trial) -> str | None:
    ends = {trial.sender, *trial.receivers}
    return next((site.name for site in lab.sites if ends & {device.name for device in site.devices}), None)


def _delivery(lab: Lab, outcome: Outcome, reception: Reception) -> Delivery:
    trial, latency = outcome.trial, None
    if reception.latency_min_us is not None and reception.latency_max_us is not None:
        median = reception.latency_median_us or 0
        latency = Latency(
            min_us=reception.latency_min_us,
            median_us=median,
            p95_us=reception.latency_max_us,
            max_us=reception.latency_max_us,
            clock_offset_us=0,
            clock_error_us=0,
        )
    return Delivery(
        group=trial.group.name,
        address=str(trial.group.address),
        port=trial.group.port,
        sender=trial.sender,
        receiver=reception.receiver,
        path=Path.TO_SITE if trial.direction is Direction.TO_SITE else Path.TO_AWS,
        site=_site_of(lab, trial),
        sent=outcome.sent,
        received=reception.received - reception.duplicates,
        duplicates=reception.duplicates,
        reordered=reception.reordered,
        latency=latency,
        jitter_us=None,
        established_after_s=outcome.established_after_s,
        join_delay_ms=None,
        leave_delay_ms=None,
    )


def show(report: Report) -> None:
    """Print the causes first, then the rungs."""
    for cause in report.causes:
        print(f"{'later: ' if cause.flows_still else ''}{cause.sentence}")
        print(f"  mend ({cause.mend_where}): {cause.mend}")
    for rung in report.rungs:
        print(f"{rung.verdict.value:15} {rung.title}{f' ({rung.reason})' if rung.reason else ''}")
        for finding in rung.findings:
            if finding.verdict is Verdict.FAILS:
                print(f"                  {finding.expected}: {finding.seen}")
    print(f"{report.lab}: {report.verdict.value}, {report.duration_s:.1f} s")
