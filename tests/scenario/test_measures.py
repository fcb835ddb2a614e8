"""Scores and figures against values worked out by hand, and by the published tables."""

from __future__ import annotations

import pytest

from mcastlab.scenario.measures import PacketTimes, jitter_us, reception, score
from mcastlab.traffic.emodel import SPEECH, burst_ratio, mos, rating


@pytest.mark.parametrize(
    ("delay_ms", "loss", "expected_rating", "expected_mos"),
    [
        # G.107, annex B: the default connection.
        (0, 0, 93.2, 4.41),
        (100, 0, 93.2, 4.41),
        # 95 * 1 / (1 + 25.1) = 3.640 less.
        (0, 0.01, 89.56, 4.33),
        # 95 * 5 / (5 + 25.1) = 15.781 less.
        (0, 0.05, 77.42, 3.92),
        # x = 1 for 200 ms: 25 * (2 ** (1/6) - 3 * (1 + 1/729) ** (1/6) + 2) = 3.04 less.
        (200, 0, 90.16, 4.34),
        # x = 2 for 400 ms: 25 * (65 ** (1/6) - 3 * (1 + 64/729) ** (1/6) + 2) = 24.07 less.
        (400, 0, 69.13, 3.56),
    ],
)
def test_a_rating_is_that_of_the_recommendation(
    delay_ms: float, loss: float, expected_rating: float, expected_mos: float
) -> None:
    found = rating(SPEECH["g711u"], delay_ms=delay_ms, loss=loss)
    assert found == pytest.approx(expected_rating, abs=0.02)
    assert mos(found) == pytest.approx(expected_mos, abs=0.01)


def test_wide_band_without_loss_costs_what_its_codec_does() -> None:
    # (129 - 13) / 1.29 = 89.92.
    assert rating(SPEECH["g722"], delay_ms=50, loss=0) == pytest.approx(89.92, abs=0.01)


def test_losses_in_bursts_cost_more_than_at_random() -> None:
    # 95 * 5 / (5 / 2 + 25.1) = 17.21 less, where 15.78 are at random.
    assert rating(SPEECH["g711u"], delay_ms=0, loss=0.05, burst_ratio=2) == pytest.approx(93.2 - 17.21, abs=0.01)
    assert burst_ratio([True, False] * 4) == 1
    assert burst_ratio([True, True, False, False]) == 1
    assert burst_ratio([False] * 90 + [True] * 10) == pytest.approx(9)


def test_jitter_is_that_of_rfc_3550_by_hand() -> None:
    # 16 ms then nothing: 16000 / 16 = 1000, then 1000 - 1000 / 16 = 937.5.
    assert (jitter_us([0, 16_000]), jitter_us([0, 16_000, 16_000]), jitter_us([5])) == (1000, 937, 0)


DUE = {sequence: 100.0 + 20 * sequence for sequence in range(100)}


def came(*missing: int, latency_us: int = 5000) -> dict[int, PacketTimes]:
    return {
        sequence: PacketTimes(due_ms=due, transit_us=latency_us + 100, latency_us=latency_us)
        for sequence, due in DUE.items()
        if sequence not in missing
    }


def test_what_came_is_counted_from_the_first_packet_on() -> None:
    found = reception(came(0, 1, 50, 51, 52), DUE, joined_ms=100, end_ms=10_000, buffer_ms=60)
    assert (found.due, found.lost) == (98, 3)
    # The third packet was due 40 ms after the begin, and took 5.1 ms.
    assert found.join_ms == pytest.approx(45.1)
    assert found.gap_ms == pytest.approx(80)
    assert (found.latency_min_us, found.latency_p95_us, found.jitter_us, found.late) == (5000, 5000, 0, 0)


def test_a_member_that_comes_and_goes_is_asked_for_its_own_time_alone() -> None:
    found = reception(came(), DUE, joined_ms=505, end_ms=905, buffer_ms=60)
    # Those of 500 to 900 ms: that of 500 came at 505.1.
    assert (found.due, found.lost) == (21, 0)
    assert found.join_ms == pytest.approx(0.1)


def test_of_a_stream_that_begins_after_the_join_what_was_missed_is_reported_whatever_the_clocks_show() -> None:
    for ahead_us in (-80_000, 0, 80_000):
        packets = {
            sequence: PacketTimes(due_ms=each.due_ms, transit_us=each.transit_us + ahead_us, latency_us=each.latency_us)
            for sequence, each in came(0, 1).items()
        }
        found = reception(packets, DUE, joined_ms=0, end_ms=10_000, buffer_ms=60)
        assert (found.join_ms, found.due, found.lost) == (40, 98, 0)


def test_who_heard_nothing_lost_all() -> None:
    found = reception({}, DUE, joined_ms=100, end_ms=500, buffer_ms=60)
    assert (found.due, found.lost, found.join_ms) == (20, 20, None)
    assert score("g711u", found, latency_ms=1, buffer_ms=60) is None


def test_what_comes_too_late_for_the_jitter_buffer_costs_as_what_is_lost() -> None:
    packets = came()
    packets[10] = PacketTimes(due_ms=DUE[10], transit_us=70_000, latency_us=70_000)
    late = reception(packets, DUE, joined_ms=100, end_ms=10_000, buffer_ms=60)
    lost = reception(came(10), DUE, joined_ms=100, end_ms=10_000, buffer_ms=60)
    assert (late.lost, late.late, lost.lost, lost.late) == (0, 1, 1, 0)
    scores = [score("g711u", each, latency_ms=5, buffer_ms=60) for each in (late, lost)]
    assert scores[0] == scores[1]
    assert reception(packets, DUE, joined_ms=100, end_ms=10_000, buffer_ms=70).late == 0
    assert score("l16", late, latency_ms=5, buffer_ms=60) is None
