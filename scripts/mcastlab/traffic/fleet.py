"""The probe on many hosts at once: greeted, run, and its pages gathered. Nothing of it stays on a host."""

from __future__ import annotations

import json
import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from uuid import uuid4

from mcastlab import remote_python
from mcastlab.ports import KnowsItself
from mcastlab.traffic.answers import HeldPart, Hello, Page, Stopped, is_page, read, read_found, unpacked, unreadable
from mcastlab.traffic.clocks import ClockOffset, clock_offset
from mcastlab.traffic.node_results import Found
from mcastlab.traffic.time_services import served_clock
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mcastlab.ports import Shell
    from mcastlab.traffic.plan import TrafficPlan
    from mcastlab.traffic.time_services import ServedClock

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

SHELL_TIMEOUT_S: Final = 60.0
LEAD_S: Final = 0.3
LEAD_FACTOR: Final = 1.5
"""From telling the hosts to the plan's begin: some more than a command took to begin and end before."""
UNSURE_US: Final = 250_000


LARGEST_WORD: Final = 20_000
"""Characters of a plan's streams in one command; SSM and a shell's line take more, with the probe beside it."""


def packed(value: object) -> str:
    """Return a value as one word for the probe."""
    return remote_python.packed(json.dumps(value, separators=(",", ":")).encode())


def command(verb: str, *words: str) -> str:
    """Return the shell command that has the probe do something; what only a run needs travels with none but it."""
    program = "run" if verb == "run" else "commands"
    return remote_python.command(f"mcastlab.traffic.probe.{program}", verb, *words)


class Beside(Protocol):
    """What is done while a plan is carried out."""

    def run(self, begin_s: float) -> None:
        """Do it, given the plan's begin by this machine's clock in seconds."""

    def stop(self) -> None:
        """Have `run` return."""


class Fleet:
    """The hosts of a lab's traffic."""

    def __init__(self, shells: Mapping[str, Shell]) -> None:
        self._shells = shells
        self.offsets: dict[str, ClockOffset] = {}
        """How far each host's clock is ahead of ours."""
        self.served: dict[str, ServedClock] = {}
        """What hosts' time services tell of their clocks."""
        self.kernels: dict[str, str] = {}
        self.absent: dict[str, LabError] = {}
        """Hosts that take no part, and why: what one of them cannot do hides nothing of the others."""
        self.lead_s = LEAD_S

    def clear(self, hosts: Iterable[str]) -> int:
        """End what earlier runs that were killed left running, and return how many those were.

        By itself each would end with its plan. A host that cannot be reached is one that is absent.
        """
        return sum(self._on_present(hosts, self._clear).values())

    def _clear(self, host: str) -> int:
        return read(Stopped, host, self._ask(host, command("clear"), timeout_s=SHELL_TIMEOUT_S)).stopped

    def greet(self, hosts: Iterable[str]) -> None:
        """Learn of each host what its clock shows; one that cannot be reached, or has no Python 3.9, is absent.

        Raises:
            RefusedError, TimedOutError: all are absent; the first one's error.
        """
        every = list(hosts)
        began = time.monotonic()
        unknown = [host for host in every if host not in self.offsets]
        for host, (offset, hello) in self._on_present(unknown, self._greet).items():
            self.offsets[host], self.kernels[host] = offset, hello.kernel
            if (clock := served_clock(hello.tracking, hello.ptp_error_ns)) is not None:
                self.served[host] = clock
        self.lead_s = max(self.lead_s, LEAD_S + LEAD_FACTOR * (time.monotonic() - began))
        # An answer that was long on its way says little of a clock: what is unsure is asked once more.
        unsure = [host for host in unknown if host in self.offsets and self.offsets[host].error_us > UNSURE_US]
        for host, (offset, _) in self._on_present(unsure, self._greet).items():
            self.offsets[host] = min(self.offsets[host], offset, key=lambda each: each.error_us)
        if every and all(host in self.absent for host in every):
            raise self.absent[every[0]]

    @property
    def apart_ms(self) -> int:
        """How far two hosts' clocks may be apart beyond what was learnt."""
        return max((offset.error_us // 1000 + 1 for offset in self.offsets.values()), default=0)

    def found(self, plan: TrafficPlan, beside: Beside | None = None) -> Found:
        """Let each node carry out its part and return what each found, with what is known of its clock.

        Raises:
            RefusedError, TimedOutError: as `carry_out` does.
        """
        by_node = self.carry_out(plan, beside)
        names = {number: plan.nodes[number].name for number in plan.busy}
        return Found(
            plan=plan,
            by_node=by_node,
            offsets={number: self.offsets[name] for number, name in names.items()},
            served={number: self.served[name] for number, name in names.items() if name in self.served},
        )

    def carry_out(self, plan: TrafficPlan, beside: Beside | None = None) -> dict[int, dict[str, Any]]:
        """Let each node carry out its part and return what each found, by its place in the plan.

        `beside` runs meanwhile; its error is raised.

        Interrupted, it ends what runs on the hosts first. A host that fails on the way is absent from then on.

        Raises:
            RefusedError: a host cannot be reached, or the probe failed there.
            TimedOutError: it did not end in time.
        """
        run = uuid4().hex[:8]
        media = self._held(plan, run)
        begin_ns = time.time_ns() + int(self.lead_s * 1e9)
        begins = {number: begin_ns + self.offsets[plan.nodes[number].name].us * 1000 for number in plan.busy}
        who = {number: self._identity(plan.nodes[number].name) for number in plan.busy}
        known = {number: identity for number, (_, identity) in who.items()}
        document = packed({**plan.document(run, begins, known), **media})
        timeout_s = self.lead_s + plan.end_ms / 1000 + SHELL_TIMEOUT_S

        def one(number: int) -> dict[str, Any]:
            host = plan.nodes[number].name
            try:
                return answered(host, number)
            except LabError as error:
                self.absent[host] = error
                raise

        def answered(host: str, number: int) -> dict[str, Any]:
            answer = self._ask(host, command("run", document, who[number][0]), timeout_s=timeout_s)
            return read_found(host, self._whole(host, answer, run, number), plan, number)

        def end(number: int) -> None:
            with suppress(LabError):
                self._stop(plan.nodes[number].name, run, number)

        def aside() -> None:
            if beside is not None:
                try:
                    beside.run(begin_ns / 1e9)
                except BaseException:
                    self._on_each(plan.busy, end)
                    raise

        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(aside)
            try:
                found = dict(zip(plan.busy, self._on_each(plan.busy, one, otherwise=end), strict=True))
            finally:
                if beside is not None:
                    beside.stop()
            running.result()
        return found

    def _held(self, plan: TrafficPlan, run: str) -> dict[str, Any]:
        """Give each node what is sent, in parts where one command cannot carry it, and return what a plan says then."""
        text = packed(plan.document(run, {}, {})["media"])
        if len(text) <= LARGEST_WORD:
            return {}
        parts = [text[begin : begin + LARGEST_WORD] for begin in range(0, len(text), LARGEST_WORD)]

        def give(number: int) -> None:
            host = plan.nodes[number].name
            for place, part in enumerate(parts):
                kept = read(HeldPart, host, self._ask(host, command("hold", run, part), timeout_s=SHELL_TIMEOUT_S)).kept
                if kept != sum(map(len, parts[: place + 1])):
                    raise unreadable(host, "", "what it keeps")

        self._on_each(plan.busy, give)
        return {"media": [], "held": True}

    def _on_present(self, hosts: Iterable[str], action: Callable[[str], _Value]) -> dict[str, _Value]:
        """Do something on each host that is not absent, at the same time; where it fails, the host is absent."""
        present = [host for host in hosts if host not in self.absent]

        def one(host: str) -> _Value | LabError:
            try:
                return action(host)
            except LabError as error:
                return error

        found: dict[str, _Value] = {}
        for host, value in zip(present, self._on_each(present, one), strict=True):
            if isinstance(value, LabError):
                self.absent[host] = value
            else:
                found[host] = value
        return found

    def _identity(self, host: str) -> tuple[str, str]:
        """Return the word by which a host learns who it is, and what that word comes to."""
        shell = self._shells[host]
        return shell.identity if isinstance(shell, KnowsItself) else (shlex.quote(host), host)

    def _greet(self, host: str) -> tuple[ClockOffset, Hello]:
        before_ns = time.time_ns()
        text = self._ask(host, command("hello"), timeout_s=SHELL_TIMEOUT_S)
        after_ns = time.time_ns()
        hello = read(Hello, host, text)
        return clock_offset(before_ns, hello.time_ns, after_ns), hello

    def _whole(self, host: str, answer: str, run: str, number: int) -> str:
        """Return an answer with all of its pages."""
        if not is_page(answer):
            return answer
        first = read(Page, host, answer)
        pages = [first.page]
        while len(pages) < first.pages:
            asked = command("page", run, str(number), str(len(pages)))
            pages.append(read(Page, host, self._ask(host, asked, timeout_s=SHELL_TIMEOUT_S)).page)
        if len(pages) > 1:
            self._stop(host, run, number)
        return unpacked(host, pages)

    def _stop(self, host: str, run: str, number: int) -> None:
        self._ask(host, command("stop", run, str(number)), timeout_s=SHELL_TIMEOUT_S)

    def _ask(self, host: str, asked: str, *, timeout_s: float) -> str:
        result = self._shells[host].run(asked, timeout_s=timeout_s)
        if result.code != 0:
            said = (result.stderr or result.stdout).strip()
            raise RefusedError(
                f"{host}: the probe ended with {result.code}: {said[-500:]}", hint="the host needs Python 3.9 or later"
            )
        return result.stdout

    @staticmethod
    def _on_each(
        keys: Iterable[_Key], action: Callable[[_Key], _Value], otherwise: Callable[[_Key], object] | None = None
    ) -> list[_Value]:
        """Do something for each of some keys at the same time; where that fails, do the other thing for each."""
        listed = list(keys)
        # All at one time: a host that waited for others to end would miss the plan's begin.
        with ThreadPoolExecutor(max_workers=max(1, len(listed))) as pool:
            try:
                return list(pool.map(action, listed))
            except BaseException:
                if otherwise is not None:
                    with ThreadPoolExecutor(max_workers=len(listed)) as ending:
                        list(ending.map(otherwise, listed))
                raise
