"""``pin``: write the images that a lab has, or would get now, where every deployment finds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import TargetVerb, switch
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.aws.images import LabImages
    from mcastlab.cli.context import Context
    from mcastlab.lab.model import Lab

CONTEXT_FILE: Final = "cdk.context.json"
"""Which the CDK command line reads in the folder where it runs. Source: AWS CDK developer guide, Context values."""


class PinVerb(TargetVerb):
    """Write the images that the lab has, or else the newest ones, into the lab file."""

    examples: ClassVar = ("pin", "pin --context")
    rank: ClassVar = 55
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.aws.images", "mcastlab.cli.delivery")

    context_file: bool = switch("--context", help=f"Write them into {CONTEXT_FILE} here, for a plain cdk deploy")

    def __call__(self, context: Context) -> int:
        from mcastlab.aws.images import images_of
        from mcastlab.cli.delivery import write

        lab = context.lab
        context.enter()
        images = images_of(context.connections.clients, lab)
        file = Path(CONTEXT_FILE) if self.context_file else context.command.lab_file
        write(file, _in_context(file, lab, images) if self.context_file else _in_lab_file(file, lab, images))
        for name, image in images.wanted.items():
            print(f"{name}: {image}")
        print(f"written to {file}")
        return ExitCode.OK


def _in_lab_file(file: Path, lab: Lab, images: LabImages) -> str:
    from mcastlab.lab.design.names import ROUTER_TAG
    from mcastlab.lab.image_fields import with_images
    from mcastlab.lab_files import parse_lab

    text = file.read_text(encoding="utf-8")
    hosts = {entry.name: images.wanted[entry.names[0]] for entry in lab.hosts}
    path = ("context", "lab") if file.name == "cdk.json" else ()
    pinned = with_images(text, images.wanted[ROUTER_TAG], hosts, path)
    read = parse_lab(pinned, file).model_dump(exclude={"name"})
    wanted = lab.model_dump(exclude={"name"})
    wanted["router"]["image"] = images.wanted[ROUTER_TAG]
    for entry in wanted["hosts"]:
        entry["image"] = hosts[entry["name"]]
    if read != wanted:
        fields = (f"router.image: {images.wanted[ROUTER_TAG]}", *(f"hosts[{k}].image: {v}" for k, v in hosts.items()))
        raise BadInputError(f"{file} cannot be edited in place", hint=f"write {', '.join(fields)}")
    return pinned


def _in_context(file: Path, lab: Lab, images: LabImages) -> str:
    from mcastlab.lab.images import HOST_IMAGE_PIN, IMAGES_CONTEXT, ROUTER_IMAGE_PIN

    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except ValueError as error:
        raise BadInputError(f"{file} is no JSON: {error}", hint="move it away") from None
    kinds = (ROUTER_IMAGE_PIN, HOST_IMAGE_PIN)
    pins = {key: image for (_, key), image in images.parameters.items() if key in kinds}
    if not pins:
        raise BadInputError(f"the lab file of {lab.name} names every image", hint="nothing is left to pin")
    return json.dumps({**found, IMAGES_CONTEXT: pins}, indent=2) + "\n"
