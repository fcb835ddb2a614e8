"""Which images a lab's instances boot, and keep: what was deployed stays, whatever is published since.

An image's id is create-only, so that another id replaces the instance. Each stack holds the id in a parameter, whose
value the CDK command line leaves as it is: also in a plain ``cdk deploy``, and from another clone.
Sources: AWS CloudFormation User Guide, AWS::EC2::Instance, ImageId; AWS CDK CLI reference, ``--previous-parameters``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import asking, ec2_filter, list_all
from mcastlab.aws.stacks import every_stack
from mcastlab.lab.design.names import LAB_TAG, ROUTER_TAG, StackRole, stack_name
from mcastlab.lab.images import (
    HOST_IMAGE_PARAMETER,
    HOST_IMAGE_PIN,
    ROUTER_IMAGE_PARAMETER,
    ROUTER_IMAGE_PIN,
    ROUTER_TOKENS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

_GONE = frozenset({"shutting-down", "terminated"})
SPEAKS_TOKENS: Final = "v2.0"
"""ImdsSupport of an image that speaks IMDSv2. Source: EC2 API reference, Image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabImages:
    """The images of a lab's instances, by their Name tags."""

    deployed: Mapping[str, str]
    """Of the instances that there are."""
    wanted: Mapping[str, str]
    """Of all that the lab file asks for."""
    parameters: Mapping[tuple[str, str], str]
    """The values of the stacks' parameters, by stack and parameter."""
    notes: tuple[str, ...] = ()

    @property
    def replaced(self) -> tuple[str, ...]:
        """The instances that would boot another image than they have, which replaces them."""
        return tuple(name for name, image in self.wanted.items() if self.deployed.get(name, image) != image)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of instances: where its image stands, what the lab file names, and what AWS publishes."""

    names: tuple[str, ...]
    stack: str
    parameter: str
    named: str | None
    newest: str


def images_of(clients: Clients, lab: Lab, *, upgrade: bool = False) -> LabImages:
    """Return the images of a lab: the lab file's, else those that were deployed, else the newest that AWS publishes.

    Args:
        clients: the clients of AWS.
        lab: the lab.
        upgrade: the newest also in the place of those that were deployed.

    Raises:
        RefusedError: AWS does not tell.
    """
    stacks = every_stack(clients)
    deployed = _running(clients, lab)
    parameters: dict[tuple[str, str], str] = {}
    wanted: dict[str, str] = {}
    for kind in _kinds(lab):
        if kind.named is not None:
            image = kind.named if kind.named.startswith("ami-") else _published(clients, kind.named)
        else:
            given = stacks[kind.stack].get("Parameters", ()) if kind.stack in stacks else ()
            values = {one["ParameterKey"]: one["ParameterValue"] for one in given}
            there = (deployed[name] for name in kind.names if name in deployed)
            stays = values.get(kind.parameter) or next(there, None)
            image = stays if stays and not upgrade else _published(clients, kind.newest)
            parameters[kind.stack, kind.parameter] = image
        wanted |= dict.fromkeys(kind.names, image)
    notes: tuple[str, ...] = ()
    if lab.router.metadata_tokens is None:
        tokens, notes = _tokens(clients, wanted[ROUTER_TAG])
        parameters[stack_name(lab, StackRole.ROUTER), ROUTER_TOKENS] = tokens
    return LabImages(deployed=deployed, wanted=wanted, parameters=parameters, notes=notes)


def _kinds(lab: Lab) -> Iterator[_Kind]:
    router, hosts = stack_name(lab, StackRole.ROUTER), stack_name(lab, StackRole.HOSTS)
    newest = ROUTER_IMAGE_PARAMETER.get(lab.router.platform, "")
    yield _Kind((ROUTER_TAG,), router, ROUTER_IMAGE_PIN, lab.router.image, newest)
    if unnamed := tuple(name for each in lab.hosts if each.image is None for name in each.names):
        yield _Kind(unnamed, hosts, HOST_IMAGE_PIN, None, HOST_IMAGE_PARAMETER)
    for each in lab.hosts:
        if each.image is not None:
            yield _Kind(each.names, hosts, HOST_IMAGE_PIN, each.image, HOST_IMAGE_PARAMETER)


def _running(clients: Clients, lab: Lab) -> dict[str, str]:
    """Return the images of the lab's instances by their names."""
    with asking("reading the images of the lab's instances"):
        filters = ec2_filter(f"tag:{LAB_TAG}", [lab.name])
        found = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", Filters=filters)
    images: dict[str, str] = {}
    for one in found:
        name = next((str(tag["Value"]) for tag in one.get("Tags", ()) if tag["Key"] == "Name"), "")
        if one["State"]["Name"] not in _GONE:
            images[name] = str(one["ImageId"])
    return images


def _published(clients: Clients, parameter: str) -> str:
    with asking(f"reading the public parameter {parameter}"):
        return str(clients.ssm.get_parameter(Name=parameter)["Parameter"]["Value"])


def _tokens(clients: Clients, image: str) -> tuple[str, tuple[str, ...]]:
    """Return whether the router's metadata service is to demand session tokens, by what its image says, and a note.

    A router that cannot use them boots without its key and its first configuration, and nobody can log in.
    """
    with asking(f"reading what the image {image} says of itself"):
        images = clients.ec2.describe_images(ImageIds=[image])["Images"]
    if images and images[0].get("ImdsSupport") == SPEAKS_TOKENS:
        return "required", ()
    note = (
        f"IMDSv2 stays optional: the router's image {image} does not say that it speaks IMDSv2 (router.metadata_tokens)"
    )
    return "optional", (note,)
