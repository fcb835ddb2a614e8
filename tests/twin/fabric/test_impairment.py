"""A WAN that delays, jitters and loses: what was asked for is what packets meet, and afterwards they meet nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from awsregion.cloud import Cloud
from mcastlab_twin.network.impairment import Impairment, impairment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.fabric.conftest import Driver

ROUTER = "site.lab.router"
PEER = "198.18.7.1"
ON_THE_INTERNET = f"""
ip netns add peer
ip link add peer netns internet type veth peer name eth0 netns peer
ip -n peer addr add {PEER}/24 dev eth0
ip -n peer link set eth0 up
ip -n peer route add default via 198.18.7.254
ip -n internet addr add 198.18.7.254/24 dev peer
ip -n internet link set peer up
"""


@pytest.fixture(scope="module", autouse=True)
def _peer(request: pytest.FixtureRequest) -> None:
    if "driver" in request.fixturenames:
        driver: Driver = request.getfixturevalue("driver")
        driver.apply(Cloud(), ("site", "lab"))
        driver.sh(None, ON_THE_INTERNET)


@pytest.fixture
def sound(driver: Driver) -> Iterator[Driver]:
    yield driver
    driver.impair()


def pings(driver: Driver, count: int, interval_s: float) -> list[tuple[int, float]]:
    """The answers as they came: sequence numbers, and round trips in milliseconds."""
    reported = driver.sh(
        ROUTER, f"ping -n -q -c 1 -W 2 {PEER} > /dev/null; ping -n -c {count} -i {interval_s} -W 1 {PEER} || true"
    )
    return [(int(number), float(ms)) for number, ms in re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", reported)]


@pytest.mark.twin
def test_every_packet_is_late_by_the_delay_each_way_give_or_take_the_jitter(sound: Driver) -> None:
    sound.impair(lab={"delay_ms": 40, "jitter_ms": 10})
    times = [ms for _, ms in pings(sound, 50, 0.01)]
    assert len(times) == 50
    assert min(times) >= 2 * (40 - 10)
    assert sum(times) / len(times) >= 2 * 40 - 6
    assert max(times) - min(times) > 10


@pytest.mark.twin
def test_packets_with_a_wide_jitter_overtake_each_other(sound: Driver) -> None:
    sound.impair(lab={"delay_ms": 40, "jitter_ms": 40})
    numbers = [number for number, _ in pings(sound, 50, 0.002)]
    assert len(numbers) == 50
    assert numbers != sorted(numbers)


@pytest.mark.twin
def test_of_many_packets_the_asked_share_is_lost_each_way(sound: Driver) -> None:
    sound.impair(lab={"loss_percent": 20})
    # 0.8 x 0.8 of 1000 come back; six standard deviations are 91.
    assert 549 <= len(pings(sound, 1000, 0.002)) <= 731


@pytest.mark.twin
def test_another_impairment_takes_the_place_of_the_first_and_none_restores_the_way(sound: Driver) -> None:
    sound.impair(lab={"delay_ms": 500})
    sound.impair(lab={"delay_ms": 100})
    assert all(200 <= ms < 1000 for _, ms in pings(sound, 5, 0.1))
    assert sound.impair() == {}
    straight = pings(sound, 100, 0.002)
    assert len(straight) == 100
    assert min(ms for _, ms in straight) < 100
    assert "detour" not in sound.sh("internet", "ip rule; ip link; ip route show table all")


def test_the_words_of_a_person_become_an_impairment_and_the_kernel_s_words() -> None:
    asked = impairment_of(delay="40ms", jitter="0.005s", loss="1.5%")
    assert asked == Impairment(delay_ms=40, jitter_ms=5, loss_percent=1.5)
    assert asked.netem() == ("netem", "delay", "40ms", "5ms", "loss", "1.5%")
    assert str(asked) == "40 ms ± 5 ms late and 1.5 % lost each way"
    assert Impairment(loss_percent=3).netem() == ("netem", "delay", "0ms", "loss", "3%")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"delay": "40"}, "write it like 40ms"),
        ({"delay": "-1ms"}, "write it like 40ms"),
        ({"loss": "1"}, "write it like 1%"),
        ({"loss": "101%"}, "loss_percent"),
        ({"delay": "11s"}, "delay_ms"),
        ({"delay": "5ms", "jitter": "6ms"}, "at most the delay"),
    ],
)
def test_what_is_no_impairment_is_refused_with_what_to_write(words: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        impairment_of(**words)
