"""Regions and instance types of AWS, and how many network interfaces these take.

The names are a table that tests/aws_names.py generates. Source: botocore, partitions.json and the EC2 service model,
InstanceType.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).with_suffix(".json")
_NAMES: Final[dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))

REGIONS: Final = frozenset[str](_NAMES["regions"].split())
"""The Regions of all partitions."""

FAMILIES: Final = {
    family: frozenset[str](sizes.split())
    for sizes, families in _NAMES["families"].items()
    for family in families.split()
}
"""The sizes of each family of instance types."""


_INTERFACE_LIMITS: Final = TABLE.with_name("interface_limits.json")
"""By size of the instance and then by limit, the families.

Source: EC2 API, DescribeInstanceTypes, MaximumNetworkInterfaces of the default network card, as
https://github.com/aws/amazon-vpc-cni-k8s publishes it (``pkg/vpc/vpc_ip_resource_limit.go``, August 2026).
"""


@cache
def _limits() -> dict[str, int]:
    table: dict[str, dict[str, str]] = json.loads(_INTERFACE_LIMITS.read_text(encoding="utf-8"))
    return {
        f"{family}.{size}": int(limit)
        for size, limits in table.items()
        for limit, families in limits.items()
        for family in families.split()
    }


def most_interfaces(instance_type: str) -> int | None:
    """Return how many network interfaces an instance type takes, or None where the table does not have the type.

    >>> most_interfaces("c5n.large"), most_interfaces("c5n.9xlarge"), most_interfaces("z9.large")
    (3, 8, None)
    """
    return _limits().get(instance_type)
