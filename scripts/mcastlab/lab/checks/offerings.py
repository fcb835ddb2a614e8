"""What AWS offers: Regions, availability zones, instance types and images."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from mcastlab.lab.aws_names import FAMILIES, REGIONS, most_interfaces
from mcastlab.lab.checks.finding import design_check, error, warning
from mcastlab.lab.design.names import zone_of
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.images import ROUTER_IMAGE_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

_SUBNETS_SHOWN: Final = 8
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

XEN: Final = re.compile(
    r"c[134] | cc[12] | cg1 | cr1 | d2 | f1 | g2 | g3s? | h1 | hi1 | hs1 | i[23] | m[1-4]"
    r" | p[23] | r[34] | t[12] | x1e?",
    re.VERBOSE,
)
"""Families before Nitro, bare metal of i3 aside. Source: AWS EC2 instance types, Nitro System."""

NITRO: Final = re.compile(
    r"""
    (?: [cmr]5 (?:a|ad|b|d|dn|n|zn)?
      | [cmr][6-9] [agi] (?:d|n|dn|b|bn|e|en)? (?:-flex)?
      | t3a? | t4g | a1 | z1d
      | d3(?:en)? | i3en | [i][4-9] (?:g|i|ie|ge) | i[ms]4gn | is4gen
      | g4(?:dn|ad) | g5g? | g6e? | g7e? | gr6
      | p3dn | p4de? | p5(?:e|en)? | p6.* | inf[12] | trn[12]n? | dl[12]q? | vt1
      | x2.* | x8.* | u7?-.* | u7i.* | hpc.* | mac.* | f2
    )
    """,
    re.VERBOSE,
)
"""Families of Nitro, with what their generations' names have in common. Source: as above."""

ARM: Final = re.compile(r"(?:a1|t4g|[a-z]+[6-9]g[a-z]*|g5g|i4g|i[ms]4gen|is4gen|im4gn|i[78]ge?|x2gd|hpc7g|x8g)")
"""Families with Graviton processors. Source: AWS EC2 instance types, Graviton."""


WITHOUT_HSECK9_MBPS: Final = 250
"""Source: Cisco, Catalyst 8000V licensing, throughput levels."""


@design_check("AWS, Regions and Availability Zones; botocore, partitions.json")
def region_exists(lab: Lab) -> Iterator[Observation]:
    """The Region is one that AWS has."""
    if lab.region not in REGIONS:
        yield _unlisted(lab, "region", lab.region, "AWS has no Region of this name that is known here", REGIONS)


@design_check("AWS, Regions and Availability Zones; letters are an account's own names of zones")
def zones_exist_in_the_region(lab: Lab) -> Iterator[Observation]:
    """Every subnet's zone is one that the Region has."""
    if lab.region not in REGIONS:
        return
    zones, rare = _ZONES.get(lab.region, _MOST_HAVE), _OF_OLDER_ACCOUNTS.get(lab.region, "")
    names = [f"{lab.region}{letter}" for letter in zones]
    for subnet in lab.vpc.subnets:
        path, name = f"vpc.subnets[{subnet.name}].zone", zone_of(lab, subnet)
        if subnet.zone not in zones:
            yield _unlisted(lab, path, name, f"the Region has {', '.join(names)} only", ())
        elif subnet.zone in rare:
            yield warning(path, f"{name} is there in older accounts only", "see that yours has it, or write another")


@design_check("AWS EC2 API, InstanceType; botocore, EC2 service model")
def instance_types_exist(lab: Lab) -> Iterator[Observation]:
    """The router's and every host's instance type is one that EC2 has."""
    for path, instance_type in _instance_types(lab):
        family, _, size = instance_type.partition(".")
        if family not in FAMILIES:
            known = (f"{each}.{size}" for each in FAMILIES if size in FAMILIES[each])
            yield _unlisted(lab, path, instance_type, f"the family {family} is not known here", known)
        elif size not in FAMILIES[family]:
            known = (f"{family}.{each}" for each in FAMILIES[family])
            yield _unlisted(lab, path, instance_type, f"the family {family} has no size {size}", known)


@design_check("AWS Transit Gateway user guide, Multicast: an instance that is not of Nitro cannot send")
def instances_are_of_nitro(lab: Lab) -> Iterator[Observation]:
    """The router and every host are of the Nitro generation."""
    for path, instance_type in _instance_types(lab):
        family, _, size = instance_type.partition(".")
        metal = family == "i3" and size.startswith("metal")
        if XEN.fullmatch(family) is not None and not metal:
            yield error(
                path,
                f"{instance_type} is not of the Nitro generation and cannot send multicast to the gateway",
                "write a newer type, such as c5n.large, m5n.large or t3.medium",
            )
        elif not metal and NITRO.fullmatch(family) is None:
            yield warning(
                path,
                f"the family {family} is not known here",
                "see that it is of the Nitro generation, or write one such as m5n.large",
            )


@design_check("EC2 API, DescribeInstanceTypes, MaximumNetworkInterfaces; mcastlab: an interface a subnet of senders")
def router_has_an_interface_beside_senders(lab: Lab) -> Iterator[Observation]:
    """The router's instance type takes an interface in every subnet whose senders reach remote sites."""
    subnets = Roles(lab).router_subnets
    if len(subnets) == 1:
        return
    most = most_interfaces(lab.router.instance_type)
    more = f" and {len(subnets) - _SUBNETS_SHOWN} more" if len(subnets) > _SUBNETS_SHOWN else ""
    where = f"{len(subnets)} interfaces ({', '.join(subnets[:_SUBNETS_SHOWN])}{more})"
    if most is None:
        yield warning(
            "router.instance_type",
            f"the router needs {where}, and how many a {lab.router.instance_type} takes is not known here",
            "see that it takes as many",
        )
    elif len(subnets) > most:
        yield error(
            "router.instance_type",
            f"the router needs {where}, and a {lab.router.instance_type} takes {most}",
            "write a larger type, such as c5n.xlarge (4) or c5n.4xlarge (8), or put the senders into fewer subnets",
        )


@design_check("mcastlab: both images are built for x86_64")
def instances_boot_their_image(lab: Lab) -> Iterator[Observation]:
    """No instance has a processor that the image is not built for."""
    for path, instance_type in _instance_types(lab):
        family = instance_type.partition(".")[0]
        own_image = path.startswith("router.") and lab.router.image is not None
        if ARM.fullmatch(family) is not None and not own_image:
            yield error(
                path,
                f"{instance_type} has an Arm processor, and the image is for x86_64",
                "write m5n.large or c5n.large",
            )


@design_check("AWS Marketplace: no public parameter names an image of the CSR 1000V")
def router_has_an_image(lab: Lab) -> Iterator[Observation]:
    """The AWS router's platform has an image of its own, or the lab file names one."""
    if lab.router.image is None and lab.router.platform not in ROUTER_IMAGE_PARAMETER:
        yield error(
            "router.image",
            f"no public parameter names an image of the {lab.router.platform}",
            "write image: with the id of an AMI that your account may use, such as ami-0123456789abcdef0",
        )


@design_check("Cisco, Catalyst 8000V licensing: MB tiers up to 250 without HSECK9")
def throughput_is_licensed(lab: Lab) -> Iterator[Observation]:
    """The router forwards no more than it may without an export-controlled licence, or the user knows of it."""
    if lab.router.platform == "c8000v" and lab.router.throughput_mbps > WITHOUT_HSECK9_MBPS:
        yield warning(
            "router.throughput_mbps",
            f"more than {WITHOUT_HSECK9_MBPS} Mbit/s need the licence HSECK9; without it the router refuses the level",
            f"install HSECK9 on the AWS router, or write {WITHOUT_HSECK9_MBPS}",
        )


def _instance_types(lab: Lab) -> Iterator[tuple[str, str]]:
    yield "router.instance_type", lab.router.instance_type
    for hosts in lab.hosts:
        yield f"hosts[{hosts.name}].instance_type", hosts.instance_type


def _unlisted(lab: Lab, path: str, name: str, why: str, known: Iterable[str]) -> Observation:
    """Return what is to be said of a name that AWS may have by now, but that is not listed here."""
    if name in lab.workarounds.unlisted:
        return warning(path, f"{name} is taken as the lab file says; {why}", "see that your account has it")
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return error(path, f"{name}: {why}", f"{meant}If AWS has it by now, write workarounds: {{unlisted: [{name}]}}")
