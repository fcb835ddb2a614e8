"""Cisco's own parsers as judges. They bring eighty packages: an environment of their own, made when it is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGE = Path(__file__).parent / "twin" / "router" / "genie_judge.py"
ENVIRONMENT = PROJECT / ".toolchain" / "genie"
UV = Path(sys.executable).parent / "uv"


def interpreter() -> Path:
    """Return the environment's Python."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([UV, "venv", "-q", "--python", sys.executable, ENVIRONMENT], check=True)
        packages = PROJECT / ".toolchain" / "genie.txt"
        subprocess.run([UV, "pip", "install", "-q", "--python", python, "-r", packages], check=True)
    return python


def genie_reads(answers: Sequence[tuple[str, str]]) -> list[Any]:
    """Return what genie makes of each answer to a command; a string where it makes nothing of it."""
    done = subprocess.run(
        [interpreter(), JUDGE], input=json.dumps(answers), capture_output=True, text=True, check=True, timeout=180
    )
    parsed: list[Any] = json.loads(done.stdout)
    return parsed
