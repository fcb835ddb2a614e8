"""The rates of requests that EC2 takes from an account in a Region: a bucket of tokens for each kind of action.

Source: Amazon EC2 Developer Guide, Request throttling for the Amazon EC2 API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRate:
    """How many requests a bucket holds, and how many come back each second."""

    most: int
    per_s: float


_READING: Final = ("Describe", "Get", "List", "Search")
_RATES: Final = {
    "reading": ActionRate(most=100, per_s=20),
    "changing": ActionRate(most=50, per_s=5),
    "RunInstances": ActionRate(most=5, per_s=2),
    "StartInstances": ActionRate(most=5, per_s=2),
    "TerminateInstances": ActionRate(most=100, per_s=5),
}


_ANSWERS: Final = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "cloudformation": ("Throttling", "Rate exceeded", 400),
    "iam": ("Throttling", "Rate exceeded", 400),
    "sts": ("Throttling", "Rate exceeded", 400),
}


def throttled(service: str) -> AwsError:
    """Return what a service answers to a request that is one too many."""
    return AwsError(*_ANSWERS.get(service, ("ThrottlingException", "Rate exceeded", 400)))


class ActionRates:
    """The buckets of one account."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = {name: (float(rate.most), clock()) for name, rate in _RATES.items()}

    def take(self, action: str) -> bool:
        """Take a token for an action; tell whether there was one."""
        name = action if action in _RATES else "reading" if action.startswith(_READING) else "changing"
        rate, (left, at), now = _RATES[name], self._left[name], self._clock()
        left = min(rate.most, left + (now - at) * rate.per_s)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        return left >= 1
