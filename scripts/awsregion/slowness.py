"""How slow a region is, and its clock, which may go faster than ours and be moved forward.

A region that is as fast as it can be shows nothing of what takes minutes on AWS. In its slow mode it takes those
minutes, by its own clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from mcastlab_base.errors import BadInputError
from mcastlab_base.frozen import Frozen

Seconds = Annotated[float, Field(ge=0, le=86400)]

FASTEST: Final = 3600.0


class Slowness(Frozen):
    """What takes longer than it must, in seconds of the region's clock."""

    router_boot_s: Seconds = 0
    """Until an instance that boots IOS-XE answers SSH: it runs from the beginning."""
    deleting_s: Seconds = 0
    """How long a gateway's attachments and VPN connections stay in ``deleting``."""
    bgp_s: Seconds = 0
    """From the first IPsec tunnel of a VPN connection until BGP opens on it."""
    throttles: bool = False
    """EC2 takes no more requests than at AWS's published rates."""


SLOW: Final = Slowness(router_boot_s=180, deleting_s=120, bgp_s=45, throttles=True)
"""Of a slow account. A C8000V takes 5 to 10 minutes to boot, attachments stay in deleting for minutes; a BGP open that
fails is delayed for up to 35 s."""

LINGERING: Final = frozenset({"transit-gateway-attachment", "vpn-connection"})
"""The tables whose records linger."""


class RegionClock:
    """Seconds since the epoch, as the region counts them: at first ours."""

    def __init__(self) -> None:
        self.rate = 1.0
        """How many of its seconds pass in one of ours."""
        self._real, self._shown = time.time(), 0.0
        self._shown = self._real

    def seconds(self) -> float:
        """Return what it shows."""
        return self._shown + (time.time() - self._real) * self.rate

    def date(self) -> datetime:
        """Return the time of day, as EC2 writes it."""
        return datetime.fromtimestamp(self.seconds(), UTC).replace(microsecond=0)

    def advance(self, seconds: float) -> None:
        """Move it forward.

        Raises:
            ValueError: it would go back.
        """
        if seconds < 0:
            message = "a region's clock goes forward"
            raise ValueError(message)
        self._real, self._shown = time.time(), self.seconds() + seconds

    def run(self, rate: float) -> None:
        """Let it go at another rate from now on.

        Raises:
            ValueError: it would stand still, or go too fast to be read.
        """
        if not 0 < rate <= FASTEST:
            message = f"a region's clock goes up to {FASTEST:.0f} times as fast as ours"
            raise ValueError(message)
        self._real, self._shown = time.time(), self.seconds()
        self.rate = rate


def rate_of(text: str) -> float:
    """Return the rate that an option names.

    Raises:
        BadInputError: it is none.
    """
    try:
        rate = float(text)
        RegionClock().run(rate)
    except ValueError:
        raise BadInputError(
            f"--slow {text}: expected how many times as fast the Region's clock goes, up to {FASTEST:.0f}",
            hint="1 takes AWS's minutes, 30 makes seconds of them",
        ) from None
    return rate
