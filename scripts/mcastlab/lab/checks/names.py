"""Names and tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, warning
from mcastlab.lab.design.names import (
    AWS_ROUTER,
    HOURS_TAG,
    INTERNET,
    LAB_TAG,
    ROUTER_TAG,
    lan_name,
    site_router,
    stack_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

LONGEST_STACK_NAME: Final = 128
MOST_TAGS: Final = 50
LONGEST_KEY, LONGEST_VALUE = 128, 256
OWN_TAGS: Final = ("Name", LAB_TAG, HOURS_TAG)
"""What the stacks tag by themselves."""

_AWS_ID: Final = re.compile(r"[a-z]+(-attach|-rtb|-mcast-domain)?-[0-9a-f]{8}([0-9a-f]{9})?(-[12])?")
"""``i-0123456789abcdef0``, of a tunnel ``vpn-0123456789abcdef0-1``. Source: EC2 user guide, Resource IDs."""
_TAG_TEXT: Final = re.compile(r"[\w\s.:/=+\-@]*")


@dataclass(frozen=True, slots=True)
class Naming:
    """A name, where the lab file has it or what it follows from, and what is called so."""

    name: str
    path: str
    owner: str
    """What bears the name; it may bear one name twice."""
    why: str = ""
    """Of a name that the lab file does not have: what it is."""

    @property
    def key(self) -> str:
        """The name as DNS and known_hosts compare it. Source: RFC 4343, section 3."""
        return self.name.lower().removesuffix(".")


@design_check("mcastlab: groups, reports, the SSH client configuration and the twin's shell know things by name")
def names_are_unique(lab: Lab) -> Iterator[Observation]:
    """No two hosts entries, hosts, sites, devices or routers have one name, nor one that follows from another's."""
    yield from _repeated(_names(lab))
    subnets = (Naming(each.name, f"vpc.subnets[{i}].name", f"subnet {i}") for i, each in enumerate(lab.vpc.subnets))
    yield from _repeated(subnets)
    groups = (Naming(each.name, f"groups[{i}].name", f"group {i}") for i, each in enumerate(lab.entries))
    yield from _repeated(groups)


def _names(lab: Lab) -> Iterator[Naming]:
    """Return what has a name of the lab's, and first what has one that the lab file cannot choose."""
    yield Naming(AWS_ROUTER, "", "AWS router", "what reports call the AWS router")
    for index, hosts in enumerate(lab.hosts):
        path = f"hosts[{index}].name"
        yield Naming(hosts.name, path, path)
        for name in hosts.names:
            yield Naming(name, path, f"{path} {name}")
    for index, site in enumerate(lab.sites):
        at, router = f"sites[{index}].name", f"sites[{index}].router"
        # A router may be called what its own site is called.
        yield Naming(site.name, at, router)
        yield Naming(site.router.ssh, f"sites[{site.name}].router.ssh", router)
        yield Naming(site_router(site.name), at, router, f"what reports call the router of sites[{index}]")
        for device_index, device in enumerate(site.devices):
            path = f"sites[{site.name}].devices[{device_index}].name"
            yield Naming(device.name, path, path)


@design_check("mcastlab: the twin's shell enters nodes by their names")
def shell_names_differ(lab: Lab) -> Iterator[Observation]:
    """No router, device or host is called what the twin's shell calls something else."""
    derived = [
        Naming(ROUTER_TAG, "", "AWS router", "the AWS router's Name tag"),
        Naming(INTERNET, "", "internet", "what the twin calls the network between AWS and the sites"),
        *(
            Naming(lan_name(site.name), f"sites[{index}].name", f"lan {index}", f"the twin's LAN of sites[{index}]")
            for index, site in enumerate(lab.sites)
        ),
    ]
    taken = {naming.key: naming for naming in derived}
    members = {*(each.name for each in lab.hosts), *(each.name for each in lab.sites)}
    for naming in _names(lab):
        entered = not naming.why and (naming.name not in members or naming.path.endswith(".ssh"))
        if entered and naming.key in taken:
            what = f"{naming.name} is {taken[naming.key].why} already"
            yield warning(naming.path, what, "write another name to enter it by that; AWS does not mind")


def _repeated(names: Iterable[Naming]) -> Iterator[Observation]:
    """Return each name that comes again for something else."""
    owners: dict[str, Naming] = {}
    for naming in names:
        first = owners.setdefault(naming.key, naming)
        if first.owner == naming.owner:
            continue
        # Of a name that is chosen and one that follows, the chosen one can be changed.
        chosen, other = (first, naming) if naming.why and first.path else (naming, first)
        taken = f"is {other.why} already" if other.why else f"is the name of {other.path} already"
        if chosen.why:
            yield error(chosen.path, f"{chosen.name}, {chosen.why}, {taken}", "write another name")
        else:
            alike = "" if chosen.name == other.name or other.why else ", but for letters' case and a final dot"
            yield error(chosen.path, f"{chosen.name} {taken}{alike}", "write another name")


@design_check("mcastlab: the twin's shell enters instances, gateways and VPCs by their AWS ids")
def names_are_no_aws_ids(lab: Lab) -> Iterator[Observation]:
    """Nothing is called what an AWS id looks like."""
    for naming in _names(lab):
        if naming.path and not naming.why and _AWS_ID.fullmatch(naming.name):
            yield error(naming.path, f"{naming.name} looks like the id of an AWS resource", "write another name")


@design_check("AWS CloudFormation user guide, Resources: a logical id is of letters and digits")
def logical_ids_differ(lab: Lab) -> Iterator[Observation]:
    """Subnets, and groups that the gateway's API registers, differ in more than their hyphens."""
    subnets = ((f"vpc.subnets[{index}].name", each.name) for index, each in enumerate(lab.vpc.subnets))
    static = ((f"groups[{index}].name", each.name) for index, each in enumerate(lab.groups) if each.bridge == "static")
    for named in (subnets, static):
        owners: dict[str, tuple[str, str]] = {}
        for path, name in named:
            owner_path, owner = owners.setdefault(name.replace("-", ""), (path, name))
            if owner != name:
                yield error(
                    path,
                    f"{name} is, without its hyphens, {owner} of {owner_path}: two resources of a stack with one id",
                    "write a name that differs in letters or digits",
                )


@design_check("AWS CloudFormation API, CreateStack, StackName")
def stack_names_are_short_enough(lab: Lab) -> Iterator[Observation]:
    """Every stack's name has at most 128 characters."""
    for name in stack_names(lab):
        if len(name) > LONGEST_STACK_NAME:
            yield error(
                "name", f"a stack would be called {name[:40]}..., {len(name)} characters", "write a shorter name"
            )


@design_check("AWS, Tag naming limits and requirements: 50 tags, keys of 128 and values of 256 characters, no aws:")
def tags_can_be_set(lab: Lab) -> Iterator[Observation]:
    """AWS takes the lab file's tags, and they are not the lab's own."""
    for key, value in lab.tags.items():
        path = f"tags.{key}" if key.isascii() and _TAG_TEXT.fullmatch(key) and key.isprintable() else "tags"
        if key.lower().startswith("aws:"):
            yield error(path, "AWS keeps keys that begin with aws: to itself", "write another key")
        elif key in OWN_TAGS or key.startswith("mcastlab:"):
            yield error(path, "the lab sets this tag itself", "write another key")
        if not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE:
            yield error(
                path,
                "the key or its value is too short or too long",
                f"write 1 to {LONGEST_KEY} and 0 to {LONGEST_VALUE} characters",
            )
        if _TAG_TEXT.fullmatch(key) is None or _TAG_TEXT.fullmatch(value) is None:
            yield error(
                path,
                "the key or its value has characters that tags cannot have",
                "write letters, digits, spaces and _ . : / = + - @",
            )
    if len(lab.tags) + len(OWN_TAGS) > MOST_TAGS:
        yield error(
            "tags",
            f"{len(lab.tags)} tags and the lab's own {len(OWN_TAGS)} are more than {MOST_TAGS}",
            f"write at most {MOST_TAGS - len(OWN_TAGS)}",
        )
