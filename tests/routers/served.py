"""A lab's virtual routers that answer SSH on loopback, and the way to push to them as the command line does."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facts_sample import facts_for
from routers.rig import INTERFACES, Rig
from rsa_keys import rsa_key

from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.router import Pace
from mcastlab.routers.ssh.client_config import SshHost
from mcastlab.routers.ssh.login import RouterLogin
from mcastlab.routers.ssh.session import NetmikoSession

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from mcastlab.lab.model import Platform
    from mcastlab.routers.ssh.login_secrets import LoginSecrets

LOOPBACK = "127.0.0.1"
READ_TIMEOUT_S = 10.0
"""A busy machine's router is slow, and does not hang."""
HANGS_AFTER_S = 1.5
"""For tests in which one does."""
SOON = Pace(health_s=0, reach_s=5, poll_s=0.05)


class Servers:
    """A thread with an event loop for routers."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.close()


@dataclass
class SshBox:
    """A virtual router on a port of its own."""

    name: str
    startup: str
    servers: Servers
    folder: Path
    identity: Path
    round_trip_s: float = 0
    platform: Platform = "c8000v"
    read_timeout_s: float = READ_TIMEOUT_S
    old_ssh: bool = False
    secrets: LoginSecrets | None = None
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sock = socket.create_server((LOOPBACK, 0))
        self.port: int = self.sock.getsockname()[1]
        self.key = rsa_key(self.name)
        self.virtual: VirtualRouter = self.servers.call(self._start())
        self.known_hosts = self.folder / f"known-{self.port}"
        self.known_hosts.write_text(f"[{LOOPBACK}]:{self.port} {self.key.export_public_key().decode()}")

    async def _start(self) -> VirtualRouter:
        router = VirtualRouter("r", self.platform, INTERFACES, MemoryBackend())
        assert await router.load(self.startup) == ()
        await router.serve(self.sock, self.key, old_ssh=self.old_ssh)
        router.faults.round_trip_s = self.round_trip_s
        return router

    @property
    def login(self) -> RouterLogin:
        host = SshHost(
            alias=self.name,
            hostname=LOOPBACK,
            port=self.port,
            user="lab",
            identity_file=self.identity,
            known_hosts=self.known_hosts,
            proxy_command=None,
        )
        return RouterLogin(
            router=self.name,
            key=self.name,
            host=host,
            user="lab",
            private_key=None,
            known_hosts=self.known_hosts,
            secrets=self.secrets,
        )

    def connect(self) -> NetmikoSession:
        return NetmikoSession(self.login, read_timeout_s=self.read_timeout_s)

    @property
    def text(self) -> str:
        self.servers.call(self.virtual.rebooted())
        return self.virtual.running_config

    def close(self) -> None:
        self.servers.call(self.virtual.close())
        self.sock.close()


@dataclass
class SshRig(Rig):
    """The routers of a lab over SSH."""

    pace: Pace = SOON
    round_trip_s: float = 0
    read_timeout_s: float = READ_TIMEOUT_S
    old_ssh: bool = False

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.wanted:
            self.wanted = {each.router: intended(each) for each in render_all(self.lab, facts_for(self.lab))}
        self.servers = Servers()
        key = rsa_key("a user")
        identity = self.folder / "identity"
        key.write_private_key(str(identity), format_name="pkcs1-pem")
        digest = hashlib.md5(key.public_data, usedforsecurity=False).hexdigest().upper()
        platforms: dict[str, Platform] = {
            aws_router_name(self.lab): self.lab.router.platform,
            **{remote_router_name(self.lab, site): site.router.platform for site in self.lab.sites},
        }
        chain = f"ip ssh pubkey-chain\n  username lab\n   key-hash ssh-rsa {digest}\n"
        self.boxes = {
            name: SshBox(  # type: ignore[misc]  # both kinds of box do what a rig asks of them
                name=name,
                startup=chain + self.startup.format(name=name.split("/")[1]),
                servers=self.servers,
                folder=self.folder,
                identity=identity,
                round_trip_s=self.round_trip_s,
                read_timeout_s=self.read_timeout_s,
                platform=platforms[name],
                old_ssh=self.old_ssh,
            )
            for name in self.wanted
        }

    def close(self) -> None:
        super().close()
        self.servers.stop()
