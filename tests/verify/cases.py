"""Every break with what it must give."""

from __future__ import annotations

from typing import Final

from verify.cases_filters import FILTERS
from verify.cases_followed import FOLLOWED
from verify.cases_lower import ACCESS, ROUTES, VPN
from verify.cases_points import POINTS
from verify.cases_senders import SENDERS
from verify.cases_upper import ENDS, MULTICAST, OVERLAY, UNEXPLAINED

CASES: Final = (
    *ACCESS,
    *VPN,
    *ROUTES,
    *FILTERS,
    *SENDERS,
    *OVERLAY,
    *POINTS,
    *MULTICAST,
    *ENDS,
    *FOLLOWED,
    *UNEXPLAINED,
)
