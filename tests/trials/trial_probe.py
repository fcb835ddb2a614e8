"""The probe that runs on virtual-device hosts and lab devices: Python 3.9 or later, standard library only, Linux.

    probe.py listen STATE --group G --port P --run ID     join, then count in the background; returns once joined
    probe.py watch STATE --group G --port P --run ID      count what reaches the network interface, without joining
    probe.py await STATE --batch N --in-a-row K --within S
                                                          wait until K batches in a row have arrived whole
    probe.py stop STATE                                   leave, and print what was counted
    probe.py send --group G --port P --run ID --phase N --count N --interval-ms MS --ttl T --size OCTETS
    probe.py batches END --group G ... --count N --within S ...
                                                          send batches of N until END is there, phase 0 first

Each prints one JSON object. STATE is a file; beside it stands STATE.pid while the probe listens. END is one too.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any, Callable

MAGIC = b"mcastlab"
# Magic, run, phase, sequence number, time of sending in nanoseconds of the system clock.
HEADER = struct.Struct("!8s8sBIQ")
RUN_OCTETS = 8
ETH_P_IP = 0x0800
ANY_ADDRESS = bytes(4)
RECEIVE_BUFFER = 4 << 20
LARGEST_DATAGRAM = 65535
WRITE_EVERY_S = 0.05
STOP_WITHIN_S = 10
LAST_BATCH = 254
BETWEEN_BATCHES_S = 0.25

Take = Callable[[socket.socket, "Counter"], None]


class Flow:
    """What was received from one source in one phase."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.received = 0
        self.reordered = 0
        self.last = -1
        self.latencies_ns: list[int] = []

    def take(self, sequence: int, latency_ns: int) -> None:
        """Count one datagram."""
        self.received += 1
        if sequence in self.seen:
            return
        self.seen.add(sequence)
        self.reordered += sequence < self.last
        self.last = max(self.last, sequence)
        self.latencies_ns.append(latency_ns)

    def summary(self) -> dict[str, int]:
        """Return the counts; latencies in whole microseconds."""
        latencies = sorted(self.latencies_ns)
        return {
            "received": self.received,
            "distinct": len(self.seen),
            "duplicates": self.received - len(self.seen),
            "reordered": self.reordered,
            "latency_min_us": latencies[0] // 1000,
            "latency_median_us": latencies[len(latencies) // 2] // 1000,
            "latency_max_us": latencies[-1] // 1000,
        }


class Counter:
    """What was received of one run."""

    def __init__(self, run: bytes) -> None:
        self.run = run
        self.flows: dict[tuple[str, int], Flow] = {}

    def take(self, payload: bytes, source: str) -> None:
        """Count one datagram; another run's or program's is not ours to count."""
        now_ns = time.time_ns()
        if len(payload) < HEADER.size:
            return
        magic, run, phase, sequence, sent_ns = HEADER.unpack_from(payload)
        if magic == MAGIC and run == self.run:
            self.flows.setdefault((source, phase), Flow()).take(sequence, now_ns - sent_ns)

    def summary(self) -> dict[str, Any]:
        """Return the counts, one entry a source and phase."""
        return {
            "flows": [
                {"source": source, "phase": phase, **flow.summary()}
                for (source, phase), flow in sorted(self.flows.items())
            ]
        }


def run_field(text: str) -> bytes:
    """Return the run's name as the header's field."""
    return text.encode()[:RUN_OCTETS].ljust(RUN_OCTETS, b"\0")


def joined_socket(group: str, port: int) -> socket.socket:
    """Return a UDP socket that is a member of the group on the interface that routes to it."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    receiver.bind((group, port))
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + ANY_ADDRESS)
    return receiver


def take_joined(receiver: socket.socket, counter: Counter) -> None:
    """Count a datagram of a member's socket."""
    payload, source = receiver.recvfrom(LARGEST_DATAGRAM)
    counter.take(payload, source[0])


def watching_socket() -> socket.socket:
    """Return a packet socket that sees what arrives at any interface, member or not."""
    return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))


def taker_of_watched(group: str, port: int) -> Take:
    """Return the function that counts a datagram to the group and port which arrived at an interface."""
    wanted = socket.inet_aton(group)

    def take(watcher: socket.socket, counter: Counter) -> None:
        packet, address = watcher.recvfrom(LARGEST_DATAGRAM)
        outgoing = address[2] == socket.PACKET_OUTGOING
        # IPv4 header: octet 9 is the protocol, 16 to 19 the destination. Source: RFC 791, section 3.1.
        if outgoing or packet[9] != socket.IPPROTO_UDP or packet[16:20] != wanted:
            return
        header = (packet[0] & 15) * 4
        if struct.unpack_from("!H", packet, header + 2)[0] == port:
            counter.take(packet[header + 8 :], socket.inet_ntoa(packet[12:16]))

    return take


def write_state(path: Path, counter: Counter) -> None:
    """Replace the state file in one step."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(counter.summary()))
    new.replace(path)


def pid_file(path: Path) -> Path:
    """Return where the background process of a state file has its pid."""
    return path.with_suffix(".pid")


def count_until_reported(sock: socket.socket, take: Take, counter: Counter, path: Path) -> None:
    """Count until SIGTERM; the state file follows within a moment of each datagram."""
    stopped: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    changed, written = False, 0.0
    while not stopped:
        readable, _, _ = select.select([sock], [], [], WRITE_EVERY_S)
        if readable:
            take(sock, counter)
            changed = True
        now = time.monotonic()
        if changed and now - written >= WRITE_EVERY_S:
            write_state(path, counter)
            changed, written = False, now
    # What the kernel has already received still counts.
    sock.settimeout(0)
    try:
        while True:
            take(sock, counter)
    except BlockingIOError:
        write_state(path, counter)


def in_background(path: Path, sock: socket.socket, take: Take, counter: Counter) -> int:
    """Go on counting in a process of its own and return its pid; in that process this never returns."""
    write_state(path, counter)
    pid = os.fork()
    if pid:
        pid_file(path).write_text(str(pid))
        return pid
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    try:
        count_until_reported(sock, take, counter, path)
    finally:
        os._exit(0)


def stop(path: Path) -> dict[str, Any]:
    """End the background process, wait until it is gone, and return what it counted."""
    pid = int(pid_file(path).read_text())
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_S
    while alive(pid):
        if time.monotonic() > deadline:
            sys.exit(f"the probe {pid} does not end")
        time.sleep(0.01)
    pid_file(path).unlink()
    counted: dict[str, Any] = json.loads(path.read_text())
    path.unlink()
    return counted


def alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not yet reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def first_of_whole(flows: list[dict[str, Any]], batch: int, in_a_row: int) -> int | None:
    """Return the first of so many batches in a row that arrived whole, from one source; None while there is none."""
    whole = {(flow["source"], flow["phase"]) for flow in flows if flow["distinct"] == batch}
    begun = (
        phase
        for source, phase in sorted(whole, key=lambda each: int(each[1]))
        if {(source, phase + further) for further in range(in_a_row)} <= whole
    )
    return next(begun, None)


def await_whole(arguments: argparse.Namespace) -> dict[str, Any]:
    """Wait until batches have arrived whole, and return the number of their first one; None where they did not."""
    deadline = time.monotonic() + arguments.within
    while True:
        over = time.monotonic() > deadline
        flows = json.loads(arguments.state.read_text())["flows"]
        first = first_of_whole(flows, arguments.batch, arguments.in_a_row)
        if first is not None or over:
            return {"first": first}
        time.sleep(WRITE_EVERY_S)


class Sender:
    """Sends numbered datagrams to a group."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, arguments.ttl)
        # Our own copy would count as received on a host that both sends and listens.
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        self.sock.connect((arguments.group, arguments.port))
        self.run, self.padding = run_field(arguments.run), bytes(max(0, arguments.size - HEADER.size))
        self.interval_s: float = arguments.interval_ms / 1000
        self.source: str = self.sock.getsockname()[0]

    def send(self, phase: int, count: int) -> dict[str, Any]:
        """Send a phase's datagrams at an even pace, and return how many left."""
        sent, errors, start = 0, 0, time.monotonic()
        for sequence in range(count):
            pause = start + sequence * self.interval_s - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            try:
                self.sock.send(HEADER.pack(MAGIC, self.run, phase, sequence, time.time_ns()) + self.padding)
                sent += 1
            except OSError:
                errors += 1
        return {"sent": sent, "errors": errors, "source": self.source}

    def send_batches(self, count: int, end: Path, within_s: float) -> dict[str, Any]:
        """Send batches until a file is there, or for so long; return how long after the first each one began."""
        start = time.monotonic()
        began_s: list[float] = []
        while not end.exists() and len(began_s) <= LAST_BATCH and time.monotonic() - start < within_s:
            began_s.append(time.monotonic() - start)
            self.send(len(began_s) - 1, count)
            time.sleep(BETWEEN_BATCHES_S)
        return {"began_s": began_s, "source": self.source}


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    top = argparse.ArgumentParser(description="Send, receive and watch numbered multicast datagrams.")
    verbs = top.add_subparsers(dest="verb", required=True)
    for verb in ("listen", "watch", "await", "stop", "send", "batches"):
        command = verbs.add_parser(verb)
        if verb != "send":
            command.add_argument("state", type=Path)
        if verb in {"listen", "watch", "send", "batches"}:
            command.add_argument("--group", required=True)
            command.add_argument("--port", type=int, required=True)
            command.add_argument("--run", required=True)
        if verb in {"send", "batches"}:
            command.add_argument("--phase", type=int, default=0)
            command.add_argument("--count", type=int, required=True)
            command.add_argument("--interval-ms", type=float, required=True)
            command.add_argument("--ttl", type=int, required=True)
            command.add_argument("--size", type=int, required=True)
        if verb in {"await", "batches"}:
            command.add_argument("--within", type=float, required=True)
        if verb == "await":
            command.add_argument("--batch", type=int, required=True)
            command.add_argument("--in-a-row", type=int, required=True)
    return top


def begin(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start to listen or to watch, in the background."""
    counter = Counter(run_field(arguments.run))
    if arguments.verb == "listen":
        pid = in_background(arguments.state, joined_socket(arguments.group, arguments.port), take_joined, counter)
    else:
        take = taker_of_watched(arguments.group, arguments.port)
        pid = in_background(arguments.state, watching_socket(), take, counter)
    return {"pid": pid}


def main() -> None:
    """Run one verb and print its JSON."""
    arguments = parser().parse_args()
    if arguments.verb == "send":
        answer = Sender(arguments).send(arguments.phase, arguments.count)
    elif arguments.verb == "batches":
        answer = Sender(arguments).send_batches(arguments.count, arguments.state, arguments.within)
    elif arguments.verb == "stop":
        answer = stop(arguments.state)
    elif arguments.verb == "await":
        answer = await_whole(arguments)
    else:
        answer = begin(arguments)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
