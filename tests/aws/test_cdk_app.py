"""How the CDK command line learns of our app."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcastlab.aws import cdk
from mcastlab.aws.cdk_install import cdk as cdk_program
from mcastlab.aws.cdk_install import node

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.process
def test_the_app_is_started_in_a_folder_with_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    manifest = json.dumps({"version": "36.0.0", "artifacts": {}})
    (folder / "app.py").write_text(
        f"import os, pathlib\npathlib.Path(os.environ['CDK_OUTDIR'], 'manifest.json').write_text({manifest!r})\n",
        encoding="utf-8",
    )
    python = folder / "python"
    python.symlink_to(sys.executable)
    monkeypatch.setattr(cdk, "PROJECT", folder)
    monkeypatch.setattr(sys, "executable", str(python))
    done = subprocess.run(
        [str(node()), str(cdk_program()), "ls", "--app", cdk.app(), "--output", str(tmp_path / "out")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    shutil.rmtree(folder)
    assert done.stderr.strip() == "This app contains no stacks"
    assert (tmp_path / "out" / "manifest.json").exists()
