"""Numbered datagrams in both directions of the lab."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = str(Path(__file__).with_name("datagrams.py"))
AWS_SENDER, AWS_RECEIVER = ("other", "10.10.1.22"), ("host", "10.10.1.21")
FOREIGN_SENDER = ("other", "10.10.2.22")
"""Of a subnet that is not the router's."""
DEVICE = ("dev", "192.168.50.20")
COUNT, GAP_S, TAIL_S = 20, 0.02, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How many of `COUNT` datagrams arrived."""

    to_far: int
    to_aws: int

    @property
    def all(self) -> bool:
        """Both directions without loss."""
        return self.to_far == self.to_aws == COUNT


async def exchange(group: str, aws_sender: tuple[str, str] = AWS_SENDER) -> Heard:
    """Send both ways once."""
    far, aws = await asyncio.gather(_listen(DEVICE, group), _listen(AWS_RECEIVER, group))
    senders = (aws_sender, DEVICE)
    await asyncio.gather(
        *(run(sys.executable, PROGRAM, "send", group, ip, str(COUNT), str(GAP_S), netns=netns) for netns, ip in senders)
    )
    at_far, at_aws = [json.loads((await each.communicate())[0]) for each in (far, aws)]
    return Heard(to_far=len(at_far.get(aws_sender[1], ())), to_aws=len(at_aws.get(DEVICE[1], ())))


async def until(group: str, wanted: Callable[[Heard], bool], timeout_s: float) -> tuple[Heard, float]:
    """Exchange until it is as wanted, or the time is over; returns the last exchange and the seconds."""
    start = time.monotonic()
    while True:
        heard = await exchange(group)
        passed = time.monotonic() - start
        if wanted(heard) or passed > timeout_s:
            return heard, passed


async def _listen(station: tuple[str, str], group: str) -> asyncio.subprocess.Process:
    """Start a receiver; returns once it has joined."""
    netns, address = station
    seconds = COUNT * GAP_S + TAIL_S
    receiver = await asyncio.create_subprocess_exec(
        *("ip", "netns", "exec", netns, sys.executable, PROGRAM, "receive", group, address, str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert receiver.stdout is not None
    await receiver.stdout.readline()
    return receiver


async def segment_size(server: tuple[str, str], client: tuple[str, str]) -> int:
    """Return the TCP segment size that a client gets to a server on the other side."""
    (server_netns, address), (client_netns, _) = server, client
    listener = await asyncio.create_subprocess_exec(
        *("ip", "netns", "exec", server_netns, sys.executable, PROGRAM, "serve", address),
        stdout=asyncio.subprocess.PIPE,
    )
    assert listener.stdout is not None
    await listener.stdout.readline()
    found = await run(sys.executable, PROGRAM, "connect", address, netns=client_netns)
    await listener.wait()
    return int(found.stdout)
