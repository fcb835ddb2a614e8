"""The example of somebody's own CDK app, as the documentation has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from documented import block_with

from mcastlab.lab.design.names import stack_names
from stacks.lab import add_lab

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


def example() -> str:
    """The app of the page; a clone has the stacks beside the package."""
    return block_with("python", "aws_cdk").replace("mcastlab.stacks", "stacks")


def test_the_example_of_the_page_is_synthesised(lab: Lab, assembly: Path) -> None:
    names: dict[str, Any] = {}
    exec(compile(example(), "docs/other-tools.md", "exec"), names)  # noqa: S102  (our own page)
    folder = Path(names["app"].synth().directory)
    made = {path.name.removesuffix(".template.json") for path in folder.glob("*.template.json")}
    assert made == {*stack_names(lab), "mine"}
    mine = json.loads((folder / "mine.template.json").read_text(encoding="utf-8"))["Resources"].values()
    assert "AWS::EC2::TransitGatewayMulticastDomainAssociation" in {each["Type"] for each in mine}
    assert all("mcastlab:lab" not in json.dumps(each) for each in mine)
    for name in stack_names(lab):
        own, usual = (
            json.loads((each / f"{name}.template.json").read_text(encoding="utf-8"))["Resources"]
            for each in (folder, assembly)
        )
        assert {each["Type"] for each in own.values()} == {each["Type"] for each in usual.values()}


def test_stacks_keep_their_names_in_a_stage(lab: Lab, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    add_lab(cdk.Stage(app, "test"), lab)
    (stage,) = (each for each in app.synth().nested_assemblies)
    assert {stack.stack_name for stack in stage.nested_assembly.stacks} == set(stack_names(lab))
