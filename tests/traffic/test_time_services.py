"""What chrony 4.3 printed, and what hosts with a chronyc tell of their clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traffic.test_fleet import Local

from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.time_services import ServedClock, served_clock

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

FAST = (
    "7F000001,127.0.0.1,2,1795946413.054594458,-0.000002943,-0.000000022,0.000000288,"
    "0.279,0.000,0.271,0.000005931,0.000001964,0.5,Normal"
)
"""Of a client whose `chronyc tracking` says 0.000002943 seconds fast of NTP time."""
LOCAL = (
    "7F7F0101,,1,1795946404.346488270,0.000000000,0.000000000,0.000000000,"
    "0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal"
)
"""Of a server that follows nothing (`local stratum 1`)."""
PTP = FAST.replace("7F000001,127.0.0.1,2", "50484330,PHC0,1")


def test_a_clock_that_is_fast_of_its_reference_is_ahead() -> None:
    assert served_clock(FAST, None) == ServedClock(us=3, error_us=5, reference="127.0.0.1")


def test_a_ptp_hardware_clock_has_the_error_of_its_driver() -> None:
    assert served_clock(PTP, 21_000) == ServedClock(us=3, error_us=26, reference="PHC0")
    assert served_clock(PTP, None) is None, "chrony takes it to be right"


@pytest.mark.parametrize(
    "tracking",
    [
        "",
        LOCAL,
        FAST.replace("Normal", "Not synchronised"),
        FAST.replace("0.000005931", "soon"),
        FAST.replace("0.000005931", "nan"),
        FAST.replace("0.000005931", "1e999"),
        FAST.replace("0.000001964", "-0.1"),
        "506 Cannot talk to daemon",
    ],
)
def test_what_follows_nothing_or_cannot_be_read_tells_nothing(tracking: str) -> None:
    assert served_clock(tracking, None) is None


def test_a_host_with_a_chronyc_tells_its_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chronyc"
    program.write_text(f'#!/bin/sh\n[ "$*" = "-c -n tracking" ] && echo "{FAST}"\n')
    program.chmod(0o755)
    fleet = Fleet({"plain": Local("plain")})
    fleet.greet(["plain"])
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    served = Fleet({"served": Local("served")})
    served.greet(["served"])
    assert served.served == {"served": ServedClock(us=3, error_us=5, reference="127.0.0.1")}
    assert "served" in served.offsets
