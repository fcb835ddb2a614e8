"""Listening live: what one host or device hears of a group, as sound on standard output while it comes."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING, Final

from mcastlab import remote_python
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.types import known_names
from mcastlab.routers.ssh.live_output import host_output, process_output
from mcastlab.text import printable
from mcastlab.traffic.live_listener import FRAME
from mcastlab.traffic.live_sound import LiveSound
from mcastlab.traffic.participants import nodes_of, participants_of
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mcastlab.cli.context import Context
    from mcastlab.lab.model import Group, Lab
    from mcastlab.routers.ssh.live_output import LiveOutput

TURN_S: Final = 0.02
"""How often sound is written: that of a packet."""


def listener_of(lab: Lab, group: Group, name: str | None) -> str:
    """Return which host or device listens: the named one, or the first that may receive.

    Raises:
        BadInputError: it may not receive from this group, or has no SSH.
    """
    nodes = nodes_of(lab)
    able = [nodes[node].name for node in participants_of(Roles(lab), group, nodes).receivers]
    if name in {device.name for site in lab.sites for device in site.appliances}:
        raise BadInputError(f"{name} is an appliance: it has no SSH", hint=known_names(str(name), sorted(able)))
    if not able:
        raise BadInputError(f"no host and no device receives {group.name}", hint="write one under its receivers")
    if name not in {None, *able}:
        raise BadInputError(f"{name} does not receive {group.name}", hint=known_names(str(name), sorted(able)))
    return name or able[0]


def listener_command(group: Group) -> str:
    """Return what a host or device runs to listen to a group."""
    return remote_python.command("mcastlab.traffic.live_listener", str(group.address), str(group.port))


def output_at(
    context: Context, name: str, group: Group, progress: Callable[[str], None]
) -> AbstractContextManager[LiveOutput]:
    """Return what a host or device prints that listens to a group.

    Raises:
        RefusedError: there is no way to it.
    """
    command = listener_command(group)
    if name in context.lab.host_names:
        return host_output(context.connections.host_login(name, progress), command)
    return process_output(context.connections.device(name).argv(command))


def pass_on(
    name: str, output: LiveOutput, sink: int, *, tell: Callable[[str], None], seconds: int | None = None
) -> bool:
    """Write what is heard to a descriptor until the time is over or its reader has gone; return whether anything was.

    Raises:
        RefusedError: the listener ended before.
    """
    sound, frames, poller = LiveSound(), Frames(), select.poll()
    poller.register(output.fileno(), select.POLLIN)
    poller.register(sink, 0)
    end_s = time.monotonic() + seconds if seconds else float("inf")
    try:
        while (now_s := time.monotonic()) < end_s:
            ready = {descriptor for descriptor, _ in poller.poll(TURN_S * 1000)}
            if sink in ready:
                break
            if output.fileno() in ready and (data := output.read()) is not None:
                if not data:
                    raise RefusedError(
                        f"{name}: the listener ended: {printable(output.why_ended())}",
                        hint="it needs Python 3.9 or later, and SSH that stays",
                    )
                for source, datagram in frames.of(data):
                    for text in sound.take(source, datagram, now_s):
                        tell(printable(text))
            _write(sink, sound.due(time.monotonic()))
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    return sound.has_begun


class Frames:
    """Datagrams as a live listener prints them, cut out of what comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield the sender and the datagram of each frame that is whole by now."""
        self._rest += data
        while len(self._rest) >= FRAME.size:
            size, source = FRAME.unpack_from(self._rest)
            if len(self._rest) < FRAME.size + size:
                return
            datagram, self._rest = self._rest[FRAME.size : FRAME.size + size], self._rest[FRAME.size + size :]
            if size:
                yield ".".join(map(str, source)), datagram


def _write(sink: int, data: bytes) -> None:
    while data:
        data = data[os.write(sink, data) :]
