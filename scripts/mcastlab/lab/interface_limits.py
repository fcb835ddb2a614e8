"""How many network interfaces an instance of each type takes, from a table of what EC2 says.

Source: EC2 API, DescribeInstanceTypes, MaximumNetworkInterfaces of the default network card, as
https://github.com/aws/amazon-vpc-cni-k8s publishes it (``pkg/vpc/vpc_ip_resource_limit.go``, August 2026).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_suffix(".json")
"""By size of the instance and then by limit, the families."""


@cache
def _limits() -> dict[str, int]:
    table: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
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
