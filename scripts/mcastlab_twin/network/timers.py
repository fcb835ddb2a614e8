"""The timers and the size of a multicast domain."""

from __future__ import annotations

from dataclasses import dataclass

_PER_SECOND = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTimers:
    """IGMP timers in seconds; the defaults are the gateway's.

    Source: AWS, Transit Gateway, "Multicast on transit gateways": a query every two minutes, three unanswered ones end
    the membership. The response time is not published; a short one lets the bridge forward by membership at once.
    """

    query_interval_s: float = 120
    membership_s: float = 360
    response_s: float = 0.2
    members_a_group: int = 100
    """Not a time, but what a group takes: a further report is not heard. Source: AWS, Transit Gateway quotas."""

    def options(self) -> str:
        """Return the arguments for ``ip link ... type bridge``, whose unit is a hundredth of a second."""
        return (
            f"mcast_query_interval {self._ticks(self.query_interval_s)}"
            f" mcast_startup_query_interval {self._ticks(self.query_interval_s)}"
            f" mcast_query_response_interval {self._ticks(self.response_s)}"
            f" mcast_membership_interval {self._ticks(self.membership_s)}"
        )

    @staticmethod
    def _ticks(seconds: float) -> int:
        return round(seconds * _PER_SECOND)
