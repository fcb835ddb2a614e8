"""What the traffic showed, and where datagrams stop that nobody knows why."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import AWS_ROUTER, in_reports, site_router
from mcastlab.lab.design.reverse_paths import reverse_paths
from mcastlab.lab.design.routers import vpc_interfaces
from mcastlab.traffic.results import Path
from mcastlab.verify.checks.check import CheckKey, VerificationCheck, finding, result_of, unreached
from mcastlab.verify.checks.diagnosis import UNEXPLAINED
from mcastlab.verify.findings import Finding, Subject, Verdict
from mcastlab_base.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from ipaddress import IPv4Address

    from mcastlab.facts import Facts
    from mcastlab.ios.show.multicast import MrouteCount
    from mcastlab.traffic.results import Delivery, TrafficReport
    from mcastlab.verify.checks import CheckRun
    from mcastlab.verify.findings import CheckResult, Diagnosis
    from mcastlab.verify.snapshot.lab import Snapshot

    Send = Callable[[Facts], TrafficReport]
    """Sends the traffic of a lab with such facts and returns what became of it."""

_LOST: Final = f"{UNEXPLAINED}{CheckKey.TRAFFIC}"


CHECK: Final = VerificationCheck(
    key=CheckKey.TRAFFIC,
    title="Datagrams arrive where they are wanted, and nowhere else",
    source="RFC 3918; RFC 2432",
    look=lambda _: (),
)
"""It looks at what was sent instead of a snapshot."""


def prove_traffic(
    snapshot: Snapshot, found: CheckRun, send: Send, progress: Callable[[str], None]
) -> tuple[tuple[CheckResult, ...], tuple[Diagnosis, ...], TrafficReport | None]:
    """Send the traffic unless something is known to stop it.

    Returns:
        The results of the checks with that of the traffic as the last, why they fail, and what was heard, None where
        nothing was.
    """
    last, traffic = _judged(snapshot, found.diagnoses, send, progress)
    whole = replace(found, results=(*found.results, last))
    return whole.results, whole.diagnoses, traffic


def _judged(
    snapshot: Snapshot, diagnoses: Sequence[Diagnosis], send: Send, progress: Callable[[str], None]
) -> tuple[CheckResult, TrafficReport | None]:
    stopped = next((each for each in diagnoses if not each.flows_still), None)
    if stopped is not None or snapshot.facts is None:
        return not_sent(snapshot, "something below stops it" if stopped is None else stopped.sentence), None
    progress("traffic: every sender to every receiver")
    begin = time.monotonic()
    try:
        traffic = send(snapshot.facts)
    except LabError as error:
        return broken_off(snapshot, error.text, time.monotonic() - begin), None
    return traffic_result(snapshot, traffic, time.monotonic() - begin), traffic


def not_sent(snapshot: Snapshot, why: str) -> CheckResult:
    """Return the check where nothing was sent, with the reason."""
    subject = Subject(kind="gateway", name=snapshot.lab.name)
    return result_of(CHECK, [unreached(subject, "every datagram arrives at every receiver", why)], 0)


def broken_off(snapshot: Snapshot, why: str, seconds: float) -> CheckResult:
    """Return the check where sending was broken off: a host was lost, or AWS refused meanwhile."""
    subject = Subject(kind="gateway", name=snapshot.lab.name)
    return result_of(CHECK, [finding(subject, "the traffic is sent to its end", why, holds=False)], seconds)


def traffic_result(snapshot: Snapshot, traffic: TrafficReport, seconds: float) -> CheckResult:
    """Return the check, judged by what arrived."""
    return result_of(CHECK, tuple(_findings(snapshot, traffic)), seconds)


def _findings(snapshot: Snapshot, traffic: TrafficReport) -> Iterator[Finding]:
    if not traffic.deliveries:
        yield finding(Subject(kind="gateway", name=snapshot.lab.name), "something is sent", "nothing was", holds=False)
    for each in traffic.absent:
        yield finding(_subject(snapshot, each.host), f"{each.host} takes part", each.why, holds=False)
    for delivery in traffic.deliveries:
        yield finding(
            Subject(kind="group", name=delivery.group, site=delivery.site),
            f"{delivery.sender} reaches {delivery.receiver} by {delivery.address}",
            _arrived(delivery),
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


def _subject(snapshot: Snapshot, host: str) -> Subject:
    site = next((site.name for site in snapshot.lab.sites if host in {device.name for device in site.devices}), None)
    return Subject(kind="host" if site is None else "device", name=host, site=site)


def _arrived(delivery: Delivery) -> str:
    if delivery.established_after_s is None and delivery.received == 0:
        return "none arrived"
    text = f"{delivery.received} of {delivery.sent} arrived"
    if not delivery.received or delivery.lost_between_ms is None:
        return text
    first, last = (each / 1000 for each in delivery.lost_between_ms)
    return f"{text}; lost from {first:.2f} to {last:.2f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficHop:
    """A router on the way of a flow."""

    router: str
    comes_by: str
    """In words, what the datagrams come by."""


def wants_trace(diagnoses: Sequence[Diagnosis]) -> bool:
    """Say whether datagrams are lost and nothing says why."""
    return any(diagnosis.key == _LOST for diagnosis in diagnoses)


def traced(diagnoses: Sequence[Diagnosis], snapshot: Snapshot, traffic: TrafficReport) -> tuple[Diagnosis, ...]:
    """Return the diagnoses with what the routers have counted in the place of what is unexplained.

    Args:
        diagnoses: what was found.
        snapshot: the lab as it is right after the traffic: routers still know its sources.
        traffic: what became of it.
    """
    lost = [each for each in traffic.deliveries if not each.holds]
    found: list[Diagnosis] = []
    for diagnosis in diagnoses:
        sites = {subject.site for subject in diagnosis.subjects}
        first = next((each for each in lost if each.site in sites or None in sites), None)
        if diagnosis.key == _LOST and first is not None:
            where = where_it_stops(snapshot, first)
            sentence = (
                f"unexplained: {first.received} of {first.sent} datagrams of {first.sender} to {first.address} arrive "
                f"at {first.receiver}: {where}"
            )
            found.append(diagnosis.model_copy(update={"sentence": sentence, "fix": f"show ip mroute {first.address}"}))
        else:
            found.append(diagnosis)
    return tuple(found)


def where_it_stops(snapshot: Snapshot, delivery: Delivery) -> str:
    """Return in words how far datagrams got."""
    hops = tuple(_hops(snapshot, delivery))
    host = snapshot.hosts.get(delivery.sender)
    source = None if host is None else host.source
    if not hops or source is None:
        return "no router is on their way; look at the two hosts' packet filters and at what is between them"
    passed = f"{delivery.sender} ({source})"
    for hop in hops:
        count = _count(snapshot, hop.router, source, delivery.address)
        if count is None:
            return f"last counted by {passed}; {hop.router}, where they come by {hop.comes_by}, shows none of them"
        if count.rpf_failed and not count.packets:
            return f"{hop.router} has dropped {count.rpf_failed} that did not come in by its reverse path"
        if not count.packets:
            return f"{hop.router} knows the source and has forwarded nothing: nobody has joined, or a filter drops it"
        passed = f"{hop.router}, which has forwarded {count.packets}"
    return (
        f"the last router on their way, {passed}; look at what is behind it and at {delivery.receiver}'s packet filter"
    )


def _hops(snapshot: Snapshot, delivery: Delivery) -> Iterator[TrafficHop]:
    """Yield the routers on the way: those that look back to the sender, of other sites' only the receiver's."""
    if delivery.path in {Path.WITHIN_AWS, Path.WITHIN_SITE}:
        return
    lab = snapshot.lab
    sites = {device.name: site.name for site in lab.sites for device in site.devices}
    entries = {name: entry.name for entry in lab.hosts for name in entry.names}
    of_vpc = {each.name for each in vpc_interfaces(lab)}
    ends = {site_router(sites[name]) for name in (delivery.sender, delivery.receiver) if name in sites}
    for path in reverse_paths(lab):
        if path.source == entries.get(delivery.sender, delivery.sender) and path.router in {AWS_ROUTER, *ends}:
            comes_by = "the gateway" if path.interface in of_vpc else path.interface
            yield TrafficHop(router=in_reports(lab, path.router), comes_by=comes_by)


def _count(snapshot: Snapshot, router: str, source: IPv4Address, group: str) -> MrouteCount | None:
    observed = snapshot.routers.get(router)
    every = () if observed is None else observed.mroute_counts
    return next((each for each in every if each.source == source and str(each.group) == group), None)
