"""Documents to break one thing in."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mcastlab.lab.document import parse

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

LABS = Path(__file__).parent / "labs"


def document(name: str = "minimal") -> dict[str, Any]:
    """Return a sound document as plain values."""
    loaded: dict[str, Any] = yaml.safe_load((LABS / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a document with values written at paths such as ``sites.0.router.lan``; a list grows by one at its end."""
    result = deepcopy(base)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place: Any = result
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        if isinstance(place, list):
            if int(last) == len(place):
                place.append(value)
            else:
                place[int(last)] = value
        else:
            place[last] = value
    return result


def of_sites(count: int) -> dict[str, Any]:
    """Return a document of so many remote sites with a device each."""
    sites = [
        {
            "name": f"site-{number}",
            "router": {
                "ssh": f"site-{number}-router",
                "asn": 65000 + number,
                "wan": f"203.0.113.{4 * number + 2}/30",
                "lan": f"192.168.{10 + number}.1/24",
            },
            "devices": [{"name": f"site-{number}-phone", "address": f"192.168.{10 + number}.20"}],
        }
        for number in range(count)
    ]
    return {
        "name": f"sites-{count}",
        "vpc": {"cidr": "10.10.0.0/16"},
        "hosts": [{"name": "probe", "count": 2}],
        "sites": sites,
        "groups": [{"name": "paging", "address": "239.1.1.1"}],
    }


def lab_with(changes: dict[str, Any], base: str = "minimal", folder: Path | None = None) -> Lab:
    """Return the lab of a sound document with changes, which stands in a folder."""
    return parse(changed(document(base), changes), "document", folder or Path())
