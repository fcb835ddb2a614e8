"""SSH into a Linux node by key: a command with its streams and exit status, or a terminal, as OpenSSH serves them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final

import asyncssh

from mcastlab_twin.services.node_commands import TerminalKind
from mcastlab_twin.services.service import ServiceError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence

    from mcastlab_twin.services.linux import LinuxNode
    from mcastlab_twin.services.node_commands import OpenCommand

    AuthorizedKeys = Callable[[str], Awaitable[Sequence[str]]]

_CHUNK: Final = 1 << 16


async def serve(
    node: LinuxNode, sock: socket.socket, host_key: asyncssh.SSHKey, authorized: AuthorizedKeys
) -> asyncssh.SSHAcceptor:
    """Answer SSH on a listening socket with the node's shell, which is its root's whoever logs in.

    `authorized` returns the public keys that log a user in just now, in OpenSSH form.
    """

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _handle(node, process)

    return await asyncssh.listen(
        sock=sock,
        server_host_keys=[host_key],
        server_factory=lambda: _Door(authorized),
        process_factory=handle,
        encoding=None,
        line_editor=False,
        allow_scp=False,
        agent_forwarding=False,
    )


class _Door(asyncssh.SSHServer):
    """Asks anew for each login whose keys open it."""

    def __init__(self, authorized: AuthorizedKeys) -> None:
        self._authorized = authorized
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Take over a connection."""
        self._connection = conn

    async def begin_auth(self, username: str) -> bool:
        """Let the user's keys log in; a login is always needed."""
        keys = await self._authorized(username)
        if self._connection is not None and keys:
            self._connection.set_authorized_keys(asyncssh.import_authorized_keys("\n".join(keys)))
        return True


async def _handle(node: LinuxNode, channel: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run a command with its three streams on a channel; when the client hangs up, it is killed."""
    try:
        command = await _opened(node, channel)
    except ServiceError as error:
        channel.stderr.write(f"{error}\n".encode())
        channel.exit(255)
        return
    streams = asyncio.ensure_future(_outputs(command, channel))
    given = asyncio.ensure_future(_input(command, channel))
    hung_up = asyncio.ensure_future(channel.wait_closed())
    try:
        # Output first: a command has ended when its streams are at their end, as with an OpenSSH server.
        await asyncio.wait((streams, hung_up), return_when=asyncio.FIRST_COMPLETED)
        if streams.done() and streams.exception() is None:
            code = await command.process.wait()
            if code >= 0:
                channel.exit(code)
            else:
                channel.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))
    finally:
        for task in (streams, given, hung_up):
            task.cancel()
        await command.close()
        await asyncio.gather(streams, given, hung_up, return_exceptions=True)


async def _opened(node: LinuxNode, channel: asyncssh.SSHServerProcess[bytes]) -> OpenCommand:
    kind = channel.term_type
    if not kind:
        return await node.open(channel.command)
    columns, rows, *_ = channel.term_size
    return await node.open_terminal(channel.command, TerminalKind(name=kind, columns=columns, rows=rows))


async def _outputs(command: OpenCommand, channel: asyncssh.SSHServerProcess[bytes]) -> None:
    async with asyncio.TaskGroup() as group:
        for source, sink in zip(command.outputs, (channel.stdout, channel.stderr), strict=False):
            group.create_task(_pump(source, sink))


async def _pump(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()


async def _input(command: OpenCommand, channel: asyncssh.SSHServerProcess[bytes]) -> None:
    if command.stdin is None:
        return
    # A command may end, or close its input, before it has read all that it is given.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while True:
            try:
                data = await channel.stdin.read(_CHUNK)
            except asyncssh.TerminalSizeChanged as size:
                command.resize(size.width, size.height)
                continue
            if not data:
                break
            command.stdin.write(data)
            await command.stdin.drain()
        command.stdin.close()
