"""Ways to a router by other hosts: ``ProxyJump`` over several, and a ``ProxyCommand``, through real jump hosts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import asyncssh
import pytest
from routers.served import LOOPBACK, SshRig

from mcastlab.routers.ssh.client_config import SshClientConfig
from mcastlab.routers.ssh.login import RouterLogin
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routers.served import SshBox

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

BRIEF = "show ip interface brief"


class JumpHost(asyncssh.SSHServer):
    """A host that passes connections on, and remembers where they went."""

    def __init__(self, passed: list[tuple[str, int]]) -> None:
        self._passed = passed

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        del orig_host, orig_port
        self._passed.append((dest_host, dest_port))
        return True


class Ways:
    """Two jump hosts before a router, and an SSH client configuration that names them."""

    def __init__(self, rig: SshRig) -> None:
        self.rig = rig
        self.box: SshBox = rig.boxes["demo/lab-router"]  # type: ignore[assignment]  # over SSH it is one
        self.passed: dict[str, list[tuple[str, int]]] = {"first": [], "second": []}
        self.listeners = {name: rig.servers.call(self._listen(name)) for name in self.passed}
        self.ports = {name: listener.get_port() for name, listener in self.listeners.items()}
        self.box.identity.chmod(0o600)
        self.config = rig.folder / "config"

    async def _listen(self, name: str) -> asyncssh.SSHAcceptor:
        key = asyncssh.generate_private_key("ssh-ed25519")
        listener = await asyncssh.create_server(
            lambda: JumpHost(self.passed[name]),
            LOOPBACK,
            0,
            server_host_keys=[key],
            authorized_client_keys=asyncssh.import_authorized_keys(
                asyncssh.read_private_key(str(self.box.identity)).export_public_key().decode()
            ),
        )
        with (self.rig.folder / "known").open("a") as known:
            known.write(f"[{LOOPBACK}]:{listener.get_port()} {key.export_public_key().decode()}")
        return listener

    def session(self, way: str) -> NetmikoSession:
        """Return a session on the router by a way: a line of the configuration of ``Host plant``."""
        hosts = "".join(
            f"Host {name}\n HostName {LOOPBACK}\n Port {port}\n User jumper\n IdentityFile {self.box.identity}\n"
            f" IdentitiesOnly yes\n UserKnownHostsFile {self.rig.folder / 'known'}\n StrictHostKeyChecking yes\n"
            for name, port in self.ports.items()
        )
        self.config.write_text(
            f"{hosts}Host plant\n HostName {LOOPBACK}\n Port {self.box.port}\n User lab\n"
            f" IdentityFile {self.box.identity}\n UserKnownHostsFile {self.box.known_hosts}\n {way}\n"
        )
        host = SshClientConfig(self.config).lookup("plant")
        login = RouterLogin(
            router="demo/lab-router",
            key="plant",
            host=host,
            user=host.user,
            private_key=None,
            known_hosts=host.known_hosts,
        )
        return NetmikoSession(login, read_timeout_s=10)

    def close(self) -> None:
        for listener in self.listeners.values():
            self.rig.servers.loop.call_soon_threadsafe(listener.close)


@pytest.fixture
def ways(lab: Lab, tmp_path: Path) -> Iterator[Ways]:
    rig = SshRig(lab, tmp_path)
    found = Ways(rig)
    yield found
    found.close()
    rig.close()


def test_a_router_behind_two_jump_hosts_is_reached_by_both_in_order(ways: Ways) -> None:
    session = ways.session("ProxyJump first,second")
    assert session.show(BRIEF).startswith("Interface")
    session.close()
    assert ways.passed == {
        "first": [(LOOPBACK, ways.ports["second"])],
        "second": [(LOOPBACK, ways.box.port)],
    }


@pytest.mark.parametrize(
    "way", ["ProxyJump first", "ProxyCommand ssh -F {config} -W %h:%p first"], ids=["jump", "command"]
)
def test_one_jump_host_and_a_command_of_ones_own_lead_to_it_alike(ways: Ways, way: str) -> None:
    session = ways.session(way.format(config=ways.config))
    assert session.show(BRIEF).startswith("Interface")
    session.close()
    assert ways.passed == {"first": [(LOOPBACK, ways.box.port)], "second": []}


def test_a_jump_host_that_is_not_there_is_one_sentence(ways: Ways) -> None:
    ways.ports["second"] = 1
    begun = time.monotonic()
    with pytest.raises(RefusedError, match="demo/lab-router: no SSH session on plant") as refused:
        ways.session("ProxyJump first,second").show(BRIEF)
    assert "\n" not in refused.value.text
    # The program that has ended is noticed at once.
    assert time.monotonic() - begun < 8
