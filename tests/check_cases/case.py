"""What a case is, and pieces of documents to make cases of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcastlab.lab.checks import Severity


@dataclass(frozen=True, kw_only=True)
class Case:
    """A change to a sound document, and what the named check says of it."""

    check: str
    change: dict[str, Any]
    at: str
    says: str
    severity: Severity = Severity.ERROR
    base: str = "minimal"
    hint: str = ""


SITE = {
    "name": "lyon",
    "router": {"ssh": "lyon-router", "asn": 65002, "wan": "203.0.113.6/30", "lan": "192.168.60.1/24"},
    "devices": [{"name": "phone-2", "address": "192.168.60.20"}],
}
GROUP = {"name": "other", "address": "239.1.1.2"}


def site(**router: Any) -> dict[str, Any]:
    return {**SITE, "router": {**SITE["router"], **router}}  # type: ignore[dict-item]  # a plain document


def group(address: str, **fields: Any) -> dict[str, Any]:
    return {**GROUP, "address": address, **fields}
