"""Regions and availability zones."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from mcastlab.lab.aws_names import REGIONS
from mcastlab.lab.checks.finding import design_check, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

_MOST_HAVE: Final = "abc"
_ZONES: Final = {
    "us-east-1": "abcdef",
    "us-west-2": "abcd",
    "ap-northeast-1": "abcd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "cn-north-1": "abd",
}
"""Zones of Regions that differ from a, b and c. Source: AWS, Regions and Availability Zones."""

_OF_OLDER_ACCOUNTS: Final = {"ap-northeast-1": "b"}
"""Zones that newer accounts do not get. Source: as above."""


@design_check("AWS, Regions and Availability Zones; botocore, partitions.json")
def region_exists(lab: Lab) -> Iterator[Observation]:
    """The Region is one that AWS has."""
    if lab.region not in REGIONS:
        yield unlisted(lab, "region", lab.region, "AWS has no Region of this name that is known here", REGIONS)


@design_check("AWS, Regions and Availability Zones; letters are an account's own names of zones")
def zones_exist_in_the_region(lab: Lab) -> Iterator[Observation]:
    """Every subnet's zone is one that the Region has."""
    if lab.region not in REGIONS:
        return
    zones, rare = _ZONES.get(lab.region, _MOST_HAVE), _OF_OLDER_ACCOUNTS.get(lab.region, "")
    names = [f"{lab.region}{letter}" for letter in zones]
    for subnet in lab.vpc.subnets:
        path, name = f"vpc.subnets[{subnet.name}].zone", f"{lab.region}{subnet.zone}"
        if subnet.zone not in zones:
            yield unlisted(lab, path, name, f"the Region has {', '.join(names)} only", ())
        elif subnet.zone in rare:
            yield warning(path, f"{name} is there in older accounts only", "see that yours has it, or write another")


def unlisted(lab: Lab, path: str, name: str, why: str, known: Iterable[str]) -> Observation:
    """Return what is to be said of a name that AWS may have by now, but that is not listed here."""
    if name in lab.workarounds.unlisted:
        return warning(path, f"{name} is taken as the document says; {why}", "see that your account has it")
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return error(path, f"{name}: {why}", f"{meant}If AWS has it by now, write workarounds: {{unlisted: [{name}]}}")
