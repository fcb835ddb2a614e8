"""A virtual IOS-XE router: configuration, backend, sessions and its SSH server, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    import asyncssh

    from mcastlab.lab.model import Platform
    from mcastlab.twin.router.state import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line of a start-up configuration that the router did not take, and what it said."""

    number: int
    line: str
    answer: str


class VirtualRouter:
    """A router that is configured over SSH and makes its configuration real through a backend.

    Args:
        name: what the twin calls it; the hostname is what the configuration says.
        platform: the Cisco image it stands for.
        interfaces: its physical interfaces by IOS name: ``("GigabitEthernet1", "GigabitEthernet2")``.
        backend: what makes the configuration real and tells the state.
        console: the file that console messages (``%BGP-5-ADJCHANGE: ...``) are appended to.
    """

    def __init__(
        self,
        name: str,
        platform: Platform,
        interfaces: tuple[str, ...],
        backend: Backend,
        *,
        console: Path | None = None,
    ) -> None:
        self.name = name
        self.platform = platform
        self.interfaces = interfaces
        self.backend = backend
        self.console = console

    async def boot(self, user_data: str = "", *, public_key: str | None = None) -> tuple[RefusedLine, ...]:
        """Boot as the AWS image does: GigabitEthernet1 by DHCP, user ``ec2-user`` with the key pair, then the user data.

        Returns the lines that were refused; a router boots in spite of them.
        """
        raise NotImplementedError

    async def load(self, startup: str) -> tuple[RefusedLine, ...]:
        """Boot from a start-up configuration, as a router that somebody has set up before does."""
        raise NotImplementedError

    async def serve(self, sock: socket.socket, host_key: asyncssh.SSHKey) -> None:
        """Answer SSH on a listening socket from now on; returns at once. The socket is the router's to close."""
        raise NotImplementedError

    async def settled(self) -> None:
        """Wait until the backend has been given the newest configuration."""
        raise NotImplementedError

    async def close(self) -> None:
        """End every session, the listener and the applier. What the backend made stays."""
        raise NotImplementedError
