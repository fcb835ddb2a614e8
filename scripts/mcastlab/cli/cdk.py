"""``cdk ARG ...``: the pinned AWS CDK command line, as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.aws.cdk_cli import run_interactively

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Run the CDK command line and return its exit code."""
    return run_interactively(arguments.arguments)
