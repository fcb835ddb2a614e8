"""SSH into a Linux node: ``exec`` requests by key, with streams and exit status, as an OpenSSH server answers them."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import asyncssh

from mcastlab.twin.nodes.linux import NodeError, end_group

if TYPE_CHECKING:
    import socket

    from mcastlab.twin.nodes.linux import LinuxNode


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
    try:
        process = await node.open(channel.command)
    except NodeError as error:
        channel.stderr.write(f"{error}\n".encode())
        channel.exit(255)
        return
    try:
        await channel.redirect(process.stdin, process.stdout, process.stderr)
        ended = asyncio.create_task(process.wait())
        hung_up = asyncio.create_task(channel.wait_closed())
        await asyncio.wait((ended, hung_up), return_when=asyncio.FIRST_COMPLETED)
        hung_up.cancel()
        if ended.done():
            await channel.stdout.drain()
            code = ended.result()
            if code >= 0:
                channel.exit(code)
            else:
                channel.exit_with_signal(_signal_name(-code))
        else:
            ended.cancel()
    finally:
        if process.returncode is None:
            await end_group(process)


def _signal_name(number: int) -> str:
    """Return a signal's name as SSH writes it. Source: RFC 4254 6.10."""
    return signal.Signals(number).name.removeprefix("SIG")
