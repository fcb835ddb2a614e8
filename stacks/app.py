"""The CDK app: lab file -> stacks.

`cdk deploy --all -c lab=FILE` deploys another lab file than cdk.json's, `-c name=NAME` the same one under another name.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk

from mcastlab import lab_choice
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab.design.kept_resources import KEPT_CONTEXT, KeptResources
from mcastlab.lab.document import CONTEXT_KEY
from mcastlab.lab.images import HOST_IMAGE_PIN, IMAGES_CONTEXT, ROUTER_IMAGE_PIN
from mcastlab.lab_files import DEFAULT_LAB, lines_in, read_lab, shown_path
from mcastlab.render.stand_in import refuse_broken_templates
from mcastlab_base.errors import BadInputError, LabError

from .lab import build

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def lab_of(app: cdk.App) -> Lab:
    """Return the lab that the context names: cdk.json's own, or the one of the file that ``-c lab`` gives.

    Raises:
        BadInputError: the lab file cannot be read, its design is not sound, or a template is missing or broken.
    """
    named = app.node.try_get_context(CONTEXT_KEY)
    path = lab_choice.named(Path(named)) if isinstance(named, str) else DEFAULT_LAB
    lab = read_lab(path, app.node.try_get_context("name"))
    refuse_unsound(lab, shown_path(path), line_of=lines_in(path))
    refuse_broken_templates(lab)
    return lab


def kept_of(app: cdk.App) -> KeptResources:
    """Return what the context says that a deployment keeps of a lab that stands: nothing where it says nothing.

    Raises:
        BadInputError: it is not what `up` would give.
    """
    given = app.node.try_get_context(KEPT_CONTEXT)
    try:
        return KeptResources() if given is None else KeptResources.model_validate_json(given)
    except ValueError as error:
        raise BadInputError(f"-c {KEPT_CONTEXT}: {error}", hint="lab up gives it where it is needed") from error


def images_of(app: cdk.App) -> dict[str, str]:
    """Return the images of new stacks that the context names, as ``lab pin --context`` writes them.

    Raises:
        BadInputError: it is no mapping of a stack's parameters to AMIs.
    """
    given = app.node.try_get_context(IMAGES_CONTEXT) or {}
    if isinstance(given, str):
        with suppress(ValueError):
            given = json.loads(given)
    known = {ROUTER_IMAGE_PIN, HOST_IMAGE_PIN}
    if isinstance(given, dict) and all(key in known and isinstance(value, str) for key, value in given.items()):
        return dict(given)
    raise BadInputError(
        f"the context value {IMAGES_CONTEXT} is no mapping of {' and '.join(sorted(known))} to AMIs",
        hint="lab pin --context writes it",
    )


def flags() -> dict[str, object]:
    """Return the feature flags of cdk.json, which the CDK command line reads in the folder of that file alone."""
    context = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]
    return {key: value for key, value in context.items() if key != CONTEXT_KEY}


def run() -> None:
    """Synthesise the lab's stacks; a user's mistake ends in one line, a hint and its exit code."""
    app = cdk.App(context=flags())
    try:
        build(app, lab_of(app), kept_of(app), images_of(app))
    except LabError as error:
        print(f"error: {error.text}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201  (the CDK shows it)
        sys.exit(error.exit_code)
    app.synth()


if __name__ == "__main__":
    run()
