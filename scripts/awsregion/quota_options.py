"""Raised quotas as options say them: ``NAME=N``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsregion.ec2.quotas import QUOTAS
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable


def raised(options: Iterable[str]) -> dict[str, int]:
    """Return the quotas that options name.

    Raises:
        BadInputError: there is none of that name, or no number.
    """
    quotas: dict[str, int] = {}
    for option in options:
        name, _, number = option.partition("=")
        if name not in QUOTAS or not number.isdigit():
            raise BadInputError(f"{option} is no quota and number", hint=f"one of {', '.join(QUOTAS)}, as route=100")
        quotas[name] = int(number)
    return quotas
