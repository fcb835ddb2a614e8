"""What traffic found, as values. Terms: RFC 2432 and RFC 3918 (multicast benchmarking), RFC 3550 6.4.1 (jitter)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import computed_field

from mcastlab.text import Worded, count
from mcastlab_base.frozen import Frozen


class Path(Worded):
    """Which way a flow goes."""

    TO_SITE = "aws_to_lab", "AWS to lab"
    TO_AWS = "lab_to_aws", "lab to AWS"
    WITHIN_AWS = "within_aws", "within AWS"
    WITHIN_SITE = "within_lab", "within the lab"
    BETWEEN_SITES = "lab_to_lab"


class Latency(Frozen):
    """Measured one-way latency of the datagrams of one delivery, in microseconds, by the hosts' clocks."""

    min_us: int
    median_us: int
    p95_us: int
    max_us: int
    clock_offset_us: int
    """The receiver's clock less the sender's, already taken off the values above."""
    clock_error_us: int
    """How far that offset may be off: half the shortest round trip that measured it, or what time services tell."""
    clock_references: tuple[str, ...] = ()
    """What the two clocks follow, where nothing flows back and their time services were compared."""


class LatencyBound(Frozen):
    """What is known of a median one-way latency where no datagrams went both ways, so that it was not measured."""

    lower_ms: float
    upper_ms: float
    """No more than this. What lies between is the uncertainty of the clocks, and says nothing of the network."""


class Slice(Frozen):
    """A part of a delivery's time."""

    at_ms: float
    """The slice's begin, from the first measured datagram sent."""
    sent: int
    lost: int
    latency_median_us: int | None
    """None if nothing arrived, or where latency is not measured."""


class Delivery(Frozen):
    """One sender, one group, one receiver that had joined."""

    group: str
    """The group's name in the lab file."""
    address: str
    port: int
    sender: str
    receiver: str
    path: Path
    site: str | None
    """The remote site at one of its ends; of two sites the receiver's."""
    sent: int
    """Datagrams that were to arrive: without those that a host lost by itself."""
    received: int
    """Distinct datagrams."""
    stalled: int
    """Datagrams that a paused host lost, and not the network; they are not in `sent`."""
    duplicates: int
    reordered: int
    latency: Latency | None
    """None if nothing arrived, or where it is not measured but bounded."""
    bound: LatencyBound | None
    """What is known of a latency that is not measured; None where it is, where nothing arrived, or nothing is known."""
    jitter_us: int | None
    """Interarrival jitter, RFC 3550 6.4.1, after the last datagram."""
    established_after_s: float | None
    """From the join until whole batches arrived; None if that never came true."""
    join_delay_ms: float | None
    """From the join to the first datagram of a flow that was already being sent; None where it was not measured."""
    leave_delay_ms: float | None
    """From the leave to the last datagram that reached the host's interface; None where it was not measured."""
    timeline: tuple[Slice, ...] = ()
    """What arrived over time, for plots."""
    lost_between_ms: tuple[float, float] | None = None
    """When the first and the last lost datagram were due, from the first measured one; None where none was lost, or a
    host lost some by itself."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def lost(self) -> int:
        """How many of the measured datagrams did not arrive."""
        return self.sent - self.received

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether every measured datagram arrived."""
        return self.sent > 0 and self.lost == 0


class StallKind(StrEnum):
    """How a host kept datagrams from arriving because its processors were busy with something else."""

    QUEUE_FULL = "receive_queue_full"
    """The probe did not read in time, and the kernel counted what it dropped for that."""
    RECEIVER_PAUSED = "receiver_paused"
    """The probe was kept from running, and all flows to it lost datagrams in that time."""
    SENDER_PAUSED = "sender_paused"
    """The probe was kept from sending, sent late, and some of that was lost."""


class Stall(Frozen):
    """A time in which a host was busy, and what was lost for that. Such a round is played again, up to three times."""

    host: str
    kind: StallKind
    at_ms: float
    """From the begin of its round."""
    duration_ms: float
    lost: int
    """Datagrams, by receiver."""
    round: int
    """In which round of the traffic, from 1; what else is reported is of the last one."""

    def __str__(self) -> str:
        """Return what it was and what it cost, as one clause."""
        datagrams = count(self.lost, "datagram")
        paused = f"{self.host} was kept from running for {self.duration_ms:.0f} ms from {self.at_ms / 1000:.2f} s on"
        return {
            StallKind.QUEUE_FULL: f"{paused}, and its kernel dropped {datagrams} from the full receive queue",
            StallKind.RECEIVER_PAUSED: f"{paused}, and all flows to it lost {datagrams} meanwhile",
            StallKind.SENDER_PAUSED: f"{paused}, and {datagrams} that it sent late did not arrive",
        }[self.kind]


class SilenceKind(Worded):
    """Why a host has to hear nothing."""

    NEVER_JOINED = "never_joined"
    LEFT = "has_left"
    OTHER_GROUP = "joined_another_group"


class Silence(Frozen):
    """A host at whose interface nothing of a group may arrive."""

    group: str
    address: str
    host: str
    kind: SilenceKind
    heard: int
    """Datagrams that reached its interface."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether nothing arrived."""
        return self.heard == 0


class Payload(Frozen):
    """The largest UDP payload that arrives whole, found by search, in octets."""

    group: str
    sender: str
    receiver: str
    path: Path
    largest_octets: int
    budget_octets: int
    """What the design computes for this path."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether at least the computed budget arrives."""
        return self.largest_octets >= self.budget_octets


class Rate(Frozen):
    """A sustained rate without loss, up to the one asked for."""

    group: str
    sender: str
    receivers: tuple[str, ...]
    path: Path
    size_octets: int
    asked_pps: int
    sustained_pps: int
    sender_cpu_percent: float
    receiver_cpu_percent: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether the asked rate was sustained."""
        return self.sustained_pps >= self.asked_pps


class Absent(Frozen):
    """A host or device that took no part, and why."""

    host: str
    why: str


class TrafficReport(Frozen):
    """All traffic of a verification."""

    profile: str = "matrix"
    """What was played; other profiles are tests of devices."""
    stream: str
    """What was sent, in words: a codec or the size and rate."""
    deliveries: tuple[Delivery, ...]
    silences: tuple[Silence, ...]
    payloads: tuple[Payload, ...] = ()
    rates: tuple[Rate, ...] = ()
    stalls: tuple[Stall, ...] = ()
    """What busy hosts lost, and not the network, in all rounds."""
    absent: tuple[Absent, ...] = ()
    """Hosts and devices that could not be reached, or failed on the way; what is above is of the others."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether everything is as it should be; silences, payloads and rates too, and nobody is absent."""
        return (
            bool(self.deliveries)
            and not self.absent
            and all(delivery.holds for delivery in self.deliveries)
            and all(silence.holds for silence in self.silences)
            and all(payload.holds for payload in self.payloads)
            and all(rate.holds for rate in self.rates)
        )
