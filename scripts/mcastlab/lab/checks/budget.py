"""What an hour costs, against what it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.checks.finding import design_check, error
from mcastlab.lab.cost import PRICED_REGION, estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab


@design_check(f"AWS price pages, {PRICED_REGION}, on demand")
def an_hour_is_within_the_budget(lab: Lab) -> Iterator[Observation]:
    """The estimate for an hour is not above the document's budget."""
    hour = estimate(lab)
    limit = lab.budget_usd_per_hour
    if limit is not None and hour.usd_per_hour > limit:
        yield error(
            "budget_usd_per_hour",
            f"an hour costs about {hour.usd_per_hour:.2f} USD at {PRICED_REGION}'s prices, and {limit:.2f} are "
            f"allowed; not counted: {', '.join(hour.not_included)}",
            f"write at least {hour.usd_per_hour:.2f}, or fewer sites, hosts or smaller instances",
        )
