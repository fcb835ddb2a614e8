"""The gateway as a follower sees it: asked at its own pace, beside the router, so that neither waits for the other."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mcastlab.follow.schedule import PollSchedule
from mcastlab_base.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from ipaddress import IPv4Address

    from mcastlab.follow.reading import GatewayReading


class MemberSource(Protocol):
    """Where the members of the blocks' groups are known."""

    def read(self) -> GatewayReading:
        """Return the members of the blocks' groups.

        Raises:
            LabError: they cannot be read; the next attempt may succeed.
        """

    @property
    def host_names(self) -> Mapping[str, str]:
        """The names of the lab's hosts by their network interfaces, as far as they are known."""

    def register(self, groups: Sequence[IPv4Address]) -> None:
        """Make the AWS router a member of groups through the API.

        Raises:
            LabError: the gateway refused.
        """

    def deregister(self, groups: Sequence[IPv4Address]) -> None:
        """End memberships of the AWS router that the API made.

        Raises:
            LabError: the gateway refused.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestMembers:
    """The last reading, when it was begun, and why there is no later one."""

    reading: GatewayReading | None = None
    taken: float = 0.0
    error: LabError | None = None


class GatewayWatch:
    """Reads the members again and again, in a thread of its own."""

    def __init__(
        self,
        source: MemberSource,
        *,
        woken: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        schedule: PollSchedule | None = None,
    ) -> None:
        self._source = source
        self._woken = woken
        self._clock = clock
        self._schedule = schedule or PollSchedule()
        self._latest = LatestMembers()
        self._turn = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)

    @property
    def latest(self) -> LatestMembers:
        """The last reading."""
        return self._latest

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End; a reading that is under way is not waited for."""
        self._stopping = True
        self._turn.set()

    def changed(self) -> None:
        """Read quickly for a while, as memberships change."""
        self._schedule.changed(self._clock())
        self._turn.set()

    def poll(self) -> float:
        """Read once, and return how long to wait until the next time."""
        taken = self._clock()
        before = self._latest
        try:
            reading = self._source.read()
        except LabError as error:
            self._schedule.failed()
            self._latest = LatestMembers(reading=before.reading, taken=before.taken, error=error)
        else:
            self._schedule.succeeded()
            if before.reading is not None and reading.members != before.reading.members:
                self._schedule.changed(taken)
            self._latest = LatestMembers(reading=reading, taken=taken)
            if before.reading is None or reading != before.reading:
                self._woken()
        return self._pause()

    def _pause(self) -> float:
        reading = self._latest.reading
        return self._schedule.pause(self._clock(), 1 if reading is None else reading.calls)

    def _run(self) -> None:
        while not self._stopping:
            begun = self._clock()
            pause = self.poll()
            # From the beginning of one to that of the next, so that a slow answer does not add to the interval.
            left = max(pause - (self._clock() - begun), pause / 2)
            if self._turn.wait(left):
                self._turn.clear()
                self._wait_out(begun)

    def _wait_out(self, begun: float) -> None:
        """Wait until the quick interval is over since the last reading."""
        left = self._pause() - (self._clock() - begun)
        if left > 0 and not self._stopping:
            threading.Event().wait(left)
