"""The ways of connections, as sockets: programs (``ProxyCommand``, the client behind ``ProxyJump``), and tunnels."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from select import select
from typing import Final

import paramiko

THROUGH: Final = "is it running, and do its security group and that of the connect endpoint let TCP 22 through?"
"""What to ask where a tunnel leads to nothing."""
_END_S: Final = 2.0
"""How long a program may take to end."""


class ProxyProcess(paramiko.ProxyCommand):
    """A program that ends with its connection, and whose end is the connection's.

    paramiko's own waits for ever where a program has ended, and leaves the process and its pipes behind.
    """

    def recv(self, size: int) -> bytes:
        """Return what has come in, nothing at the end.

        Raises:
            TimeoutError: nothing came in time.
        """
        pipe = self.process.stdout
        if pipe is None:
            return b""
        # Of a pipe that was closed meanwhile, and of its number, nothing is to be had.
        with suppress(ValueError):
            if not select([pipe], [], [], self.timeout)[0]:
                raise TimeoutError
            return os.read(pipe.fileno(), size)
        return b""

    def close(self) -> None:
        """End the program."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class TunnelSocket(socket.socket):
    """An end of a tunnel."""

    closed_because: str = ""
    """Why the other side closed the tunnel, in its words; it stands here before the end is read."""


def why_closed(way: object) -> str:
    """Return why the other side closed a way, as far as it said; nothing where it did not, or the way stands."""
    return (
        f"the tunnel was closed: {way.closed_because}" if isinstance(way, TunnelSocket) and way.closed_because else ""
    )
