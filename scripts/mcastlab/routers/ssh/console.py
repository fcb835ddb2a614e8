"""A router's command line at this terminal, or for what is piped in: the login is the push's own."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from mcastlab.routers.ssh.login import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    import paramiko

    from mcastlab.routers.ssh.login import RouterLogin

_CHUNK: Final = 1 << 15
_END: Final = b"\nexit\n"
"""Ends the session where what is piped in has ended: IOS does not end one by itself."""


def attach(login: RouterLogin) -> None:
    """Log in, and pass on what is typed and answered until the router or the user ends the session.

    Raises:
        RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
    """
    size = terminal_size()
    connection = connected(login, width=size.columns, height=size.lines)
    channel = cast("paramiko.Channel", connection.remote_conn)
    try:
        with raw_terminal(), resizing(channel):
            _pass_on(channel)
    finally:
        channel.close()
        if (client := connection.remote_conn_pre) is not None:
            client.close()


def terminal_size() -> os.terminal_size:
    """Return the size of the terminal where we are typed to; COLUMNS and LINES are for what we print ourselves."""
    try:
        return os.get_terminal_size(sys.stdin.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size()


def _pass_on(channel: paramiko.Channel) -> None:
    sys.stdout.flush()
    ours, out = sys.stdin.fileno(), sys.stdout.fileno()
    channel.settimeout(None)
    sources: list[paramiko.Channel | int] = [channel, ours]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if channel in ready:
            answer = channel.recv(_CHUNK)
            if not answer:
                return
            while answer:
                answer = answer[os.write(out, answer) :]
        if ours in ready:
            typed = os.read(ours, _CHUNK)
            try:
                channel.sendall(typed or _END)
            except OSError:  # the router has ended the session
                return
            if not typed:
                sources.remove(ours)


@contextmanager
def raw_terminal() -> Iterator[None]:
    """Pass on every key, Ctrl-C too; the terminal is as before in the end."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextmanager
def resizing(channel: paramiko.Channel) -> Iterator[None]:
    """Tell the router when the terminal changes its size."""

    def resize(_number: int, _frame: object) -> None:
        size = terminal_size()
        channel.resize_pty(size.columns, size.lines)

    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
