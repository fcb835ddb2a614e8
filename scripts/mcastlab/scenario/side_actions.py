"""What is done beside the hosts while a part of a test is played: appliances are started, asked, and looked for."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.igmp import igmp_groups
from mcastlab.ios.show.multicast import mroute_counts, mroutes
from mcastlab.places import APPLIANCES
from mcastlab.scenario.results import Grade, ProvenReception
from mcastlab.scenario.router_proof import RouterLook, graded
from mcastlab.scenario.triggers import HostProgram, LocalTrigger
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession, Shell
    from mcastlab.scenario.script import ApplianceStay, ApplianceTalk, Script, TestAppliance, WorseWan
    from mcastlab.scenario.triggers import Trigger

    Sessions = Callable[[str], RouterSession]
    """What opens a session on the router of the remote site of a name."""
    WanImpairer = Callable[[str, WorseWan | None], None]
    """What impairs the way to the internet of the site of a name, or impairs it no more."""

COMMAND_S: Final = 20.0
"""How long a command that confirms something may take."""
EVERY_S: Final = 0.1
COMMANDS: Final = ("show ip igmp groups", "show ip mroute", "show ip mroute count")


class SideActions:
    """What is done beside a part; `run` goes on while it is played, `end` afterwards.

    Args:
        lab: the lab.
        script: the part.
        sessions: opens a session on a site's router; without it no router is asked.
        tell: tells a person what to do.
        impair: impairs sites' ways to the internet; it is there where the script does so.
        shells: a shell on each host that runs a program.
    """

    def __init__(
        self,
        lab: Lab,
        script: Script,
        sessions: Sessions | None,
        tell: Callable[[str], None],
        impair: WanImpairer | None = None,
        *,
        shells: Mapping[str, Shell] | None = None,
    ) -> None:
        self._script, self._open, self._tell, self._impair = script, sessions, tell, impair
        self._shells = {} if shells is None else shells
        self._impaired: set[str] = set()
        self._lans = {site.name: site.router.lan.interface for site in lab.sites}
        self._over = threading.Event()
        self._sessions: dict[str, RouterSession | LabError] = {}
        self._before: dict[ApplianceStay, RouterLook | LabError] = {}
        self._begun: list[Trigger] = []
        self.asked_ms: dict[ApplianceTalk, float] = {}
        """When each talk was asked for, from the part's begin."""
        self.receptions: dict[ApplianceStay, tuple[Grade, str]] = {}

    @property
    def needed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._script.awaited or self._script.receiving or self._script.wans)

    def run(self, begin_s: float) -> None:
        """Do everything at its time, given the part's begin by this machine's clock.

        Raises:
            RefusedError: a trigger failed.
        """
        awaited = {each.step for each in self._script.awaited if each.within_ms is not None}
        for site in {self._script.appliances[each.appliance].site for each in self._script.receiving}:
            self._sessions[site] = self._session(site)
        todo: list[tuple[int, Callable[[], None]]] = [
            *((talk.span.begin_ms, partial(self._ask, talk, begin_s)) for talk in self._script.awaited),
            *((stay.span.begin_ms, partial(self._look_before, stay)) for stay in self._script.receiving),
            *((each.span.begin_ms, partial(self._impair_wan, each.site, each)) for each in self._script.wans),
            *((each.span.end_ms, partial(self._impair_wan, each.site, None)) for each in self._script.wans),
            *(
                (stay.span.end_ms, partial(self._judge, stay))
                for stay in self._script.receiving
                if stay.step not in awaited
            ),
        ]
        for at_ms, action in sorted(todo, key=lambda each: each[0]):
            if self._over.wait(max(0.0, begin_s + at_ms / 1000 - time.time())):
                return
            action()
        while not self._over.wait(EVERY_S):
            self._refuse_failed()

    def stop(self) -> None:
        """Have `run` return."""
        self._over.set()

    def end(self) -> None:
        """Judge what was awaited.

        Raises:
            RefusedError: a trigger failed.
        """
        for stay in self._script.receiving:
            if stay not in self.receptions:
                self._judge(stay)
        self._refuse_failed(over=True)

    def _refuse_failed(self, *, over: bool = False) -> None:
        for each in self._begun:
            each.refuse_failed(over=over)

    def _impair_wan(self, site: str, worse: WorseWan | None) -> None:
        if self._impair is not None:
            self._impaired.add(site)
            self._impair(site, worse)
            if worse is None:
                self._impaired.discard(site)

    def close(self) -> None:
        """End what was started, whatever came of it."""
        for site in sorted(self._impaired):
            self._impair_wan(site, None)
        for each in self._begun:
            each.close()
        self._begun = []
        for session in self._sessions.values():
            if not isinstance(session, LabError):
                session.close()
        self._sessions = {}

    def _session(self, site: str) -> RouterSession | LabError:
        if self._open is None:
            return RefusedError("no router was asked")
        try:
            return self._open(site)
        except LabError as error:
            return error

    def _ask(self, talk: ApplianceTalk, begin_s: float) -> None:
        """Have an appliance send: by its trigger, or by the person at the terminal."""
        appliance, group = self._script.appliances[talk.appliance], self._script.groups[talk.group]
        self.asked_ms[talk] = (time.time() - begin_s) * 1000
        seconds = (talk.span.end_ms - talk.span.begin_ms) / 1000
        if appliance.trigger is None:
            within = (talk.within_ms or 0) / 1000
            what = f"page {group.name} ({group.address}) from {appliance.name} for {seconds:.0f} s"
            self._tell(f"Now {what}; {within:.0f} s are left to begin.")
            return
        more = {"MCASTLAB_SECONDS": f"{seconds:g}", "MCASTLAB_STREAM": talk.stream}
        environment = {**self._values(appliance, talk.group), **more}
        if appliance.node is None:
            self._begun.append(LocalTrigger(appliance, {**here(appliance), **environment}))
        else:
            self._begun.append(HostProgram(appliance, self._shells[appliance.name], environment, seconds))

    def _values(self, appliance: TestAppliance, place: int) -> dict[str, str]:
        group = self._script.groups[place]
        return {
            "MCASTLAB_DEVICE": appliance.name,
            "MCASTLAB_GROUP": str(group.address),
            "MCASTLAB_PORT": str(group.port),
        }

    def _look(self, site: str) -> RouterLook | LabError:
        session = self._sessions.get(site)
        if session is None or isinstance(session, LabError):
            return session or RefusedError("no router was asked")
        try:
            members, routes, counts = session.show_all(*COMMANDS)
            return RouterLook(members=igmp_groups(members), routes=mroutes(routes), counts=mroute_counts(counts))
        except LabError as error:
            return error

    def _look_before(self, stay: ApplianceStay) -> None:
        self._before[stay] = self._look(self._script.appliances[stay.appliance].site)

    def _judge(self, stay: ApplianceStay) -> None:
        """Judge by what a command says, and else by what the router shows."""
        appliance, group = self._script.appliances[stay.appliance], self._script.groups[stay.group]
        if appliance.confirm is not None and self._confirmed(appliance, stay.group):
            self.receptions[stay] = Grade.ANSWERED, "its confirm command says so"
            return
        before, after = self._before.get(stay), self._look(appliance.site)
        if before is None or isinstance(before, LabError) or isinstance(after, LabError):
            error = after if isinstance(after, LabError) else before
            self.receptions[stay] = Grade.NONE, f"its router did not tell: {error}" if error else "nothing was sent"
            return
        self.receptions[stay] = graded(before, after, appliance, group.address, self._lans[appliance.site])

    def _confirmed(self, appliance: TestAppliance, group: int) -> bool:
        try:
            done = subprocess.run(
                ("sh", "-c", appliance.confirm or "false"),
                env={**here(appliance), **self._values(appliance, group)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def here(appliance: TestAppliance) -> dict[str, str]:
    """Return the environment of a command on this machine about an appliance."""
    return {**os.environ, "MCASTLAB_AT": reached_at(appliance, os.environ)}


def reached_at(appliance: TestAppliance, environment: Mapping[str, str]) -> str:
    """Return where an appliance is reached from here: its own address, or what the environment says instead."""
    addresses = dict(each.partition("=")[::2] for each in environment.get(APPLIANCES, "").split())
    return addresses.get(appliance.name, appliance.address)


def proven(script: Script, actions: SideActions, answered: Callable[[int, int], str]) -> Iterator[ProvenReception]:
    """Return how far it is proven that each appliance received.

    Args:
        script: the part.
        actions: what was done beside it.
        answered: how an appliance, by its place, answered in a group, by its place, in words; empty where it did not.
    """
    for stay in script.receiving:
        grade, why = actions.receptions.get(stay, (Grade.NONE, "nothing was sent"))
        if grade is not Grade.ANSWERED and (answer := answered(stay.appliance, stay.group)):
            grade, why = Grade.ANSWERED, answer
        yield ProvenReception(
            step=stay.step + 1,
            group=script.groups[stay.group].name,
            device=script.appliances[stay.appliance].name,
            grade=grade,
            why=why,
        )
