"""What botocore knows of AWS's Regions and instance types, as the table that the design checks read.

    python tests/aws_names.py

writes the table anew; a test holds it to the botocore that is installed.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

import botocore

from mcastlab.lab import aws_names

DATA: Final = Path(botocore.__file__).parent / "data"


def regions() -> frozenset[str]:
    """Return the Regions of all partitions, without the partitions' own pseudo-Regions."""
    partitions: Any = json.loads((DATA / "partitions.json").read_text(encoding="utf-8"))["partitions"]
    return frozenset(name for each in partitions for name in each["regions"] if not name.endswith("-global"))


def families() -> dict[str, tuple[str, ...]]:
    """Return the sizes of each family, in EC2's order."""
    model: Any = json.loads(gzip.decompress((DATA / "ec2/2016-11-15/service-2.json.gz").read_bytes()))
    found: dict[str, list[str]] = {}
    for name in model["shapes"]["InstanceType"]["enum"]:
        family, _, size = name.partition(".")
        found.setdefault(family, []).append(size)
    return {family: tuple(sizes) for family, sizes in found.items()}


def table() -> str:
    """Return the table's text: families that have the same sizes share an entry."""
    alike: dict[str, list[str]] = {}
    for family, sizes in sorted(families().items()):
        alike.setdefault(" ".join(sorted(sizes)), []).append(family)
    entries = {sizes: " ".join(of_sizes) for sizes, of_sizes in sorted(alike.items())}
    return json.dumps({"regions": " ".join(sorted(regions())), "families": entries}, indent=1) + "\n"


if __name__ == "__main__":
    aws_names.TABLE.write_text(table(), encoding="utf-8")
