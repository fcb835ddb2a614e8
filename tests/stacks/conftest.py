"""The one synthesis that the tests of the stacks share; only these tests import the CDK."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from mcastlab.aws.cdk_install import node
from mcastlab.lab.design.names import stack_names
from mcastlab.lab_files import DEFAULT_LAB, PROJECT, read_lab

# The CDK's library starts this Node and no other, whatever the path holds, and here it validates what it makes.
os.environ["JSII_NODE"] = str(node())
os.environ["CDK_VALIDATION"] = "true"

import aws_cdk as cdk

from stacks.lab import build

# Nowhere else; the Node that has started keeps what it was reported.
os.environ["CDK_VALIDATION"] = "false"

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab

Template = dict[str, Any]
LAB_FILES = sorted((PROJECT / "tests" / "labs").glob("*.yaml"))


def synthesise(lab: Lab, folder: Path) -> Path:
    """Synthesise a lab with cdk.json's own settings and return the folder."""
    context = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(folder), context=context)
    build(app, lab)
    app.synth()
    return folder


@pytest.fixture(scope="session")
def assembly(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the default lab."""
    return synthesise(lab, tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The cloud assemblies of the labs in `tests/labs`, by the file's name."""
    return {path.stem: synthesise(read_lab(path), tmp_path_factory.mktemp(path.stem)) for path in LAB_FILES}


@pytest.fixture(scope="session")
def templates(lab: Lab, assembly: Path) -> dict[str, Template]:
    """The templates of the default lab by stack name."""
    return {
        name: json.loads((assembly / f"{name}.template.json").read_text(encoding="utf-8")) for name in stack_names(lab)
    }
