"""Sessions: prompts, editing keys, paging, modes, and when the backend is given what was typed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from iosxe.clock import ManualClock
from iosxe.config.editor import Place
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.session import Session
from iosxe.shell.terminal import Terminal
from iosxe.state import BackendError

if TYPE_CHECKING:
    from pathlib import Path

    from iosxe.intent import RouterIntent
    from iosxe.state import LivePimNeighbor

ENTERED = "Enter configuration commands, one per line.  End with CNTL/Z.\r\n"
ERASE = "\b \b"
SAVED = "Building configuration...\r\n[OK]\r\n"
UNKNOWN = """\r
% Bad IP address or host name\r
% Unknown command or computer name, or unable to find computer address\r
"""
NOW = datetime(2026, 11, 9, 10, 11, 12, tzinfo=UTC)
STARTUP = """
hostname R1
enable secret letmein
username lab privilege 15 password 0 lab
username guest password 0 guest
line vty 0 4
 login local
"""


def router(backend: MemoryBackend | None = None, *, console: Path | None = None) -> VirtualRouter:
    return VirtualRouter(
        "r1",
        "c8000v",
        ("GigabitEthernet1", "GigabitEthernet2"),
        backend or MemoryBackend(),
        console=console,
        clock=ManualClock(NOW),
    )


def typed(keys: str, *, level: int = 15, device: VirtualRouter | None = None) -> str:
    """Return what the screen of a user shows who types `keys` and is gone."""

    async def run() -> str:
        this = device or router()
        await this.load(STARTUP)
        screen: list[str] = []
        chunks = [keys, ""]

        async def receive() -> str:
            return chunks.pop(0)

        session = Session(this.device, Terminal(receive, screen.append), user="lab", level=level)
        try:
            await session.run()
        except EOFError:
            screen.append("<gone>")
        await this.close()
        return "".join(screen)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("exit\r", "\r\nR1#exit\r\n"),
        ("\r", "\r\nR1#\r\nR1#<gone>"),
        ("exot\x7f\x7fit\r", "\r\nR1#exot\b \b\b \bit\r\n"),
        ("rubbish\x15exit\r", "\r\nR1#rubbish" + "\b \b" * 7 + "exit\r\n"),
        ("exit rubbish\x17\r", "\r\nR1#exit rubbish" + "\b \b" * 7 + "\r\n"),
        ("rubbish\x03exit\r", "\r\nR1#rubbish^C\r\nR1#exit\r\n"),
        ("lo\tx\x17exit\r", "\r\nR1#lo\r\nR1#lox" + "\b \b" * 3 + "exit\r\n"),
        ("logo\t\r", "\r\nR1#logo\r\nR1#logout \r\n"),
        (
            "! comment\rexit\x1b[A\x1b[B\r",
            f"\r\nR1#! comment\r\nR1#exit{ERASE * 4}! comment{ERASE * 9}\r\nR1#<gone>",
        ),
        ("! a\r\n! b\r\nexit\r\n", "\r\nR1#! a\r\nR1#! b\r\nR1#exit\r\n"),
        ("exit\n", "\r\nR1#exit\r\n"),
        (
            "conf t\rint lo0\rexit\rend\rexit\r",
            f"\r\nR1#conf t\r\n{ENTERED}R1(config)#int lo0\r\nR1(config-if)#exit\r\nR1(config)#end\r\nR1#exit\r\n",
        ),
        (
            "conf t\rhostname R2\r\x1aexit\r",
            f"\r\nR1#conf t\r\n{ENTERED}R1(config)#hostname R2\r\nR2(config)#^Z\r\nR2#exit\r\n",
        ),
        (
            "configure\r\rend\rexit\r",
            (
                f"\r\nR1#configure\r\nConfiguring from terminal, memory, or network [terminal]? \r\n{ENTERED}"
                "R1(config)#end\r\nR1#exit\r\n"
            ),
        ),
        (
            "copy run start\r\rexit\r",
            f"\r\nR1#copy run start\r\nDestination filename [startup-config]? \r\n{SAVED}R1#exit\r\n",
        ),
        (
            "clokc\rexit\r",
            f'\r\nR1#clokc\r\nTranslating "clokc"\r\n{UNKNOWN}R1#exit\r\n',
        ),
        (
            "show clokc\rexit\r",
            "\r\nR1#show clokc\r\n" + " " * 11 + "^\r\n% Invalid input detected at '^' marker.\r\n\r\nR1#exit\r\n",
        ),
        ("sh clo?\x15exit\r", "\r\nR1#sh clo?\r\nclock\r\n\r\nR1#sh clo" + "\b \b" * 6 + "exit\r\n"),
    ],
)
def test_the_screen_shows_what_ios_shows(keys: str, shown: str) -> None:
    assert typed(keys) == shown


def test_the_caret_of_do_counts_from_the_prompt() -> None:
    screen = typed("conf t\rdo sh ip fubar\r")
    assert f"R1(config)#do sh ip fubar\r\n{' ' * (11 + 10)}^\r\n" in screen


def test_do_runs_an_exec_command_and_stays() -> None:
    screen = typed("conf t\rint lo0\rdo show clock\r")
    assert "R1(config-if)#do show clock\r\n*10:11:12.000 UTC Mon Nov 9 2026\r\nR1(config-if)#<gone>" in screen


def test_ctrl_z_takes_the_line_that_it_ends() -> None:
    assert "R7#<gone>" in typed("conf t\rhostname R7\x1a")


def test_ctrl_c_leaves_configuration_and_drops_the_line() -> None:
    assert typed("conf t\rhostname R7\x03").endswith("^C\r\nR1#<gone>")


def test_help_lists_the_next_words() -> None:
    screen = typed("terminal ?\x15exit\r")
    assert "  length\r\n" in screen
    assert "  width\r\n" in screen


def test_user_mode_knows_fewer_commands_until_enable() -> None:
    screen = typed("configure terminal\renable\rwrong\rletmein\rconfigure terminal\r", level=1)
    assert screen.startswith(f"\r\nR1>configure terminal\r\n{' ' * 6}^\r\n% Invalid input detected")
    assert "R1>enable\r\nPassword: \r\nPassword: \r\nR1#configure terminal" in screen
    assert "letmein" not in screen


def test_long_answers_are_paged() -> None:
    screen = typed("terminal length 5\rshow version\r q")
    pages = screen.partition("show version\r\n")[2].split(" --More-- ")
    assert [page.count("\r\n") for page in pages[:2]] == [4, 4]
    assert pages[2].endswith("\r\nR1#<gone>")


def test_return_at_more_shows_one_line() -> None:
    screen = typed("terminal length 5\rshow version\r\rq")
    assert [page.count("\r\n") for page in screen.split(" --More-- ")[1:2]] == [1]


def test_length_zero_does_not_page() -> None:
    assert "--More--" not in typed("terminal length 0\rshow running-config\r")


def test_what_is_written_is_the_startup_configuration() -> None:
    screen = typed("conf t\rhostname R9\rend\rwr\rterm len 0\rshow startup-config\r")
    assert "Building configuration...\r\n[OK]\r\n" in screen
    assert "\r\nhostname R9\r\n" in screen.partition("Using ")[2]


class SlowBackend(MemoryBackend):
    """A backend that takes its time and keeps every intent."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[RouterIntent] = []
        self.may = asyncio.Event()

    async def apply(self, intent: RouterIntent) -> None:
        await self.may.wait()
        self.seen.append(intent)
        await super().apply(intent)


def test_a_pasted_block_is_applied_once_and_a_show_waits_for_it() -> None:
    backend = SlowBackend()

    async def run() -> None:
        this = router(backend)
        await this.load(STARTUP)
        keys: asyncio.Queue[str] = asyncio.Queue()
        screen: list[str] = []
        session = asyncio.create_task(
            Session(this.device, Terminal(keys.get, screen.append), user="lab", level=15).run()
        )
        block = "".join(f"interface Loopback{number}\r" for number in range(100))
        await keys.put(f"terminal length 0\rconfigure terminal\r{block}do show ip interface brief\r")
        backend.may.set()
        await keys.put("end\rexit\r")
        await session
        await this.close()
        assert "Loopback99             unassigned" in "".join(screen)

    asyncio.run(run())
    assert [len(intent.interfaces) for intent in backend.seen] == [2, 102]


def test_a_line_that_asks_nothing_of_the_backend_does_not_disturb_it() -> None:
    backend = MemoryBackend()

    async def run() -> None:
        this = router(backend)
        await this.load(STARTUP)
        await this.settled()
        this.device.take(Place(), "ip domain name lab.example")
        await this.settled()
        assert backend.applied == 1
        this.device.take(Place(), "hostname R2")
        await this.settled()
        assert backend.applied == 2
        await this.close()

    asyncio.run(run())


class BrokenBackend(MemoryBackend):
    """A backend that cannot."""

    async def apply(self, intent: RouterIntent) -> None:
        if any(interface.name == "Loopback0" for interface in intent.interfaces):
            raise BackendError("zebra said no")
        await super().apply(intent)


def test_what_the_backend_refuses_is_reported_on_the_console_and_kept(tmp_path: Path) -> None:
    console = tmp_path / "console.log"

    async def run() -> None:
        this = router(BrokenBackend(), console=console)
        await this.load(STARTUP + "interface Loopback0\n")
        await this.settled()
        assert "zebra said no" in str(this.problem)
        await this.close()

    asyncio.run(run())
    assert "*Nov  9 10:11:12.000: %TWIN-3-APPLY: zebra said no" in console.read_text().splitlines()


class MuteBackend(MemoryBackend):
    """Its multicast daemon is gone."""

    async def pim_neighbors(self) -> tuple[LivePimNeighbor, ...]:
        raise BackendError("pimd closed its socket")


def test_a_backend_that_cannot_tell_is_reported_and_the_session_goes_on() -> None:
    shown = typed("show ip pim neighbor\rshow privilege\r", device=router(MuteBackend()))
    assert "% Error: pimd closed its socket\r\n" in shown
    assert "Current privilege level is 15" in shown


class DyingBackend(MemoryBackend):
    """A backend with a fault of its own."""

    async def apply(self, intent: RouterIntent) -> None:
        del intent
        raise RuntimeError("a fault")


def test_a_fault_of_the_backend_reaches_whoever_waits_for_it() -> None:
    async def run() -> None:
        this = router(DyingBackend())
        await this.load(STARTUP)
        with pytest.raises(RuntimeError, match="a fault"):
            await this.settled()
        await this.close()

    asyncio.run(run())


def test_the_console_tells_who_configured_and_no_key(tmp_path: Path) -> None:
    console = tmp_path / "console.log"
    this = router(console=console)
    typed(
        "conf t\rcrypto ikev2 keyring K\rpeer P\rpre-shared-key s3cret!\rpre-shared-key a s3cret!\rend\r", device=this
    )
    text = console.read_text()
    assert "%SYS-5-CONFIG_I: Configured from console by lab on vty0" in text
    assert "s3cret!" not in text


def test_exec_prompt_has_the_whole_host_name_and_configuration_prompts_its_first_twenty_characters() -> None:
    screen = typed("conf t\rhostname BERLIN-EDGE-ROUTER-0001\rinterface Loopback7\rend\r")
    assert "\r\nBERLIN-EDGE-ROUTER-0(config)#" in screen
    assert "\r\nBERLIN-EDGE-ROUTER-0(config-if)#" in screen
    assert "\r\nBERLIN-EDGE-ROUTER-0001#" in screen


def test_a_banner_is_asked_for_line_by_line_without_a_prompt() -> None:
    screen = typed("conf t\rbanner motd $\rhello\r$\rend\r")
    assert "Enter TEXT message.  End with the character '$'.\r\nhello\r\n$\r\nR1(config)#" in screen
