"""Regions and instance types of AWS, from a table that tests/aws_names.py generates.

Source: botocore, partitions.json and the EC2 service model, InstanceType.
"""

from __future__ import annotations

import json
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
