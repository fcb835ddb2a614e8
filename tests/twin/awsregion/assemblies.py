"""Cloud assemblies of labs, as `cdk synth` makes them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from mcastlab.aws.cdk import command, environment
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


def synthesised(folder: Path, *options: str) -> Path:
    """Synthesise into a folder and return it."""
    subprocess.run(
        command(["synth", "--quiet", "--no-notices", "--output", str(folder), *options]),
        cwd=PROJECT,
        env=environment(),
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder
