"""The CDK app: lab document -> stacks. `cdk deploy --all -c lab=FILE` deploys another document than cdk.json's."""

import sys
from pathlib import Path

import aws_cdk as cdk

from mcastlab.errors import LabError
from mcastlab.lab.document import CONTEXT_KEY, parse
from mcastlab.lab.model import Lab
from mcastlab.lab_files import read_lab
from stacks.lab import build


def lab_of(app: cdk.App) -> Lab:
    """Return the lab that the context names: a document, or the path of one."""
    document = app.node.try_get_context(CONTEXT_KEY)
    if isinstance(document, str):
        return read_lab(Path(document))
    return parse(document, "cdk.json")


if __name__ == "__main__":
    app = cdk.App()
    try:
        build(app, lab_of(app))
    except LabError as error:
        print(f"error: {error.text}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201  (the CDK shows it)
        sys.exit(error.exit_code)
    app.synth()
