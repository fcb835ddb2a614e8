"""``schema``: the JSON schema of lab documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcastlab.errors import ExitCode
from mcastlab.lab.schema import lab_schema

if TYPE_CHECKING:
    import argparse


def run(_arguments: argparse.Namespace) -> int:
    """Print the schema."""
    print(json.dumps(lab_schema(), indent=2))
    return ExitCode.OK
