"""What the nodes found, put together: deliveries, silences, payloads and rates. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mcastlab.traffic.clocks import ClockBounds, ClockOffset, between
from mcastlab.traffic.payload import computed_octets
from mcastlab.traffic.results import Delivery, Latency, LatencyBound, Path, Payload, Rate, Silence, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.node_results import Found
    from mcastlab.traffic.plan import PlannedFlow
    from mcastlab.traffic.stalls import Excuses

US_PER_MS: Final = 1000
UNKNOWN: Final = -1
"""What a node tells of something that it could not measure."""


def deliveries(found: Found, excused: Excuses) -> Iterator[Delivery]:
    """Return what came of every measured flow at every node that had joined its group."""
    rows = {node: list(found.rows(node)) for node in found.receivers}
    clocks = between(shortest_latencies(found), found.offsets, found.served)
    for node, of_node in rows.items():
        slices = found.by_node[node]["slices"]
        for row in of_node:
            flow = found.plan.flows[row["flow"]]
            if not found.plan.meets(node, flow):
                continue
            yield _delivery(
                found,
                node,
                row,
                excused=excused,
                offset=clocks.get((flow.sender, node)),
                slices=slices.get(str(row["flow"]), ()),
            )


def shortest_latencies(found: Found) -> dict[tuple[int, int], int]:
    """Return for each pair (sender, receiver) the shortest raw latency of all their flows."""
    shortest: dict[tuple[int, int], int] = {}
    for node in found.receivers:
        for row in found.rows(node):
            if row["distinct"] and node != found.plan.flows[row["flow"]].sender:
                pair = (found.plan.flows[row["flow"]].sender, node)
                shortest[pair] = min(shortest.get(pair, row["raw_min_us"]), row["raw_min_us"])
    return shortest


def _delivery(
    found: Found,
    node: int,
    row: Mapping[str, Any],
    *,
    excused: Excuses,
    offset: ClockOffset | ClockBounds | None,
    slices: tuple[tuple[int, int, int, int], ...],
) -> Delivery:
    plan, key = found.plan, (node, row["flow"])
    flow, receiver = plan.flows[row["flow"]], plan.nodes[node]
    sender, group = plan.nodes[flow.sender], plan.groups[flow.group]
    left, _ = found.sent(row["flow"])
    stalled, late_us = excused.stalled.get(key, 0), found.usual_delay_us(node, row["flow"])
    return Delivery(
        group=group.name,
        address=str(group.address),
        port=group.port,
        sender=sender.name,
        receiver=receiver.name,
        path=sender.path_to(receiver),
        site=receiver.site or sender.site,
        # What a sender could not send was not due, and what a host lost by itself says nothing of the network.
        sent=min(row["due"] - excused.unsent.get(key, 0), left) - stalled,
        stalled=stalled,
        received=row["distinct"],
        duplicates=row["duplicates"],
        reordered=row["reordered"],
        latency=_latency(row, offset) if row["distinct"] and isinstance(offset, ClockOffset) else None,
        bound=_bound(row, offset) if row["distinct"] and isinstance(offset, ClockBounds) else None,
        jitter_us=row["jitter_us"] if row["distinct"] else None,
        established_after_s=_known(row["established_us"], 1e6),
        join_delay_ms=_known(row["join_delay_us"], US_PER_MS) if _flowed_at_join(found, node, row["flow"]) else None,
        leave_delay_ms=_known(row["leave_delay_us"], US_PER_MS),
        timeline=tuple(
            Slice(
                at_ms=at_ms,
                sent=due,
                lost=lost,
                latency_median_us=median - offset.us - late_us
                if due > lost and isinstance(offset, ClockOffset)
                else None,
            )
            for at_ms, due, lost, median in slices
        ),
        lost_between_ms=None if stalled else _lost_between_ms(flow, row),
    )


def _lost_between_ms(flow: PlannedFlow, row: Mapping[str, Any]) -> tuple[float, float] | None:
    holes, (first, _) = row["holes"], row["window"]
    if not holes:
        return None
    since_ms = flow.due_ms(first)
    return flow.due_ms(holes[0][0]) - since_ms, flow.due_ms(holes[-1][1]) - since_ms


def _flowed_at_join(found: Found, node: int, number: int) -> bool:
    """Say whether a flow was being sent when its receiver joined, however far the clocks of the two are apart."""
    flow, late_ms = found.plan.flows[number], found.sent_row(number)["began_late_us"] / US_PER_MS
    joins = [each.join_ms for each in found.plan.memberships if (each.node, each.group) == (node, flow.group)]
    return bool(flow.start_ms + late_ms + found.plan.guard_ms <= min(joins))


def _latency(row: Mapping[str, int], offset: ClockOffset) -> Latency:
    return Latency(
        min_us=row["raw_min_us"] - offset.us,
        median_us=row["raw_median_us"] - offset.us,
        p95_us=row["raw_p95_us"] - offset.us,
        max_us=row["raw_max_us"] - offset.us,
        clock_offset_us=offset.us,
        clock_error_us=offset.error_us,
        clock_references=offset.references,
    )


def _bound(row: Mapping[str, int], offset: ClockBounds) -> LatencyBound:
    return LatencyBound(
        lower_ms=max(0, row["raw_median_us"] - offset.most_us) / US_PER_MS,
        upper_ms=(row["raw_median_us"] - offset.least_us) / US_PER_MS,
    )


def _known(us: int, unit: float) -> float | None:
    return None if us < 0 else us / unit


def stands(found: Found) -> bool:
    """Say whether every path stood, and soon enough for all that was to be measured."""
    return all(
        (row["established_us"] != UNKNOWN and row["due"]) or not found.plan.meets(node, found.plan.flows[row["flow"]])
        for node in found.receivers
        for row in found.rows(node)
    ) and all(row["whole_octets"] != UNKNOWN for node in found.receivers for row in found.by_node[node]["sweeps"])


def silences(found: Found) -> Iterator[Silence]:
    """Return what was heard at each interface where nothing may arrive; a node that may not watch says nothing."""
    for node, answer in found.by_node.items():
        if answer["silences"] is None:
            continue
        heard: dict[tuple[int, Any], int] = {}
        for watch, count in zip(found.plan.watches_of(node), answer["silences"], strict=True):
            if watch.kind is not None and count != UNKNOWN:
                heard[watch.group, watch.kind] = heard.get((watch.group, watch.kind), 0) + count
        for (group, kind), count in heard.items():
            yield Silence(
                group=found.plan.groups[group].name,
                address=str(found.plan.groups[group].address),
                host=found.plan.nodes[node].name,
                kind=kind,
                heard=count,
            )


def payloads(found: Found, lab: Lab, excused: Excuses) -> Iterator[Payload]:
    """Return the largest payload of each way that was searched and that the design computes one for.

    Where less arrives and a host lost some of it by itself, nothing was found.
    """
    for node in found.receivers:
        receiver = found.plan.nodes[node]
        for row in found.by_node[node]["sweeps"]:
            flow = found.plan.flows[row["flow"]]
            sender = found.plan.nodes[flow.sender]
            budget = computed_octets(lab, sender, receiver)
            key = (node, row["flow"])
            disturbed = key in excused.stalled or key in excused.unsent
            known = row["whole_octets"] != UNKNOWN
            if budget is not None and known and not (disturbed and row["whole_octets"] < budget):
                yield Payload(
                    group=found.plan.groups[flow.group].name,
                    sender=sender.name,
                    receiver=receiver.name,
                    path=sender.path_to(receiver),
                    largest_octets=row["whole_octets"],
                    budget_octets=budget,
                )


def rates(found: Found) -> Iterator[Rate]:
    """Return the highest rate at which every receiver of a way got all, for each sender that was tried."""
    steps: dict[tuple[int, int], list[int]] = {}
    for number, flow in enumerate(found.plan.flows):
        if flow.kind == "rate":
            steps.setdefault((flow.group, flow.sender), []).append(number)
    for (_, sender), numbers in steps.items():
        by_path: dict[Path, list[int]] = {}
        for node in found.receivers:
            if any(row["flow"] in numbers for row in found.by_node[node]["rates"]):
                by_path.setdefault(found.plan.nodes[sender].path_to(found.plan.nodes[node]), []).append(node)
        for receivers in by_path.values():
            yield _rate(found, numbers, receivers)


def _rate(found: Found, numbers: list[int], receivers: list[int]) -> Rate:
    whole = [number for number in numbers if _arrived_whole(found, number, receivers)]
    flows = found.plan.flows
    # A step without loss past one with loss was luck.
    unbroken = [number for place, number in enumerate(numbers) if numbers[: place + 1] == whole[: place + 1]]
    best = unbroken[-1] if unbroken else numbers[0]
    sender = found.plan.nodes[flows[best].sender]
    return Rate(
        group=found.plan.groups[flows[best].group].name,
        sender=sender.name,
        receivers=tuple(found.plan.nodes[node].name for node in receivers),
        path=sender.path_to(found.plan.nodes[receivers[0]]),
        size_octets=flows[best].sizes[0],
        asked_pps=flows[numbers[-1]].asked_pps,
        sustained_pps=flows[best].asked_pps if unbroken else 0,
        sender_cpu_percent=_cpu_percent(found, flows[best].sender, best, flows[best]),
        receiver_cpu_percent=max(_cpu_percent(found, node, best, flows[best]) for node in receivers),
    )


def _arrived_whole(found: Found, number: int, receivers: list[int]) -> bool:
    sent, failed = found.sent(number)
    counts = [row["distinct"] for node in receivers for row in found.by_node[node]["rates"] if row["flow"] == number]
    return failed == 0 and sent == found.plan.flows[number].count and all(count == sent for count in counts)


def _cpu_percent(found: Found, node: int, number: int, flow: PlannedFlow) -> float:
    seconds = -(-flow.count // flow.burst) * flow.interval_us / 1e6
    return round(100 * float(found.by_node[node]["cpu_s"].get(str(number), 0)) / seconds, 1)
