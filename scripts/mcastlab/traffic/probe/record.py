"""What was received of one flow, and what that amounts to."""

from __future__ import annotations

from array import array
from operator import sub
from typing import TYPE_CHECKING, Any

from mcastlab.traffic.probe.figures import NEVER, NS_PER_MS, NS_PER_US, UNKNOWN, at_share, jitter_us, reordered
from mcastlab.traffic.probe.wire import LARGEST_DATAGRAM

if TYPE_CHECKING:
    from mcastlab.traffic.probe.flows import Flow

REMEMBERED_NS = 60_000_000_000
BATCH_NS = 200_000_000
WHOLE_BATCHES = 3
SLICES = 20
# What a run reports at most of holes of a flow.
HOLES = 100
SAMPLED = 1000


class Record:
    """What was received of a flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.seen = bytearray(flow.count)
        self.received_ns = array("q", bytes(8 * flow.count))
        self.latency_ns = array("q", bytes(8 * flow.count))
        self.last = UNKNOWN
        self.again: list[int] = []
        self.delay_us = array("i")
        """How much later each packet arrived than it says that it was sampled: two clocks; empty where none says so."""

    @property
    def batch(self) -> int:
        """How many datagrams are a batch."""
        intervals, media = max(1, BATCH_NS // self.flow.interval_ns), self.flow.media
        return intervals * self.flow.burst if media is None else max(1, intervals * len(media.at) // media.ticks)

    def place(self, number: int, now_ns: int) -> int:
        """Return a packet's place in its stream, by its sequence number: near the last one, or by when it came."""
        last = self.last
        if last == UNKNOWN or now_ns - self.received_ns[last] > REMEMBERED_NS:
            return self.flow.sequence_of(number, now_ns)
        return last + ((number - self.flow.first - last + 0x8000) & 0xFFFF) - 0x8000

    def take(self, sequence: int, now_ns: int) -> None:
        """Count a packet in RTP."""
        if self.seen[sequence]:
            self.again.append(sequence)
            return
        self.seen[sequence] = 1
        self.received_ns[sequence] = now_ns
        self.last = sequence

    def note_delay(self, sequence: int, delay_ns: int) -> None:
        """Note how much later a packet arrived than it says that it was sampled."""
        if not self.delay_us:
            self.delay_us = array("i", [NEVER]) * self.flow.count
        delay_us = delay_ns // NS_PER_US
        self.delay_us[sequence] = delay_us if NEVER < delay_us < -NEVER else NEVER

    def settle(self) -> None:
        """Work out how much later than due packets in RTP came, by their timestamps: RFC 3550 defines jitter so."""
        media = self.flow.media
        if media is None:
            return
        begin_ns, step_ns = self.flow.start_ns, self.flow.interval_ns
        if len(media.at) == media.ticks:
            dues = range(begin_ns, begin_ns + self.flow.count * step_ns, step_ns)
            self.latency_ns = array("q", map(sub, self.received_ns, dues))
        else:
            self.latency_ns = array("q", map(sub, self.received_ns, map(self.flow.due_ns, range(self.flow.count))))

    @property
    def arrived_us(self) -> array[int]:
        """How much later than due by this node's clock each packet arrived; `NEVER` for one that did not."""
        late = -NEVER * NS_PER_US
        return array(
            "i",
            (
                (each // NS_PER_US if -late < each < late else NEVER) if seen else NEVER
                for each, seen in zip(self.latency_ns, self.seen)
            ),
        )

    def brief(self) -> dict[str, Any]:
        """Return what arrived where each packet's arrival is reported beside, and all is worked out from that."""
        left_out = ("duplicates", "reordered", "established_us", "join_delay_us", "jitter_us", "shift_us")
        raw = ("raw_min_us", "raw_median_us", "raw_p95_us", "raw_max_us")
        return {
            **dict.fromkeys((*left_out, *raw), 0),
            "flow": self.flow.number,
            "due": self.flow.count,
            "distinct": sum(self.seen),
            "window": [0, self.flow.count],
            "holes": [],
        }

    @property
    def shift_ns(self) -> int:
        """How much later than due by this node's clock datagrams arrived at most: clocks, the way, a late sender."""
        flow, received = self.flow, self.received_ns
        late = (received[each] - flow.due_ns(each) for each, seen in enumerate(self.seen) if seen)
        return max(late, default=0)

    def established(self, join_ns: int, end: int) -> int | None:
        """Return from which sequence number on the path stands: past the first batches in a row that arrived whole."""
        flow, batch = self.flow, self.batch
        needed = batch * WHOLE_BATCHES
        first = flow.sequence_at(join_ns)
        while first + needed <= end:
            hole = self.seen.rfind(0, first, first + needed)
            if hole < 0:
                return first + needed
            first += ((hole - first) // batch + 1) * batch
        return None

    def established_us(self, join_ns: int, stands: int) -> int:
        """Return the time until the first whole batch, on one clock: from the join by the receiver's own.

        A flow that begins after the join is timed by its sequence numbers, from the first one sent: the sender's begin
        by the receiver's clock is not known well enough.
        """
        whole = stands - (WHOLE_BATCHES - 1) * self.batch - 1
        if self.flow.start_ns > join_ns:
            return (self.flow.due_ns(whole) - self.flow.start_ns) // NS_PER_US
        return max(0, self.received_ns[whole] - join_ns) // NS_PER_US

    def holes(self, windows: list[range]) -> list[list[int]]:
        """Return the first and last sequence numbers of what did not arrive, of not too many parts."""
        found: list[list[int]] = []
        for window in windows:
            first = self.seen.find(0, window.start, window.stop)
            while first >= 0 and len(found) < HOLES:
                end = self.seen.find(1, first, window.stop)
                found.append([first, (window.stop if end < 0 else end) - 1])
                first = self.seen.find(0, end, window.stop) if end >= 0 else UNKNOWN
        return found

    def usual_shift_us(self) -> int:
        """Return how much later than due by this node's clock datagrams arrived as a rule; 0 of none."""
        some = (each for each in range(0, self.flow.count, 1 + self.flow.count // SAMPLED) if self.seen[each])
        return at_share(sorted(self.received_ns[each] - self.flow.due_ns(each) for each in some), 0.5)

    def window(self, join_ns: int, leave_ns: int, settle_ns: int, late_ns: int) -> range:
        """Return what is measured of a membership: what was due past the settling, and so long before the leave."""
        shift_ns, flow = self.shift_ns, self.flow
        first = max(flow.sequence_at(join_ns + settle_ns - shift_ns), flow.sequence_at(flow.start_ns + settle_ns))
        return range(first, max(first, flow.sequence_at(leave_ns - shift_ns - late_ns)))

    def summary(self, memberships: list[tuple[int, int]], settle_ns: int, late_ns: int) -> dict[str, Any]:
        """Return what arrived of what was measured while joined."""
        windows, established_us, join_us = [], [], []
        for join_ns, leave_ns in memberships:
            window = self.window(join_ns, leave_ns, settle_ns, late_ns)
            stands = self.established(join_ns - self.shift_ns, window.stop)
            # A path that stood late is still measured for what is left of the time; one that never did, for all of it.
            windows.append(range(max(window.start, stands or 0), window.stop))
            arrived = [each for each in self.received_ns if join_ns < each < leave_ns]
            # A delay of the join is that of a flow already being sent; what begins later has none.
            joined = arrived and self.flow.start_ns <= join_ns
            join_us.append((min(arrived) - join_ns) // NS_PER_US if joined else UNKNOWN)
            established_us.append(UNKNOWN if stands is None else self.established_us(join_ns, stands))
        due = [sequence for window in windows for sequence in window]
        wanted = set(due)
        order = sorted((each for each in due if self.seen[each]), key=self.received_ns.__getitem__)
        latencies = sorted(self.latency_ns[each] for each in order)
        return {
            "flow": self.flow.number,
            "due": len(due),
            "distinct": len(order),
            "duplicates": sum(each in wanted for each in self.again),
            "reordered": reordered(order),
            "established_us": -1 if -1 in established_us else max(established_us, default=-1),
            "join_delay_us": -1 if -1 in join_us else max(join_us, default=-1),
            "raw_min_us": at_share(latencies, 0),
            "raw_median_us": at_share(latencies, 0.5),
            "raw_p95_us": at_share(latencies, 0.95),
            "raw_max_us": at_share(latencies, 1),
            "jitter_us": jitter_us([self.latency_ns[each] for each in order]),
            "window": [windows[0].start, windows[-1].stop] if windows else [0, 0],
            "shift_us": self.usual_shift_us(),
            "holes": self.holes(windows),
        }

    def stands_ns(self, memberships: list[tuple[int, int]]) -> int:
        """Return when the path stood, by this node's clock; 0 if it never did."""
        join_ns, leave_ns = memberships[-1]
        stands = self.established(join_ns - self.shift_ns, self.flow.sequence_at(leave_ns))
        return 0 if stands is None else self.received_ns[stands - 1]

    def sizes_whole(self, since_ns: int) -> int:
        """Return the largest size of a sweep up to which every size arrived, in octets; 0 if the smallest did not.

        -1 if not every size was sent since the path stood.
        """
        sizes, first = self.flow.sizes, self.flow.sequence_at(since_ns)
        tried = range(first, self.flow.count)
        if len(tried) < len(sizes):
            return -1
        arrived = {sizes[place % len(sizes)] for place in tried if self.seen[place]}
        missing = min((size for size in sizes if size not in arrived), default=LARGEST_DATAGRAM)
        return max((size for size in arrived if size < missing), default=0)

    def slices(self, first: int, end: int) -> list[list[int]]:
        """Return the time from one sequence number to another in parts: begin in ms, due, lost, median raw latency."""
        flow, found = self.flow, []
        width = max(1, -(-(end - first) // SLICES))
        for begin in range(first, end, width):
            part = range(begin, min(end, begin + width))
            latencies = sorted(self.latency_ns[each] for each in part if self.seen[each])
            at_ms = (flow.due_ns(begin) - flow.due_ns(first)) // NS_PER_MS
            found.append([at_ms, len(part), len(part) - len(latencies), at_share(latencies, 0.5)])
        return found
