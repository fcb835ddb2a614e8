"""SSH into a Linux node: ``exec`` requests by key, with streams and exit status, as an OpenSSH server answers them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final

import asyncssh

from mcastlab_twin.services.service import ServiceError

if TYPE_CHECKING:
    import socket

    from mcastlab_twin.services.linux import LinuxNode, OpenCommand


_CHUNK: Final = 1 << 16


async def serve(
    node: LinuxNode, sock: socket.socket, host_key: asyncssh.SSHKey, client_keys: asyncssh.SSHAuthorizedKeys
) -> asyncssh.SSHAcceptor:
    """Answer SSH on a listening socket with the node's shell; any user name is its root."""

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _handle(node, process)

    return await asyncssh.listen(
        sock=sock,
        server_host_keys=[host_key],
        authorized_client_keys=client_keys,
        process_factory=handle,
        encoding=None,
        line_editor=False,
        allow_scp=False,
        agent_forwarding=False,
    )


async def _handle(node: LinuxNode, channel: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run a command with its three streams on a channel; when the client hangs up, it is killed."""
    try:
        command = await node.open(channel.command)
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


async def _outputs(command: OpenCommand, channel: asyncssh.SSHServerProcess[bytes]) -> None:
    async with asyncio.TaskGroup() as group:
        for source, sink in zip(command.outputs, (channel.stdout, channel.stderr), strict=True):
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
        while data := await channel.stdin.read(_CHUNK):
            command.stdin.write(data)
            await command.stdin.drain()
        command.stdin.close()
