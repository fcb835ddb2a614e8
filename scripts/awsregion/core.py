"""One region: its EC2, its commands, and who is notified when something changes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeVar

from awsregion import instance_connect, ssm
from awsregion.commands import Commands
from awsregion.ec2.actions import perform
from awsregion.ec2.attachments import lose_attachment
from awsregion.ec2.catalogue import product_code
from awsregion.ec2.errors import AwsError
from awsregion.ec2.instances import note_running
from awsregion.ec2.store import Ec2, Neighbours
from awsregion.ec2.vpn import note_tunnels
from awsregion.faults import RegionFaults
from awsregion.project import next_due, project
from awsregion.slowness import RegionClock
from awsregion.throttling import ActionRates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from awsregion.cloud import Cloud
    from awsregion.ec2.store import Record
    from awsregion.faults import RegionFault
    from awsregion.live import Live, ShellCommand
    from awsregion.slowness import Slowness
    from awsregion.wire import Wire

Done = TypeVar("Done")

LONGEST_PAUSE_S: Final = 0.5
"""Whoever waits for the region's clock looks so often whether it was moved."""


class Region:
    """A region's state behind one lock; calls may come from any thread."""

    def __init__(self, *, name: str, account: str, wire: Wire, neighbours: Neighbours) -> None:
        self.ec2 = Ec2(region=name, account=account, neighbours=neighbours, describes=wire.describes)
        # What instances run, they run in our time.
        self.commands = Commands(account=account, now=RegionClock().date)
        self.pushed_keys = instance_connect.PushedKeys()
        self.wire = wire
        self._rates = ActionRates(self.ec2.clock)
        self.faults = RegionFaults()
        self._ending = threading.Event()
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], None]] = []
        self._shown: Cloud | None = None
        self._shown_at = -1
        self._revision = 0
        self._due = inf

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener, in whatever thread, whenever state or commands may have changed."""
        self._listeners.append(listener)

    def off_change(self, listener: Callable[[], None]) -> None:
        """Call the listener no longer."""
        self._listeners.remove(listener)

    def perform(self, action: str, request: Mapping[str, Any]) -> Record:
        """Do an EC2 action whose parameters are in the types of the API.

        Raises:
            AwsError: EC2 refuses it.
        """
        if self.faults.strike("deny", action, f"ec2:{action}", "ec2:*"):
            raise AwsError(
                "UnauthorizedOperation",
                f"You are not authorized to perform this operation. User is not authorized to perform: ec2:{action}",
                403,
            )
        if action == "RunInstances":
            self._refuse_unsubscribed(str(request.get("ImageId", "")))
        with self._lock:
            answer = perform(self.ec2, action, request)
        self._notify()
        return answer

    def _refuse_unsubscribed(self, identifier: str) -> None:
        """Refuse an image of the Marketplace as AWS does until somebody subscribes, also where nothing is launched.

        Source: EC2 API Reference, Error codes, OptInRequired.
        """
        product = product_code(identifier)
        if product is not None and self.faults.strike("unsubscribe", identifier, product):
            raise AwsError(
                "OptInRequired",
                "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please "
                f"visit https://aws.amazon.com/marketplace/pp?sku={product}",
                401,
            )

    def call(self, action: str, request: Mapping[str, Any]) -> Record:
        """Check parameters, which may be text, against the API and do the action.

        Raises:
            AwsError: EC2 refuses it.
        """
        return self.perform(action, self.wire.checked(action, request))

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Undo every EC2 action done inside if an error leaves the block."""
        with self._lock, self.ec2.transaction():
            yield
        self._notify()

    def patiently(self, work: Callable[[], Done]) -> Done:
        """Do work and wait until every state that it began has settled, or the region ends.

        Raises:
            AwsError: the work does.
        """
        with self._lock:
            begun = self.ec2.settled_at = self.ec2.clock()
            done = work()
            settled_at = self.ec2.settled_at
        if settled_at > begun:
            # The clock may be moved meanwhile.
            while (left_s := settled_at - self.ec2.clock()) > 0 and not self._ending.is_set():
                self._ending.wait(min(left_s / self.ec2.time.rate, LONGEST_PAUSE_S))
        return done

    def publish_newer(self) -> None:
        """Publish newer images, where somebody holds the public parameters that name them."""

    def end(self) -> None:
        """Let nobody wait for a state any longer."""
        self._ending.set()

    def throttles(self, action: str) -> bool:
        """Count a request, and tell whether it is one too many."""
        with self._lock:
            return self.ec2.slowness.throttles and not self._rates.take(action)

    def slow(self, slowness: Slowness) -> None:
        """Be as slow as that from now on."""
        with self._lock:
            self.ec2.slowness = slowness
        self._notify()

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: it would go back.
        """
        with self._lock:
            self.ec2.time.advance(seconds)
        self._notify()

    def run_clock(self, rate: float) -> None:
        """Let the clock go at another rate from now on.

        Raises:
            ValueError: it would stand still, or go too fast to be read.
        """
        with self._lock:
            self.ec2.time.run(rate)
        self._notify()

    def delay(self, table: str, seconds: float) -> None:
        """Let the states of a kind of resource take another time than those of others."""
        with self._lock:
            self.ec2.pace[table] = seconds

    def lose(self, attachment_id: str) -> None:
        """Take an attachment away, as if AWS had lost it.

        Raises:
            AwsError: there is none of that id.
        """
        with self._lock, self.ec2.transaction():
            lose_attachment(self.ec2, attachment_id)
        self._notify()

    def touched(self) -> None:
        """Note that a service beside EC2 may have changed."""
        self._notify()

    def dump(self) -> dict[str, Any]:
        """Return EC2's state as plain values; it is not to be changed."""
        with self._lock:
            return self.ec2.dump()

    def restore(self, dumped: Mapping[str, Any], faults: Iterable[RegionFault]) -> None:
        """Take over a state that `dump` gave, and faults."""
        with self._lock:
            self.ec2.restore(dumped)
        for fault in faults:
            self.faults.add(fault)

    def perform_ssm(self, action: str, request: Mapping[str, Any]) -> Record:
        """Do one of `ssm.ACTIONS`.

        Raises:
            AwsError: SSM refuses it.
        """
        with self._lock:
            answer = ssm.perform(self.ec2, self.commands, action, request)
        self._notify()
        return answer

    def perform_instance_connect(self, action: str, request: Mapping[str, Any]) -> Record:
        """Do an action of EC2 Instance Connect.

        Raises:
            AwsError: it is refused.
        """
        with self._lock:
            return instance_connect.answer(self.ec2, self.pushed_keys, action, request)

    def tunnel_target(self, asked: Mapping[str, str]) -> str | None:
        """Return the instance that a tunnel leads to; see `instance_connect`.

        Raises:
            AwsError: the tunnel is refused.
        """
        with self._lock:
            return instance_connect.tunnel_target(self.ec2, asked)

    def cloud(self) -> tuple[int, Cloud]:
        """Return what moves packets, and a number that is higher whenever that differs from before."""
        with self._lock:
            if self._shown is None or self._shown_at != self.ec2.generation or self.ec2.clock() >= self._due:
                current = project(self.ec2)
                self._shown_at, self._due = self.ec2.generation, next_due(self.ec2)
                if current != self._shown:
                    self._shown, self._revision = current, self._revision + 1
            return self._revision, self._shown

    def due_s(self) -> float:
        """Return in how many seconds of ours what moves packets changes by itself; infinity where it does not."""
        with self._lock:
            return max(0.0, (self._due - self.ec2.clock()) / self.ec2.time.rate)

    def report(self, live: Live) -> None:
        """Take over what the fabric sees."""
        with self._lock, self.ec2.transaction():
            self.ec2.live = live
            note_running(self.ec2)
            note_tunnels(self.ec2)
        self._notify()

    def take_command(self) -> ShellCommand | None:
        """Hand the oldest pending command over."""
        with self._lock:
            return self.commands.take()

    def finish_command(self, payload: Mapping[str, Any]) -> None:
        """Note how a command ended.

        Raises:
            AwsError: there is no such command.
            KeyError: something is missing.
        """
        with self._lock:
            self.commands.finish(
                payload["command_id"],
                payload["instance_id"],
                status=payload["status"],
                code=int(payload["code"]),
                out=(payload["stdout"], payload["stderr"]),
            )

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()
