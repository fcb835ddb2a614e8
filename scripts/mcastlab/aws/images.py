"""Which images a lab's instances boot, and keep: what was deployed stays, whatever is published since.

An image's id is create-only, so that another id replaces the instance. Each stack holds the id in a parameter, whose
value the CDK command line leaves as it is: also in a plain ``cdk deploy``, and from another clone.
Sources: AWS CloudFormation User Guide, AWS::EC2::Instance, ImageId; AWS CDK CLI reference, ``--previous-parameters``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.aws.clients import asking, ec2_filter, list_all
from mcastlab.aws.stacks import every_stack
from mcastlab.lab.design.names import LAB_TAG, ROUTER_TAG, StackRole, stack_name
from mcastlab.lab.images import HOST_IMAGE_PARAMETER, HOST_IMAGE_PIN, ROUTER_IMAGE_PARAMETER, ROUTER_IMAGE_PIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

_GONE = frozenset({"shutting-down", "terminated"})


def kept_images(clients: Clients, lab: Lab) -> dict[tuple[str, str], str]:
    """Return the image of each kind of instance that the lab file names none for, by stack and its parameter.

    It is the one that was deployed; where none was, the newest that AWS publishes now.

    Raises:
        RefusedError: AWS does not tell.
    """
    stacks = every_stack(clients)
    found: dict[tuple[str, str], str] = {}
    for stack, parameter, names, newest in _unnamed(lab):
        given = stacks[stack].get("Parameters", ()) if stack in stacks else ()
        values = {one["ParameterKey"]: one["ParameterValue"] for one in given}
        kept = values.get(parameter) or _running(clients, lab, names)
        found[stack, parameter] = kept or _published(clients, newest)
    return found


def _unnamed(lab: Lab) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Yield stack, parameter, names of instances and public parameter of what boots an image that we choose."""
    if lab.router.image is None:
        newest = ROUTER_IMAGE_PARAMETER[lab.router.platform]
        yield stack_name(lab, StackRole.ROUTER), ROUTER_IMAGE_PIN, (ROUTER_TAG,), newest
    if names := tuple(name for hosts in lab.hosts if hosts.image is None for name in hosts.names):
        yield stack_name(lab, StackRole.HOSTS), HOST_IMAGE_PIN, names, HOST_IMAGE_PARAMETER


def _running(clients: Clients, lab: Lab, names: Iterable[str]) -> str | None:
    """Return the image of an instance of one of these names: of a lab whose stacks have no such parameter yet."""
    filters = [*ec2_filter(f"tag:{LAB_TAG}", [lab.name]), *ec2_filter("tag:Name", list(names)[:200])]
    with asking("reading the images of the lab's instances"):
        found = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", Filters=filters)
        return next((one["ImageId"] for one in found if one["State"]["Name"] not in _GONE), None)


def _published(clients: Clients, parameter: str) -> str:
    with asking(f"reading the public parameter {parameter}"):
        return str(clients.ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
