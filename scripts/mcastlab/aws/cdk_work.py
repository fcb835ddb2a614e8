"""The CDK run with its files in a folder of the lab's own.

It works in one that is fresh each time: what a killed run left half written, or still writes, is in nobody's way.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab import private_files
from mcastlab.aws.cdk import run_logged

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS: Final = ("--ci", "--no-color", "--no-notices", "--progress", "events")
_FRESH: Final = "cdk-"


def deploy(folder: Path, context: tuple[str, ...], progress: Callable[[str], None]) -> None:
    """Synthesise the lab and deploy all of its stacks.

    Args:
        folder: the lab's folder; its log and, in the end, its cloud assembly are there.
        context: the options that tell the CDK app of the lab.
        progress: told each line that the CDK prints.

    Raises:
        RefusedError: the CDK command line ended with another code than 0.
    """
    work = _fresh(folder)
    output = work / "cdk.out"
    try:
        _run(
            ("deploy", "--all", "--require-approval", "never", *context, "--output", str(output)),
            folder,
            work,
            progress,
        )
    finally:
        if output.exists():
            shutil.rmtree(_assembly(folder), ignore_errors=True)
            output.replace(_assembly(folder))
        shutil.rmtree(work, ignore_errors=True)


def destroy(folder: Path, context: tuple[str, ...], progress: Callable[[str], None]) -> None:
    """Destroy all stacks of what was deployed last from here, or else of the lab as it is now.

    Args and errors as those of `deploy`.
    """
    work = _fresh(folder)
    there = (_assembly(folder) / "manifest.json").exists()
    source = ("--app", str(_assembly(folder))) if there else (*context, "--output", str(work / "cdk.out"))
    try:
        _run(("destroy", "--all", "--force", *source), folder, work, progress)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def deployed_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the stacks that were deployed last from here, which `destroy` destroys.

    Source: AWS CDK, cloud assembly schema, manifest.json.
    """
    try:
        manifest = json.loads((_assembly(folder) / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    stacks = (each for each in manifest["artifacts"].items() if each[1]["type"] == "aws:cloudformation:stack")
    return tuple(artifact.get("properties", {}).get("stackName", key) for key, artifact in stacks)


def _assembly(folder: Path) -> Path:
    return folder / "cdk.out"


def _fresh(folder: Path) -> Path:
    """Return a new folder to work in; those of runs that were killed go."""
    private_files.make_folder(folder)
    for left in folder.glob(f"{_FRESH}*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=folder, prefix=_FRESH))


def _run(arguments: tuple[str, ...], folder: Path, work: Path, progress: Callable[[str], None]) -> None:
    temporary = work / "tmp"
    private_files.make_folder(temporary)
    run_logged((*arguments, *_OPTIONS), log=folder / "cdk.log", temporary=temporary, progress=progress)
