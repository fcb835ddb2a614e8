"""Real clients over loopback: netmiko, scrapli, and an SSH client with nobody's help."""

# ruff: noqa: S106  (passwords of routers that live as long as a test)

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

import asyncssh
import pytest
from netmiko import ConnectHandler, NetmikoAuthenticationException
from netmiko.exceptions import ConfigInvalidException
from ntc_templates.parse import parse_output  # type: ignore[import-untyped]  # ships no types
from rsa_keys import rsa_key
from scrapli import AuthOptions, Cli, TransportBinOptions, TransportSsh2Options

from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.server import host_key

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.process

STARTUP = """
hostname R1
enable secret letmein
username lab privilege 15 password 0 lab
username boss privilege 15 secret b0ss
username guest password 0 guest
line vty 0 4
 login local
 transport input ssh
"""
LINES = [
    "interface Loopback7",
    " description one of many",
    " ip address 10.7.7.7 255.255.255.255",
    "exit",
    "router bgp 65000",
    " neighbor 192.0.2.1 remote-as 64512",
    " address-family ipv4",
    "  network 10.7.7.7 mask 255.255.255.255",
    " exit-address-family",
]


class Served:
    """A router that answers on a loopback port, in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.backend = MemoryBackend()
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.sock.getsockname()[1]
        self.key = rsa_key("a user")
        self.router = self.call(self._start())

    async def _start(self) -> VirtualRouter:
        router = VirtualRouter("r1", "c8000v", ("GigabitEthernet1", "GigabitEthernet2"), self.backend)
        await router.load(STARTUP)
        await router.serve(self.sock, rsa_key("a router"))
        return router

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the router's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def stop(self) -> None:
        self.call(self.router.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.close()

    def netmiko(self, **options: Any) -> Any:
        login = {"username": "lab", "password": "lab"} | options
        return ConnectHandler(device_type="cisco_xe", host="127.0.0.1", port=self.port, **login)


@pytest.fixture
def served() -> Iterator[Served]:
    router = Served()
    yield router
    router.stop()


def test_netmiko_logs_in_configures_and_saves(served: Served) -> None:
    with served.netmiko() as connection:
        assert connection.find_prompt() == "R1#"
        connection.send_config_set(LINES, error_pattern="^%")
        assert connection.check_enable_mode()
        assert not connection.check_config_mode()
        assert "[OK]" in connection.save_config()
        brief = connection.send_command("show ip interface brief")
    rows = parse_output(platform="cisco_ios", command="show ip interface brief", data=brief)
    assert ("Loopback7", "10.7.7.7") in [(row["interface"], row["ip_address"]) for row in rows]
    assert served.backend.intent.bgp is not None
    assert served.router.startup_config == served.router.running_config


def test_netmiko_sees_a_refused_line(served: Served) -> None:
    with served.netmiko() as connection, pytest.raises(ConfigInvalidException, match="frobnicate"):
        connection.send_config_set(["hostname R2", "frobnicate", "hostname R3"], error_pattern="^% Invalid")
    assert served.backend.intent.hostname == "R2"


def test_netmiko_makes_a_confirmed_change_and_another_session_confirms_it(served: Served) -> None:
    with served.netmiko() as connection:
        connection.send_config_set(["archive", "path bootflash:saved", "maximum 5"], error_pattern="^%")
        connection.send_config_set(
            ["interface Loopback7", "description new"],
            config_mode_command="configure terminal revert timer 5",
            error_pattern="^%",
        )
        assert "Timer value: 5 min" in connection.send_command("show archive config rollback timer")
    with served.netmiko() as other:
        assert "%" not in other.send_command("configure confirm")
        assert "No Rollback Confirmed Change pending" in other.send_command("show archive config rollback timer")
        output = other.send_command("configure replace nvram:startup-config force", read_timeout=20)
        assert "Rollback Done" in output
        assert "Loopback7" not in other.send_command("show ip interface brief")


def test_netmiko_enables_a_user_without_privileges(served: Served) -> None:
    with served.netmiko(username="guest", password="guest", secret="letmein") as connection:
        assert connection.find_prompt() == "R1>"
        connection.enable()
        assert connection.find_prompt() == "R1#"


@pytest.mark.parametrize("user", ["lab", "nobody"])
def test_a_wrong_password_is_refused(served: Served, user: str) -> None:
    with pytest.raises(NetmikoAuthenticationException):
        served.netmiko(username=user, password="wrong")


def test_a_secret_logs_in(served: Served) -> None:
    with served.netmiko(username="boss", password="b0ss") as connection:
        assert connection.find_prompt() == "R1#"


def test_a_key_of_the_configuration_logs_in(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "key"
    served.key.write_private_key(str(file))
    data = served.key.export_public_key("openssh").decode().split()[1]
    chain = ["ip ssh pubkey-chain", "username lab", "key-string", data[:200], data[200:], "exit", "exit", "exit"]
    with served.netmiko() as connection:
        connection.send_config_set(chain, cmd_verify=False)
    with served.netmiko(password="", use_keys=True, key_file=str(file), allow_agent=False) as connection:
        assert connection.find_prompt() == "R1#"
    asyncssh.generate_private_key("ssh-rsa", key_size=2048).write_private_key(str(file))
    with pytest.raises(NetmikoAuthenticationException):
        served.netmiko(password="", use_keys=True, key_file=str(file), allow_agent=False)


def test_without_login_local_nobody_gets_in(served: Served) -> None:
    with served.netmiko() as connection:
        connection.send_config_set(["line vty 0 4", "no login"])
    with pytest.raises(NetmikoAuthenticationException):
        served.netmiko()


@pytest.mark.parametrize("transport", [TransportSsh2Options, TransportBinOptions])
def test_scrapli_logs_in_and_configures(served: Served, transport: type[TransportSsh2Options]) -> None:
    client = Cli(
        "127.0.0.1",
        port=served.port,
        definition_file_or_name="cisco_iosxe",
        auth_options=AuthOptions(username="lab", password="lab"),
        transport_options=transport(),
    )
    with client as connection:
        assert "GigabitEthernet2" in connection.send_input("show ip interface brief").result
        assert not connection.send_inputs([line.strip() for line in LINES], requested_mode="configuration").failed
        assert connection.send_inputs(["frobnicate"], requested_mode="configuration").failed
        assert "10.7.7.7" in connection.send_input("show ip interface brief").result


async def _client(port: int) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1", port, username="lab", password="lab", known_hosts=None, config=None, client_keys=None
    )


def test_a_command_that_comes_with_the_connection_is_run(served: Served) -> None:
    async def run() -> str:
        connection = await _client(served.port)
        shown = await connection.run("show ip interface brief | include 2")
        connection.close()
        return str(shown.stdout)

    assert asyncio.run(run()).split()[0] == "GigabitEthernet2"


def test_sessions_share_one_configuration(served: Served) -> None:
    with served.netmiko() as one, served.netmiko() as other:
        one.send_config_set(["hostname SHARED"])
        assert "hostname SHARED" in other.send_command("show running-config | include ^hostname", expect_string="#")


def test_three_hundred_lines_in_one_write_are_all_taken(served: Served) -> None:
    lines = [line for number in range(150) for line in (f"interface Loopback{number}", f"description number {number}")]

    async def run() -> str:
        connection = await _client(served.port)
        process = await connection.create_process(term_type="vt100")
        process.stdin.write("configure terminal\r" + "\r".join(lines) + "\rend\rshow clock\rexit\r")
        screen = await process.wait()
        connection.close()
        return str(screen.stdout)

    screen = asyncio.run(run())
    assert "% " not in screen
    assert len(served.backend.intent.interfaces) == 152


def test_closing_ends_sessions_and_the_listener(served: Served) -> None:
    async def run() -> None:
        connection = await _client(served.port)
        process = await connection.create_process(term_type="vt100")
        assert "R1#" in await process.stdout.readuntil("R1#")
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(served.router.close(), served.loop))
        await connection.wait_closed()
        with pytest.raises(OSError, match="Connect call failed"):
            await _client(served.port)

    asyncio.run(run())


def test_a_host_key_is_kept_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "host"
    made = host_key(file)
    assert host_key(file) == made
    assert file.stat().st_mode & 0o777 == 0o600
