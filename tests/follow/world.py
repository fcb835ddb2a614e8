"""A lab's virtual routers and a gateway in memory, and a follower of them on a clock that a test moves."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from iosxe.memory import MemoryBackend
from iosxe.state import LiveMroute, LiveOutgoingInterface
from mcastlab.follow.follower import Follower
from mcastlab.follow.ports import FollowPorts
from mcastlab.follow.reading import GatewayReading
from mcastlab.follow.record import FollowedLines
from mcastlab.follow.router import FollowedRouter
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name
from mcastlab_base.errors import BusyError, LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routers.rig import Box, Rig

    from mcastlab.follow.events import FollowEvent, Kind
    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession

SITE_TUNNEL = "Tunnel200"


@dataclass
class Members:
    """A gateway's members, as a test says; the router is one of each group that its configuration joins."""

    box: Box
    who: dict[IPv4Address, frozenset[str]] = field(default_factory=dict)
    registered: set[IPv4Address] = field(default_factory=set)
    error: LabError | None = None
    deaf: bool = False
    """Whether the gateway loses the router's reports."""
    host_names: Mapping[str, str] = field(default_factory=lambda: {"eni-1": "doppel-1"})

    def read(self) -> GatewayReading:
        if self.error is not None:
            raise self.error
        text = self.box.text
        joined = {
            IPv4Address(line.split()[-1]) for line in text.splitlines() if line.startswith(" ip igmp join-group 239.9.")
        }
        return GatewayReading(
            members=dict(self.who),
            own=frozenset(self.registered) if self.deaf else frozenset(joined | self.registered),
            registered=frozenset(self.registered),
            total=sum(map(len, self.who.values())),
        )

    def register(self, groups: Sequence[IPv4Address]) -> None:
        if self.error is not None:
            raise self.error
        self.registered |= set(groups)

    def deregister(self, groups: Sequence[IPv4Address]) -> None:
        if self.error is not None:
            raise self.error
        self.registered -= set(groups)


class FollowWorld:
    """A rig whose AWS router follows devices."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.lab: Lab = rig.lab
        self.box = rig.boxes[aws_router_name(rig.lab)]
        self.box.calls.clear()
        self.members = Members(self.box)
        self.now = 0.0
        self.events: list[FollowEvent] = []
        self.busy = False
        self.cut = False
        self.remote: set[IPv4Address] = set()
        self.record = FollowedLines(rig.records, key=self.box.name, vpc_interface=AWS_INTERFACE)
        self.router, self.follower = self._made()

    def new_follower(self) -> None:
        """Begin with a follower that knows nothing yet, as a new process would."""
        self.router.close()
        self.router, self.follower = self._made()

    def _made(self) -> tuple[FollowedRouter, Follower]:
        router = FollowedRouter(self._connect, name=self.box.name, vpc_interface=AWS_INTERFACE, blocks=self.lab.blocks)
        ports = FollowPorts(
            router=router,
            members=self.members,
            record=self.record,
            writing=self._writing,
            tell=self.events.append,
            clock=lambda: self.now,
        )
        return router, Follower(blocks=self.lab.blocks, site_names={SITE_TUNNEL: "oslo"}, ports=ports)

    def close(self) -> None:
        """End all sessions and routers."""
        self.router.close()
        self.rig.close()

    def _connect(self) -> RouterSession:
        if self.cut:
            raise RefusedError(f"{self.box.name}: no route")
        return self.box.connect()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self.busy:
            raise BusyError("another command works on the target: process 7")
        self.record.refuse_under_way()
        yield

    def want(self, *groups: str, hosts: Sequence[str] = ()) -> None:
        """Have the remote site want groups, and a host others."""
        self.remote = set(map(IPv4Address, groups))
        self.members.who = {IPv4Address(group): frozenset({"eni-1"}) for group in hosts}

    def step(self, seconds: float = 1.0) -> None:
        """Let time pass, and have the follower look at everything."""
        self.now += seconds
        backend = self.box.virtual.device.backend
        assert isinstance(backend, MemoryBackend)
        joined = {IPv4Address(line.split()[-1]) for line in self.lines()}
        backend.world.mroutes = tuple(
            LiveMroute(
                source=None,
                group=group,
                rendezvous_point=IPv4Address("10.255.0.10"),
                flags="S",
                uptime_s=1,
                expires_s=200,
                incoming_interface=None,
                rpf_neighbor=None,
                rpf_is_mroute=False,
                registering=False,
                outgoing=tuple(
                    LiveOutgoingInterface(interface=name, uptime_s=1, expires_s=200)
                    for name, there in ((SITE_TUNNEL, group in self.remote), (AWS_INTERFACE, group in joined))
                    if there
                ),
            )
            for group in sorted(self.remote | joined)
        )
        self.follower.watch.poll()
        self.follower.step()

    def lines(self) -> list[str]:
        """Return the router's lines about groups of the first block."""
        return [
            line.strip() for line in self.box.text.splitlines() if line.startswith(" ip igmp") and " 239.9." in line
        ]

    def reported(self, kind: Kind) -> list[str]:
        """Return the groups, or the texts, of the events of a kind."""
        return [str(event.group or event.text) for event in self.events if event.kind is kind]
