"""The CDK app: lab file -> stacks.

`cdk deploy --all -c lab=FILE` deploys another lab file than cdk.json's, `-c name=NAME` the same one under another name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk

from mcastlab import lab_choice
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab.document import CONTEXT_KEY
from mcastlab.lab_files import DEFAULT_LAB, lines_in, read_lab, shown_path
from mcastlab.render.stand_in import refuse_broken_templates
from mcastlab_base.errors import LabError

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


def flags() -> dict[str, object]:
    """Return the feature flags of cdk.json, which the CDK command line reads in the folder of that file alone."""
    context = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]
    return {key: value for key, value in context.items() if key != CONTEXT_KEY}


def run() -> None:
    """Synthesise the lab's stacks; a user's mistake ends in one line, a hint and its exit code."""
    app = cdk.App(context=flags())
    try:
        build(app, lab_of(app))
    except LabError as error:
        print(f"error: {error.text}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201  (the CDK shows it)
        sys.exit(error.exit_code)
    app.synth()


if __name__ == "__main__":
    run()
