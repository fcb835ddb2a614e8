"""Carry out a trial: receivers join, the path establishes itself, then the measured datagrams are sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from trials.flows import Outcome, Reception, Trial
from trials.remote import RemoteProbe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.ports import Shell

MEASURED: Final = 255
"""The phase of the measured datagrams; the batches before count up from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How a trial sends. `ttl` must outlive both routers; `size` in octets of UDP payload."""

    count: int = 300
    interval_ms: float = 5
    ttl: int = 16
    size: int = 200
    batch: int = 20
    whole_batches: int = 3
    """How many batches in a row must arrive whole before the path counts as established."""
    establish_within_s: float = 20


def run_trial(trial: Trial, shells: Mapping[str, Shell], stream: Stream, *, progress: Callable[[str], None]) -> Outcome:
    """Carry out a trial and return what it found; the hosts are left as they were.

    Args:
        trial: who sends, who joins, who stands by.
        shells: a shell on each host and device, by name.
        stream: how to send.
        progress: is given what is under way.

    Raises:
        RefusedError: a host cannot be reached or refuses a command.
        TimedOutError: a host's command did not end in time.
    """
    run = uuid4().hex[:8]
    names = dict.fromkeys((trial.sender, *trial.receivers, *trial.bystanders))
    with ThreadPoolExecutor(max_workers=len(names)) as pool, ExitStack() as cleanup:
        probes = {name: RemoteProbe(shells[name], run) for name in names}
        for probe in probes.values():
            cleanup.callback(probe.remove)
        receivers = [probes[name] for name in trial.receivers]
        bystanders = [probes[name] for name in trial.bystanders]
        progress(f"{trial.direction}: {', '.join(trial.receivers)} join {trial.group.address}")
        list(pool.map(lambda probe: probe.watch(trial.group), bystanders))
        list(pool.map(lambda probe: probe.listen(trial.group), receivers))
        progress(f"{trial.direction}: waiting until a whole batch of {trial.sender} reaches every receiver")
        established, source = _establish(trial, probes[trial.sender], receivers, stream, pool)
        progress(f"{trial.direction}: {trial.sender} sends {stream.count} datagrams")
        sent = probes[trial.sender].send(trial.group, stream, phase=MEASURED)
        counted = dict(
            zip(
                (*trial.receivers, *trial.bystanders),
                pool.map(RemoteProbe.stop, (*receivers, *bystanders)),
                strict=True,
            )
        )
    return Outcome(
        trial=trial,
        established_after_s=established,
        sent=int(sent["sent"]),
        receptions=tuple(_reception(name, counted[name], source) for name in trial.receivers),
        heard_unjoined=tuple((name, sum(int(flow["received"]) for flow in counted[name])) for name in trial.bystanders),
    )


def _establish(
    trial: Trial, sender: RemoteProbe, receivers: list[RemoteProbe], stream: Stream, pool: ThreadPoolExecutor
) -> tuple[float | None, str]:
    """Send batches until some in a row have reached each receiver whole.

    Returns the seconds until the first of the last receiver's had, and the sender's address.

    The first datagrams build the tree and move from the shared to the shortest path, so some may be lost.
    Source: RFC 7761, section 4.2.1.
    """
    sending = pool.submit(sender.send_batches, trial.group, stream)
    wait = partial(
        RemoteProbe.await_whole,
        batch=stream.batch,
        in_a_row=stream.whole_batches,
        within_s=stream.establish_within_s,
    )
    try:
        firsts = list(pool.map(wait, receivers))
    finally:
        sender.end_batches()
    sent = sending.result()
    whole = [first for first in firsts if first is not None]
    return sent["began_s"][max(whole)] if len(whole) == len(receivers) else None, str(sent["source"])


def _reception(receiver: str, flows: list[dict[str, Any]], source: str) -> Reception:
    mine = next((flow for flow in flows if flow["phase"] == MEASURED and flow["source"] == source), None)
    if mine is None:
        return Reception(
            receiver=receiver,
            received=0,
            duplicates=0,
            reordered=0,
            latency_min_us=None,
            latency_median_us=None,
            latency_max_us=None,
        )
    return Reception(
        receiver=receiver,
        received=int(mine["received"]),
        duplicates=int(mine["duplicates"]),
        reordered=int(mine["reordered"]),
        latency_min_us=int(mine["latency_min_us"]),
        latency_median_us=int(mine["latency_median_us"]),
        latency_max_us=int(mine["latency_max_us"]),
    )
