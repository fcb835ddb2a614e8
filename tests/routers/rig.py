"""A lab's virtual routers without SSH, on a clock that stands still, and the way to push to them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar

from facts_sample import facts_for

from iosxe.clock import ManualClock
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.session import DroppedError, Session
from iosxe.shell.terminal import Line, Terminal
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.records import Records
from mcastlab.routers.router import Pace, Router
from mcastlab.routers.transaction import Transaction
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession
    from mcastlab.routers.push_report import PushReport

Result = TypeVar("Result")

LOGIN_ROUND_TRIPS = 4
"""Of a session over SSH: identification, key exchange, user with service, channel. Terminal and shell come with the
answer to the first question."""
INTERFACES = ("GigabitEthernet1", "GigabitEthernet2", "GigabitEthernet3")
AT_ONCE = Pace(health_s=0, reach_s=0, poll_s=0)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STARTUP = """\
hostname {name}
username lab privilege 15 password 0 lab
logging buffered 8192
archive
 path bootflash:archive
interface GigabitEthernet1
 description the owner's uplink
 ip address dhcp
interface GigabitEthernet3
 description the owner's LAN
 ip address 192.168.50.1 255.255.255.0
ip access-list standard OWNERS
 permit 10.1.0.0 0.0.255.255
ip route 10.99.0.0 255.255.0.0 Null0
line vty 0 4
 login local
end
"""


class HungError(Exception):
    """Nobody answers."""


class Desk(Terminal):
    """A screen that takes whole lines and gives back what was written after each."""

    def __init__(self) -> None:
        super().__init__(self._nothing, lambda _: None)
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._answers: list[tuple[str, str]] = []
        self._written: list[str] = []
        self._expected = 0
        self._answered = asyncio.Event()

    def enter(self, *lines: str) -> None:
        """Enter lines in one go, as a client does that writes them at once."""
        for line in lines:
            self._lines.put_nowait(line)

    async def answers(self, count: int) -> list[tuple[str, str]]:
        """Return what was written until so many prompts came, each with its prompt."""
        self._expected = count
        self._answered.clear()
        if len(self._answers) < count:
            await self._answered.wait()
        found, self._answers = self._answers, []
        return found

    async def _nothing(self) -> str:
        raise EOFError

    def write(self, text: str) -> None:
        self._written.append(text)

    def flush(self) -> None:
        pass

    async def key(self) -> str:
        raise HungError

    async def page(self, text: str, length: int) -> None:
        del length
        self._written.append(text)

    async def read_line(self, prompt: str, **_: object) -> Line:
        self._answers.append(("".join(self._written), prompt))
        self._written.clear()
        if len(self._answers) == self._expected:
            self._answered.set()
        return Line(await self._lines.get())


class MemorySession:
    """A privileged session on a virtual router in this process."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._desk = Desk()
        session = Session(box.virtual.device, self._desk, user="lab", level=15)
        self._running = box.loop.create_task(session.run())
        self._prompt = ""
        time.sleep(LOGIN_ROUND_TRIPS * box.round_trip_s)
        self._answers(1)

    @property
    def router(self) -> str:
        return self._box.name

    def _answers(self, count: int) -> tuple[str, ...]:
        async def answers() -> list[tuple[str, str]]:
            waiting = asyncio.ensure_future(self._desk.answers(count))
            await asyncio.wait({waiting, self._running}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            waiting.cancel()
            error = self._running.exception()
            if isinstance(error, HungError):
                raise TimedOutError(f"{self.router}: no prompt came back")
            assert error is None or isinstance(error, DroppedError), error
            raise RefusedError(f"{self.router}: the session was lost")

        found = self._box.run(answers())
        self._prompt = found[-1][1]
        return tuple(text for text, _ in found)

    def show(self, command: str) -> str:
        return self.show_all(command)[0]

    def show_all(self, *commands: str) -> tuple[str, ...]:
        self._box.calls += commands
        time.sleep(self._box.round_trip_s)
        self._desk.enter(*commands)
        return self._answers(len(commands))

    def enter_configuration(self, revert_minutes: int | None = None) -> str:
        timer = "" if revert_minutes is None else f" revert timer {revert_minutes}"
        return self.show(f"configure terminal{timer}")

    @property
    def in_configuration(self) -> bool:
        return "(config" in self._prompt

    def configure(self, *lines: str) -> tuple[str, ...]:
        return self.show_all(*lines)

    def leave_configuration(self) -> None:
        self.show("end")

    def close(self) -> None:
        async def ended() -> None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

        self._box.run(ended())


@dataclass
class Box:
    """A virtual router and its event loop."""

    name: str
    startup: str
    cut_by_fault: bool = False
    """Whether nobody gets in any more once a fault has happened."""
    round_trip_s: float = 0
    interfaces: tuple[str, ...] = INTERFACES
    keeps_text: bool = False
    """Whether the router may have lines that it does not act on."""
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._turn = Lock()
        self.clock = ManualClock(START)
        self.virtual = VirtualRouter("r", "c8000v", self.interfaces, MemoryBackend(), clock=self.clock)
        # Nobody sees the key here, and to make one takes longer than a push.
        self.virtual.device.change_key = None
        refused = self.run(self.virtual.load(self.startup))
        assert self.keeps_text or refused == ()

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        """Run something in the router's loop; a follower reads it from two threads."""
        with self._turn:
            return self.loop.run_until_complete(work)

    def connect(self) -> MemorySession:
        if self.cut_by_fault and self.virtual.faults.happened:
            raise RefusedError(f"{self.name}: no SSH session")
        if any(fault.kind == "change-key" for fault in self.virtual.faults.happened):
            raise RefusedError(f"{self.name}: it shows another host key than the known one")
        self.run(self.virtual.rebooted())
        return MemorySession(self)

    def wait(self, seconds: float) -> None:
        async def pass_time() -> None:
            self.clock.advance(seconds)

        self.run(pass_time())

    @property
    def text(self) -> str:
        """The running configuration without what the archive's own step sets up."""
        self.run(self.virtual.rebooted())
        return self.virtual.running_config

    def close(self) -> None:
        self.run(self.virtual.close())
        self.loop.close()


class Reachable(Protocol):
    """A router in a test, in memory or over SSH."""

    def connect(self) -> RouterSession: ...


def by_hand(box: Reachable, *lines: str) -> None:
    """Configure a router as its owner would."""
    session = box.connect()
    session.enter_configuration()
    session.configure(*lines, "end")
    session.close()


@dataclass
class Rig:
    """The routers of a lab and where the records are."""

    lab: Lab
    folder: Path
    startup: str = STARTUP
    pace: Pace = AT_ONCE
    wanted: dict[str, Tree] = field(default_factory=dict)
    progress: list[str] = field(default_factory=list)
    old: dict[str, str] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.wanted:
            self.wanted = {each.router: intended(each) for each in render_all(self.lab, facts_for(self.lab))}
        self.boxes = {
            name: Box(name=name, startup=self.startup.format(name=name.split("/")[1])) for name in self.wanted
        }

    def routers(self, *, remove: bool = False) -> list[Router]:
        return [
            Router(name=name, key=name, connect=box.connect, wanted=() if remove else self.wanted[name])
            for name, box in self.boxes.items()
        ]

    @property
    def records(self) -> Records:
        return Records(self.folder, self.lab.name)

    def push(self, *, remove: bool = False) -> PushReport:
        transaction = Transaction(lab=self.lab, records=self.records, progress=self.progress.append, pace=self.pace)
        return transaction.run(self.routers(remove=remove))

    def texts(self) -> dict[str, str]:
        return {name: box.text for name, box in self.boxes.items()}

    def close(self) -> None:
        for box in self.boxes.values():
            box.close()
