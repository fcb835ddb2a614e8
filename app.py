"""The CDK app: lab document -> stacks.

`cdk deploy --all -c lab=FILE` deploys another document than cdk.json's, `-c name=NAME` the same one under another name.
"""

import sys
from pathlib import Path

import aws_cdk as cdk

from mcastlab.errors import LabError
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab.document import CONTEXT_KEY
from mcastlab.lab.model import Lab
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.render.stand_in import refuse_broken_templates
from stacks.lab import build


def lab_of(app: cdk.App) -> Lab:
    """Return the lab that the context names: cdk.json's own, or the document at the path that ``-c lab`` gives.

    Raises:
        BadInputError: the document cannot be read, its design is not sound, or a template is missing or broken.
    """
    named = app.node.try_get_context(CONTEXT_KEY)
    path = Path(named) if isinstance(named, str) else DEFAULT_LAB
    lab = read_lab(path, app.node.try_get_context("name"))
    refuse_unsound(lab, path.name)
    refuse_broken_templates(lab)
    return lab


if __name__ == "__main__":
    app = cdk.App()
    try:
        build(app, lab_of(app))
    except LabError as error:
        print(f"error: {error.text}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201  (the CDK shows it)
        sys.exit(error.exit_code)
    app.synth()
