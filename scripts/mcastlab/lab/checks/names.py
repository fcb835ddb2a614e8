"""Names and tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error
from mcastlab.lab.naming import stack_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

LONGEST_STACK_NAME: Final = 128
MOST_TAGS: Final = 50
LONGEST_KEY, LONGEST_VALUE = 128, 256
OWN_TAGS: Final = ("Name", "mcastlab:lab", "mcastlab:hours-to-live")
"""What the stacks tag by themselves."""

_TAG_TEXT: Final = re.compile(r"[\w\s.:/=+\-@]*")


@design_check("mcastlab: groups, reports and the SSH client configuration know things by name")
def names_are_unique(lab: Lab) -> Iterator[Observation]:
    """No two hosts entries, hosts, sites, devices or routers have one name."""
    yield from _repeated(_names(lab), allowed={f"sites[{site.name}].router.ssh": site.name for site in lab.sites})
    yield from _repeated((f"vpc.subnets[{index}].name", each.name) for index, each in enumerate(lab.vpc.subnets))
    yield from _repeated((f"groups[{index}].name", each.name) for index, each in enumerate(lab.groups))


def _names(lab: Lab) -> Iterator[tuple[str, str]]:
    for index, hosts in enumerate(lab.hosts):
        yield f"hosts[{index}].name", hosts.name
        for name in hosts.names:
            yield f"hosts[{index}].name", name
    for index, site in enumerate(lab.sites):
        yield f"sites[{index}].name", site.name
        yield f"sites[{site.name}].router.ssh", site.router.ssh
        for device_index, device in enumerate(site.devices):
            yield f"sites[{site.name}].devices[{device_index}].name", device.name


def _repeated(named: Iterable[tuple[str, str]], allowed: dict[str, str] | None = None) -> Iterator[Observation]:
    """Return each name that comes again; a router may be called what its own site is called."""
    owners: dict[str, str] = {}
    for path, name in named:
        owner = owners.get(name)
        if owner is None:
            owners[name] = path
        elif (allowed or {}).get(path) != name or not owner.startswith("sites["):
            yield error(path, f"{name} is the name of {owner} already", "write another name")


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
    """AWS takes the document's tags, and they are not the lab's own."""
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
