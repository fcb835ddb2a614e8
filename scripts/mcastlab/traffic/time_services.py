"""What a host's time service tells of its clock: pure.

Without datagrams that go both ways two clocks are still compared where each follows a reference: chrony bounds what its
clock may be wrong by. Amazon Time Sync is right to less than a millisecond over NTP, to microseconds over the PTP
hardware clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOCAL: Final = "7F7F0101"
"""The identifier of a clock that follows none but itself."""
PTP_CLOCK: Final = "PHC"
UNSYNCHRONISED: Final = "Not synchronised"
_FIELDS: Final = 14
_US: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedClock:
    """How far a clock is ahead of what its reference tells, in microseconds, and how far that may be off."""

    us: int
    error_us: int
    reference: str
    """The server's address, or the name of a hardware clock."""


def served_clock(tracking: str, ptp_error_ns: int | None) -> ServedClock | None:
    """Return what chrony tells of a host's clock; None where it follows no reference, or none whose error is known.

    The clock is wrong by no more than the offset that is being corrected, half the delay to the reference and its
    dispersion. Of a PTP hardware clock chrony knows no error; the driver tells that.

    >>> row = "A9FEA97B,169.254.169.123,4,1700000000.5,-0.000012000,0,0,-2,0,0,0.000380000,0.000110000,16.1,Normal"
    >>> served_clock(row, None)
    ServedClock(us=12, error_us=300, reference='169.254.169.123')

    Args:
        tracking: what `chronyc -c -n tracking` prints, nothing where there is no chrony.
        ptp_error_ns: the bound of the error of the host's PTP hardware clock, as its driver tells it.

    Sources: chronyc(1), tracking: system time, root delay, root dispersion; EC2 User Guide, "Compare timestamps for
    your Linux instances".
    """
    fields = tracking.strip().split(",")
    if len(fields) != _FIELDS or fields[0] == LOCAL or fields[-1] == UNSYNCHRONISED:
        return None
    reference = fields[1] or fields[0]
    hardware = reference.startswith(PTP_CLOCK)
    if hardware and ptp_error_ns is None:
        return None
    driver_s = (ptp_error_ns or 0) / 1e9 if hardware else 0
    try:
        slow_us, delay_us, dispersion_us = (round(float(fields[place]) * _US, 3) for place in (4, 10, 11))
        us, error_us = round(-slow_us), round(delay_us / 2 + dispersion_us + driver_s * _US)
    except (ValueError, OverflowError):
        return None
    return ServedClock(us=us, error_us=error_us, reference=reference) if error_us >= 0 else None
