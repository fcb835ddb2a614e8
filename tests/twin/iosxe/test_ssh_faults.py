"""Over real SSH: faults, round trips, host keys, reloads, idle sessions, and the verb that serves practice routers."""

# ruff: noqa: S106  (passwords of routers that live as long as a test)

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import asyncssh
import pytest
from twin.iosxe.screen import at_a_router

from iosxe.faults import Kind, RouterFault, confirm_lost
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from twin.iosxe.screen import Lab

pytestmark = pytest.mark.process

KEY = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
PATIENCE_S = 10


async def served(lab: Lab) -> int:
    sock = socket.create_server(("127.0.0.1", 0))
    await lab.router.serve(sock, KEY)
    return int(sock.getsockname()[1])


async def connect(port: int) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1", port, username="lab", password="lab", known_hosts=None, config=None, client_keys=None
    )


async def shell(port: int) -> asyncssh.SSHClientProcess[str]:
    process = await (await connect(port)).create_process(term_type="vt100")
    await process.stdout.readuntil("R1#")
    return process


async def said(process: asyncssh.SSHClientProcess[str], text: str, until: str) -> str:
    process.stdin.write(text)
    return await asyncio.wait_for(process.stdout.readuntil(until), PATIENCE_S)


async def breaks(process: asyncssh.SSHClientProcess[str], text: str) -> None:
    """Write text upon which the connection breaks."""
    connection = process.channel.get_connection()
    process.stdin.write(text)
    await asyncio.wait_for(connection.wait_closed(), PATIENCE_S)


@pytest.mark.parametrize(("kind", "hostname"), [("drop-before", "R1"), ("drop-after", "R2"), ("reboot-after", "R1")])
def test_a_connection_breaks_at_its_line_and_the_router_takes_another(kind: Kind, hostname: str) -> None:
    async def work(lab: Lab) -> None:
        port = await served(lab)
        process = await shell(port)
        await said(process, "configure terminal\r", "(config)#")
        lab.router.faults.arm(RouterFault(kind=kind, line=1))
        await breaks(process, "hostname R2\r")
        await lab.router.rebooted()
        again = await (await connect(port)).create_process(term_type="vt100")
        assert hostname in await asyncio.wait_for(again.stdout.readuntil("#"), PATIENCE_S)

    at_a_router(work)


def test_a_session_that_hangs_says_nothing_more() -> None:
    async def work(lab: Lab) -> None:
        process = await shell(await served(lab))
        await said(process, "configure terminal\r", "(config)#")
        lab.router.faults.arm(RouterFault(kind="hang", line=1))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(said(process, "hostname R2\r", "R2("), 0.3)
        assert "hostname R1" in lab.running

    at_a_router(work)


def test_a_confirm_that_is_lost_lets_the_timer_run() -> None:
    async def work(lab: Lab) -> None:
        port = await served(lab)
        process = await shell(port)
        await said(process, "configure terminal revert timer 1\rhostname R2\rend\r", "R2#")
        lab.router.faults.arm(confirm_lost())
        await breaks(process, "configure confirm\r")
        assert "hostname R2" in lab.running
        lab.clock.advance(60)
        assert "hostname R1" in lab.running

    at_a_router(work)


def test_every_answer_takes_a_round_trip_and_a_block_of_lines_takes_one() -> None:
    async def work(lab: Lab) -> None:
        lab.router.faults.round_trip_s = 0.1
        process = await shell(await served(lab))
        began = time.monotonic()
        await said(process, "configure terminal\r", "(config)#")
        await said(process, "hostname R1\r", "R1(config)#")
        assert time.monotonic() - began >= 0.2
        began = time.monotonic()
        await said(process, "".join(f"interface Loopback{number}\r" for number in range(50)) + "end\r", "R1#")
        assert 0.1 <= time.monotonic() - began < 50 * 0.1

    at_a_router(work)


def test_a_host_key_that_is_changed_is_shown_to_the_next_client() -> None:
    async def work(lab: Lab) -> None:
        port = await served(lab)
        before = (await connect(port)).get_server_host_key()
        lab.router.change_host_key(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
        after = (await connect(port)).get_server_host_key()
        assert before is not None
        assert after is not None
        assert before.public_data != after.public_data

    at_a_router(work)


def test_reload_drops_every_session_and_nobody_gets_in_until_it_is_over() -> None:
    async def work(lab: Lab) -> None:
        lab.router._boot_s = 120  # noqa: SLF001  (a router's own property, set at its making)
        port = await served(lab)
        process = await shell(port)
        other = await shell(port)
        connection = other.channel.get_connection()
        await breaks(process, "reload\r\r")
        await asyncio.wait_for(connection.wait_closed(), PATIENCE_S)
        with pytest.raises((OSError, asyncssh.Error)):
            await connect(port)
        lab.clock.advance(120)
        await lab.router.rebooted()
        await shell(port)

    at_a_router(work)


def test_an_idle_session_ends_and_a_busy_one_does_not() -> None:
    async def work(lab: Lab) -> None:
        port = await served(lab)
        idle, busy = await shell(port), await shell(port)
        await said(busy, "configure terminal\rline vty 0 4\rexec-timeout 5 0\rend\r", "R1#")
        await said(idle, "show clock\r", "R1#")
        lab.clock.advance(4 * 60)
        await said(busy, "show clock\r", "R1#")
        lab.clock.advance(60)
        await asyncio.wait_for(idle.wait_closed(), PATIENCE_S)
        assert "vty" in await said(busy, "show users\r", "R1#")

    at_a_router(work)


def test_no_more_sessions_than_vty_lines() -> None:
    async def work(lab: Lab) -> None:
        port = await served(lab)
        sessions = [await shell(port) for _ in range(5)]
        assert sorted(lab.router.device.sessions) == [0, 1, 2, 3, 4]
        with pytest.raises((asyncssh.Error, asyncio.IncompleteReadError, OSError)):
            await shell(port)
        sessions[1].stdin.write("exit\r")
        await asyncio.wait_for(sessions[1].wait_closed(), PATIENCE_S)
        await shell(port)

    at_a_router(work)


def test_practice_routers_are_served_until_they_are_interrupted(tmp_path: Path) -> None:
    config = tmp_path / "start.cfg"
    config.write_text("interface Loopback7\n ip address 10.7.7.7 255.255.255.255\nfrobnicate\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mcastlab",
        "router",
        "serve",
        "--port",
        "0",
        "--count",
        "2",
        "--config",
        str(config),
    ]
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=PROJECT / "scripts", stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        ports = [int(line.split()[2]) for line in lines if line.startswith("ssh -p ")]

        async def look() -> list[str]:
            found = []
            for port in ports:
                async with await connect(port) as connection:
                    shown = await connection.run("show ip interface brief | include Loopback7")
                    found.append(str(shown.stdout))
            return found

        addresses = [line.split()[1] for line in asyncio.run(look())]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert lines[0] == "kept as text, without effect here: frobnicate\n"
    assert addresses == ["10.7.7.7"] * 2
