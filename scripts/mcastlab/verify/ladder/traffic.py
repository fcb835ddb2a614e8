"""The top rung: what the traffic showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.verify.ladder.rung import Step, finding, rung, unreached
from mcastlab.verify.model import Finding, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.traffic.results import Delivery, TrafficReport
    from mcastlab.verify.model import Rung
    from mcastlab.verify.scene import Scene

TRAFFIC: Final = "traffic"


def _look(_scene: Scene) -> tuple[Finding, ...]:
    return ()


_STEP: Final = Step(
    key=TRAFFIC,
    title="Datagrams arrive where they are wanted, and nowhere else",
    source="RFC 3918; RFC 2432",
    look=_look,
)


def not_sent(scene: Scene, why: str) -> Rung:
    """Return the rung where nothing was sent, with the reason."""
    subject = Subject(kind="gateway", name=scene.lab.name)
    return rung(_STEP, [unreached(subject, "every datagram arrives at every receiver", why)])


def broken_off(scene: Scene, why: str, seconds: float) -> Rung:
    """Return the rung where sending was broken off: a host was lost, or AWS refused meanwhile."""
    subject = Subject(kind="gateway", name=scene.lab.name)
    return rung(_STEP, [finding(subject, "the traffic is sent to its end", why, holds=False)], seconds)


def traffic_rung(scene: Scene, traffic: TrafficReport, seconds: float) -> Rung:
    """Return the rung, judged by what arrived."""
    return rung(_STEP, tuple(_findings(scene, traffic)), seconds)


def _findings(scene: Scene, traffic: TrafficReport) -> Iterator[Finding]:
    if not traffic.deliveries:
        yield finding(Subject(kind="gateway", name=scene.lab.name), "something is sent", "nothing was", holds=False)
    for each in traffic.absent:
        yield finding(_subject(scene, each.host), f"{each.host} takes part", each.why, holds=False)
    for delivery in traffic.deliveries:
        yield finding(
            Subject(kind="group", name=delivery.group, site=delivery.site),
            f"{delivery.sender} reaches {delivery.receiver} by {delivery.address}",
            _told(delivery),
            holds=delivery.holds,
        )
    for silence in traffic.silences:
        yield finding(
            Subject(kind="group", name=silence.group),
            f"{silence.host} hears nothing of {silence.address}: {silence.kind}",
            f"{silence.heard} datagrams",
            holds=silence.holds,
        )
    for payload in traffic.payloads:
        yield finding(
            Subject(kind="group", name=payload.group),
            f"{payload.budget_octets} octets of payload arrive from {payload.sender} at {payload.receiver}",
            f"at most {payload.largest_octets} octets arrive",
            holds=payload.holds,
        )
    for stall in traffic.stalls:
        yield Finding(
            subject=Subject(kind="host", name=stall.host),
            expected=f"in round {stall.round} at {stall.at_ms / 1000:.3f} s the probe runs: no {stall.kind}",
            seen=f"{stall}; this is no loss of the network",
            verdict=Verdict.NOT_APPLICABLE,
        )
    for rate in traffic.rates:
        yield finding(
            Subject(kind="group", name=rate.group),
            f"{rate.asked_pps} datagrams a second of {rate.size_octets} octets arrive without loss",
            f"{rate.sustained_pps} do",
            holds=rate.holds,
        )


def _subject(scene: Scene, host: str) -> Subject:
    site = next((site.name for site in scene.lab.sites if host in {device.name for device in site.devices}), None)
    return Subject(kind="host" if site is None else "device", name=host, site=site)


def _told(delivery: Delivery) -> str:
    if delivery.established_after_s is None and delivery.received == 0:
        return "none arrived"
    return f"{delivery.received} of {delivery.sent} arrived"
