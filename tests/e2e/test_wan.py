"""The way over the internet fails or gets worse: traffic goes over the other tunnel, or late and thinned as asked."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from trials.run import Stream

from mcastlab.cli.connections import Connections
from mcastlab.lab.design.names import remote_router_name

from .breaking import BOTH, REPAIRED, outcomes, shown, telemetry, until
from .breaks import configure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .conftest import Deployed

pytestmark = [pytest.mark.twin, pytest.mark.timeout(900)]

IMPAIRED: Final = Stream(count=400, batch=4, establish_within_s=60)


@pytest.fixture
def deployed(in_cuts: Deployed) -> Deployed:
    return in_cuts


@contextmanager
def tunnel_1_shut_down(deployed: Deployed) -> Iterator[None]:
    """By SSH on the remote router, which says goodbye to the endpoint."""
    router = remote_router_name(deployed.lab, deployed.lab.sites[0])
    configure(deployed, router, "interface Tunnel101", "shutdown")
    try:
        yield
    finally:
        configure(deployed, router, "interface Tunnel101", "no shutdown")


@contextmanager
def tunnel_1_filtered(deployed: Deployed) -> Iterator[None]:
    """By a filter on the internet, of which neither end is reported: only their timers find out."""
    endpoint = Connections(deployed.lab).facts().sites["turku"].tunnels[0].outside_address
    rules = (
        f"table ip filtered {{ chain passing {{ type filter hook forward priority 0;\n"
        f"ip saddr {endpoint} drop\nip daddr {endpoint} drop\n}}\n}}"
    )
    deployed.command_line.must("ssh", "internet", "--", "nft", rules)
    try:
        yield
    finally:
        deployed.command_line.must("ssh", "internet", "--", "nft", "delete table ip filtered")


@pytest.mark.series(gate=1, first=True)
@pytest.mark.parametrize(
    ("fails", "numbers"),
    [
        pytest.param(tunnel_1_filtered, (10,), id="filtered on the way"),
        # A flow that is new finds its way too, and one that stood.
        pytest.param(tunnel_1_shut_down, (11, 12), id="shut down"),
    ],
)
def test_while_tunnel_1_fails_traffic_goes_over_tunnel_2_and_comes_back(
    deployed: Deployed, fails: Callable[[Deployed], AbstractContextManager[None]], numbers: Sequence[int]
) -> None:
    both_up, one_up = tunnel_states(deployed)
    until(lambda: telemetry(deployed) == both_up, "both tunnels are up")
    if fails is tunnel_1_shut_down:
        # A flow that stands goes on.
        holds(deployed, numbers[0])
    with fails(deployed):
        if fails is tunnel_1_filtered:
            until(lambda: telemetry(deployed) == one_up, "tunnel 1 is reported down")
            # By a timer of its own; a join that leaves before is lost until the next one, 60 s later.
            until(lambda: not goes_over_tunnel_1(deployed), "the remote router has noticed")
        for number in numbers:
            holds(deployed, number)
        until(lambda: telemetry(deployed) == one_up, "tunnel 1 is reported down")
    until(lambda: telemetry(deployed) == both_up, "both tunnels are up again")
    holds(deployed, numbers[0])


def goes_over_tunnel_1(deployed: Deployed) -> bool:
    """Say whether the remote router has routes by the first tunnel."""
    router = remote_router_name(deployed.lab, deployed.lab.sites[0])
    first, _ = Connections(deployed.lab).facts().sites["turku"].tunnels
    return f"via {first.aws_address.ip}" in shown(deployed, router, "show ip route bgp")


def tunnel_states(deployed: Deployed) -> tuple[dict[str, str], dict[str, str]]:
    """What AWS tells while both tunnels are up, and while the first is down."""
    first, second = (str(each.outside_address) for each in Connections(deployed.lab).facts().sites["turku"].tunnels)
    return {first: "UP", second: "UP"}, {first: "DOWN", second: "UP"}


def test_an_impaired_wan_delays_and_thins_the_traffic_as_asked(deployed: Deployed) -> None:
    asked = ("--delay", "40ms", "--jitter", "10ms", "--loss", "5%")
    reported = deployed.command_line.must("twin", "impair", "turku", *asked)
    assert "turku: 40 ms ± 10 ms late and 5 % lost each way" in reported
    try:
        assert reported.strip() in deployed.command_line.must("twin", "status")
        for outcome in outcomes(deployed, 13, BOTH, IMPAIRED):
            for reception in outcome.receptions:
                assert reception.latency_min_us is not None, outcome
                assert reception.latency_min_us >= 30_000, outcome
                # 20 of 400 are lost; six standard deviations are 26.
                assert 0 < outcome.lost(reception) <= 46, outcome
                # Jitter is wider than the 5 ms between two datagrams.
                assert reception.reordered > 0, outcome
    finally:
        deployed.command_line.must("twin", "impair", "turku", "--clear")
    holds(deployed, 14)
    for outcome in outcomes(deployed, 13, BOTH, REPAIRED):
        for reception in outcome.receptions:
            assert reception.latency_median_us is not None, outcome
            assert reception.latency_median_us < 30_000, outcome


WORSE_WAN: Final = """\
name: worse-wan
steps:
- impair: {site: turku, delay: 100ms, for: 6s}
- conference: {group: cut-17, members: "*", join: 500/s, turn: 1s, for: 3s}
- wait: {for: 9s}
- conference: {group: cut-17, members: "*", join: 500/s, turn: 500ms, for: 6s}
"""


def test_a_test_of_devices_impairs_a_wan_for_its_time_alone(deployed: Deployed, tmp_path: Path) -> None:
    file = tmp_path / "worse-wan.yaml"
    file.write_text(WORSE_WAN, encoding="utf-8")
    deployed.command_line.must("twin", "impair", "turku", "--delay", "10ms")
    try:
        heard = json.loads(deployed.command_line.must("test", str(file), "--json"))["heard"]
        assert "turku: 10 ms late" in deployed.command_line.must("twin", "status"), "as it was before"
    finally:
        deployed.command_line.must("twin", "impair", "turku", "--clear")
    delays = {
        # Where no datagram flows back a delay is only bounded.
        step: [
            late
            for row in heard
            if row["step"] == step and "phone" in row["talker"] and (late := row["latency_p95_ms"])
        ]
        for step in (2, 4)
    }
    assert all(delays.values()), heard
    # Clocks are compared by what flowed without the impairment too, right to half of that round trip.
    assert min(delays[2]) >= 80, delays
    # A busy machine holds up what it forwards, but not in each of four turns.
    assert min(delays[4]) < 80, delays


def holds(deployed: Deployed, number: int) -> None:
    """Both directions of a group arrive whole."""
    for outcome in outcomes(deployed, number, BOTH, REPAIRED):
        assert outcome.holds, outcome
