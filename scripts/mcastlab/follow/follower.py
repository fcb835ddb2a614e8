"""The follower: reads what devices want, and has the AWS router join and leave.

The router's configuration is the truth, and the record says which of its lines are ours. A line is recorded before it
is sent, and struck off the record after it was taken out: so whenever this process is killed, the next one finds in the
router what it may take out, and never more.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab.follow.demand import Demand, demand_of
from mcastlab.follow.events import FollowEvent, Kind
from mcastlab.follow.gateway import GatewayWatch
from mcastlab.follow.policy import FollowedGroup, adopt, after_change, decide, read_back
from mcastlab.follow.rates import PacketRates
from mcastlab.follow.reading import GatewayReading, IgmpLine, RouterReading
from mcastlab.follow.schedule import retry_pause, router_pause
from mcastlab.lab.blocks import block_of
from mcastlab_base.errors import BusyError, LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from ipaddress import IPv4Address

    from mcastlab.follow.ports import FollowPorts
    from mcastlab.lab.model import GroupBlock

LINES_EVERY_S: Final = 30.0
"""How often the router's configuration is read besides, as somebody may have changed it."""
DOUBT_S: Final = 5.0
"""After how long a joined group that is not forwarded to the VPC has the configuration read."""
BUSY_PAUSE_S: Final = 0.2
JOINS_AT_ONCE: Final = 200
"""Of many groups, so many are joined before the next ones: nobody waits for all, and others may write in between."""
_ROUTER, _GATEWAY, _TARGET = "router", "gateway", "target"


@dataclass(slots=True)
class Follower:
    """Follows the groups of a lab's blocks until it is stopped."""

    blocks: Sequence[GroupBlock]
    site_names: Mapping[str, str]
    """The sites by their tunnel's interface on the AWS router."""
    ports: FollowPorts
    leaves_at_end: bool = False
    """Whether it leaves what is ours when it is stopped, as nobody follows after it."""
    groups: Mapping[IPv4Address, FollowedGroup] = field(default_factory=dict)
    demand: Demand = field(default_factory=Demand)
    rates: PacketRates = field(default_factory=PacketRates)
    watch: GatewayWatch = field(init=False)
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: bool = False
    _reading: RouterReading = field(default_factory=RouterReading)
    _read: bool = False
    _router_due: float = float("-inf")
    _lines: frozenset[IgmpLine] = frozenset()
    _generation: int = -1
    _lines_due: float = float("-inf")
    _compared: float = float("-inf")
    _changed: float = float("-inf")
    _failures: int = 0
    _troubles: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.watch = GatewayWatch(self.ports.members, woken=self._wake.set, clock=self.ports.clock)

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Follow until `stop` is called; `started` is called before the first step.

        Raises:
            RefusedError: before anything else, the router does not let this user configure it.
        """
        self.ports.router.may_configure()
        self.ports.tell(
            FollowEvent(kind=Kind.STARTED, text=", ".join(f"{each.name} {each.address}" for each in self.blocks))
        )
        self.watch.start()
        try:
            started()
            while not self._stopping:
                pause = self.step()
                self.ports.after_step(self)
                if pause > 0:
                    self._wake.wait(pause)
                self._wake.clear()
            if self.leaves_at_end and self._read:
                self._change((), tuple(each.group for each in self.groups.values() if each.live), ())
        finally:
            self.watch.stop()
            self.ports.router.close()

    @property
    def waiting(self) -> tuple[str, ...]:
        """What is waited for."""
        return tuple(text for _, text in self._troubles.values())

    def stop(self) -> None:
        """End after the step that is under way."""
        self._stopping = True
        self._wake.set()

    def step(self) -> float:
        """Read what is due, do what follows, and return how long nothing is due."""
        now = self.ports.clock()
        if now >= self._router_due and not self._read_router(now):
            return self._router_due - self.ports.clock()
        if self._read:
            self._act()
            self._count()
        return self._router_due - self.ports.clock()

    def _read_router(self, now: float) -> bool:
        """Read the router and, where it is due, its configuration; say whether it answered."""
        router = self.ports.router
        with_lines = router.generation != self._generation or now >= self._lines_due or self._is_in_doubt(now)
        try:
            self._reading, lines = router.read(with_lines=with_lines)
            if lines is None and router.generation != self._generation:
                self._reading, lines = router.read(with_lines=True)
        except LabError as error:
            self._failures += 1
            self._router_due = self.ports.clock() + retry_pause(self._failures)
            self._trouble(_ROUTER, error.text)
            return False
        ended = self.ports.clock()
        self._router_due = ended + router_pause(ended - now)
        self._failures = 0
        self._read = True
        self._recovered(_ROUTER)
        if lines is not None:
            self._generation = router.generation
            self._lines_due = ended + LINES_EVERY_S
            self._adopt(lines)
        return True

    def _count(self) -> None:
        """Read the router's packet counts where somebody looks at rates; without them, the groups follow too."""
        begun = self.ports.clock()
        if not self.rates.is_due(begun) or not any(each.live for each in self.groups.values()):
            return
        try:
            packets = self.ports.router.packets()
        except LabError:
            # The next reading of the routes says why.
            return
        ended = self.ports.clock()
        self.rates.add(packets, begun, ended)
        self._router_due = max(self._router_due, ended + router_pause(ended - begun))

    def _is_in_doubt(self, now: float) -> bool:
        """Say whether the router does not forward what it is to have joined; asked for once in a while."""
        if now < self._lines_due - LINES_EVERY_S + DOUBT_S:
            return False
        return any(
            each.joined_at is not None and now - each.joined_at >= DOUBT_S and each.group not in self._reading.to_vpc
            for each in self.groups.values()
        )

    def _adopt(self, lines: frozenset[IgmpLine]) -> None:
        """Take the router's lines for the truth."""
        self._lines = lines
        ours = lines & self.ports.record.lines()
        found = adopt(
            self.groups,
            ours={line.group for line in ours},
            foreign={line.group for line in lines - ours},
            blocks=self.blocks,
            now=self.ports.clock(),
        )
        self.groups = found.groups
        self._tell(found.events)

    def _act(self) -> None:
        """Compare what is wanted with what is joined, and have the router follow."""
        members = self.watch.latest
        if members.error is not None:
            self._trouble(_GATEWAY, members.error.text)
        elif members.reading is not None:
            self._recovered(_GATEWAY)
        gateway = members.reading or GatewayReading()
        names = {**self.site_names, **self.ports.members.host_names}
        demand = demand_of(self._reading, gateway, names)
        for group in sorted(demand.sending.keys() - self.demand.sending.keys()):
            text = "sending, nobody listens"
            self.ports.tell(FollowEvent(kind=Kind.SENDING, group=group, by=demand.sending[group], text=text))
        self.demand = demand
        now = self.ports.clock()
        decision = decide(self.groups, demand, self.blocks, now)
        self.groups = decision.groups
        self._tell(decision.events)
        again: tuple[IPv4Address, ...] = ()
        if members.reading is not None and members.taken > max(self._compared, self._changed):
            self._compared = members.taken
            back = read_back(self.groups, members.reading, members.taken, now)
            self.groups, again = back.groups, back.again
            self._tell(back.events)
            self._end_stale_registrations(members.reading)
        # Without a word of the gateway, nobody knows who in the VPC wants what was joined before.
        leaves = decision.leaves if members.reading is not None else ()
        if leaves or again or decision.joins:
            done = self._change(decision.joins[:JOINS_AT_ONCE], leaves, again)
            for start in range(JOINS_AT_ONCE, len(decision.joins), JOINS_AT_ONCE):
                done = (
                    done and not self._stopping and self._change(decision.joins[start : start + JOINS_AT_ONCE], (), ())
                )

    def _change(
        self, joins: Sequence[IPv4Address], leaves: Sequence[IPv4Address], again: Sequence[IPv4Address]
    ) -> bool:
        """Have the router join and leave in one write; say whether it did. A line is recorded before it is sent."""
        ports = self.ports
        come = [self._line(group) for group in joins]
        try:
            with ports.writing():
                recorded = ports.record.lines()
                gone = [line for line in sorted(self._lines & recorded) if line.group in frozenset(leaves)]
                renewed = [line for line in sorted(self._lines & recorded) if line.group in frozenset(again)]
                ours = (recorded & self._lines) | frozenset(come)
                ports.record.keep(ours)
                refused = ports.router.change([*gone, *renewed], [*renewed, *come])
                self._with_api([*come, *renewed], [line for line in gone if line not in refused])
                ports.record.keep(ours - (frozenset(gone) - refused.keys()))
        except BusyError as error:
            self._trouble(_TARGET, error.text)
            self._router_due = max(self._router_due, ports.clock() + BUSY_PAUSE_S)
            # Another command may have changed what the router has.
            self._lines_due = ports.clock()
            return False
        except LabError as error:
            self._trouble(_ROUTER, error.text)
            self._lines_due = ports.clock()
            return False
        self._recovered(_TARGET)
        self._changed = ports.clock()
        self._lines = (self._lines - frozenset(gone)) | (frozenset(come) - refused.keys())
        if refused:
            self._lines_due = ports.clock()
        bad = {line.group: text for line, text in refused.items() if line.group in frozenset(joins)}
        self.groups, events = after_change(
            self.groups,
            joined=[group for group in joins if group not in bad],
            left=[line.group for line in gone if line not in refused],
            refused=bad,
            now=ports.clock(),
        )
        self._tell(events)
        self.watch.changed()
        return True

    def _line(self, group: IPv4Address) -> IgmpLine:
        block = block_of(group, self.blocks)
        return IgmpLine(group, "join" if block is None else block.via)

    def _with_api(self, come: Iterable[IgmpLine], gone: Iterable[IgmpLine]) -> None:
        """Register and deregister the router in the groups whose lines send no reports.

        What the gateway refuses now is found by the next comparison with its members.
        """
        registered = [line.group for line in come if line.via == "static"]
        deregistered = [line.group for line in gone if line.via == "static"]
        try:
            if registered:
                self.ports.members.register(registered)
            if deregistered:
                self.ports.members.deregister(deregistered)
        except LabError as error:
            self._trouble(_GATEWAY, error.text)

    def _end_stale_registrations(self, gateway: GatewayReading) -> None:
        """Deregister the router from groups of the blocks that it has no line for any more."""
        stale = gateway.registered - {line.group for line in self._lines if line.via == "static"}
        if stale:
            self._with_api((), [IgmpLine(group, "static") for group in sorted(stale)])

    def _tell(self, events: Iterable[FollowEvent]) -> None:
        for event in events:
            self.ports.tell(event)

    def _trouble(self, what: str, text: str) -> None:
        """Say once what is waited for."""
        since, said = self._troubles.get(what, (self.ports.clock(), ""))
        if said != text:
            self.ports.tell(FollowEvent(kind=Kind.WAITING, text=text))
        self._troubles[what] = since, text

    def _recovered(self, what: str) -> None:
        since, _ = self._troubles.pop(what, (None, ""))
        if since is not None:
            name = {"target": "the other command has ended"}.get(what, f"the {what} answers again")
            self.ports.tell(FollowEvent(kind=Kind.RECOVERED, seconds=self.ports.clock() - since, text=name))
