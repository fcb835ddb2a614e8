"""Sites that the lab file has no more while the lab stands: what is ours comes out of their routers before they go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.aws.facts import read_site_tunnels
from mcastlab.cli.step_durations import Step
from mcastlab.command_line import command
from mcastlab.lab.design.names import in_reports, site_router, site_stack_name
from mcastlab.routers.transaction import Transaction
from mcastlab_base.errors import BadInputError, ExitCode, LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcastlab.cli.context import Context
    from mcastlab.routers.ownership import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartedRouter:
    """The router of a site that goes, in which something is ours by the record of the push."""

    site: str
    name: str
    """In reports."""
    ssh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """What becomes of the routers of sites that go."""

    routers: tuple[DepartedRouter, ...] = ()
    unrecorded: tuple[str, ...] = ()
    """Sites whose router holds nothing of ours as far as this machine knows, and whose VPN is down."""

    @property
    def effects(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What a user agrees to, a line each: what happens, and to what."""
        unknown = (f"{site} (no record here of the lab's lines in it, and its VPN is down)" for site in self.unrecorded)
        return (
            ("take the lab's lines out of", tuple(f"{each.name} ({each.ssh})" for each in self.routers)),
            ("leave as it is the router of", tuple(unknown)),
        )


def departures_of(context: Context, stacks: Iterable[str]) -> Departures:
    """Return what becomes of the routers of sites that go.

    A site's router is known by the addresses of the site's VPN, which stand in the lines that were sent to it.

    Args:
        context: the run.
        stacks: the stacks of these sites.

    Raises:
        BadInputError: the VPN of one is up, so that its router is configured, and nothing here says which router it is.
        RefusedError: AWS does not tell.
    """
    lab, records = context.lab, dict(context.records.ledgers())
    staying = {site.router.ssh for site in lab.sites}
    routers: list[DepartedRouter] = []
    unrecorded: list[str] = []
    configured: list[str] = []
    for stack in stacks:
        site = stack.removeprefix(site_stack_name(lab, ""))
        tunnels = read_site_tunnels(context.connections.clients, stack)
        ssh = _recorded(records, tunnels)
        if ssh is None:
            (configured if any(tunnels.values()) else unrecorded).append(site)
        elif ssh not in staying:
            routers.append(DepartedRouter(site=site, name=in_reports(lab, site_router(site)), ssh=ssh))
    if configured:
        raise BadInputError(
            "\n".join(
                f"sites[{site}] is in the lab file no more, and its VPN is up: its router still has the lab's lines, "
                "and nothing on this machine says which router it is"
                for site in configured
            ),
            hint="; ".join(map(_by_hand, configured)),
        )
    return Departures(routers=tuple(routers), unrecorded=tuple(unrecorded))


def _recorded(records: Mapping[str, Ledger], tunnels: Iterable[str]) -> str | None:
    """Return the router whose record has an end of one of the tunnels."""
    if not tunnels:
        return None
    ends = re.compile(rf"(?<![\d.])(?:{'|'.join(map(re.escape, tunnels))})(?![\d.])")
    return next(
        (ssh for ssh, ledger in records.items() if any(ends.search(line) for path in ledger.owned for line in path)),
        None,
    )


def _by_hand(site: str) -> str:
    words = command("configure", "--remove", "--site", site, "--lab", "OLDFILE")
    return f"take them out with the lab file that still has the site, {words}, then run this again"


def clean_departed(context: Context, departures: Departures, *, undone: str = "nothing was deployed") -> None:
    """Take the lab's lines out of the routers of sites that go, all of them or none.

    Args:
        context: the run.
        departures: these routers.
        undone: what is not done where one does not take it, in words.

    Raises:
        RefusedError: a router cannot be reached, or does not take it; the text says so.
    """
    if not departures.routers:
        return
    with context.stages.stage("Take the lines out of sites that go", Step.CLEAN) as note:
        note(", ".join(each.name for each in departures.routers))
        routers = context.connections.departed_routers([(each.name, each.ssh) for each in departures.routers], note)
        try:
            report = Transaction(lab=context.lab, records=context.records, progress=note).run(routers)
            failed = next((each for each in report.routers if each.error), None)
            if report.exit_code is not ExitCode.OK:
                raise RefusedError(failed.error if failed and failed.error else "the routers did not take it")
        except LabError as error:
            files = ", ".join(str(context.records.file_of(each.ssh)) for each in departures.routers)
            hints = (error.hint, *(_by_hand(each.site) for each in departures.routers))
            raise RefusedError(
                f"{error.text}\n{undone}: the lab's lines are still in the routers of sites that go",
                hint="; ".join((*filter(None, hints), f"where there is no such router any more, remove {files}")),
            ) from None
        note(", ".join(f"{each.router}: {each.summary}" for each in report.routers))
