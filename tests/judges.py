"""Programs of others as judges, Cisco's own parsers among them.

They bring up to eighty packages: each set has an environment of its own, made when it is missing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGE = Path(__file__).parent / "twin" / "iosxe" / "genie_judge.py"
UV = Path(sys.executable).parent / "uv"


def programs_of(name: str) -> Path:
    """Return the folder with the programs of the environment that `.toolchain/NAME.txt` lists."""
    environment = PROJECT / ".toolchain" / name
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([UV, "venv", "-q", "--python", sys.executable, environment], check=True)
        packages = environment.with_suffix(".txt")
        subprocess.run([UV, "pip", "install", "-q", "--python", python, "-r", packages], check=True)
    return python.parent


def genie_reads(answers: Sequence[tuple[str, str]]) -> list[Any]:
    """Return what genie makes of each answer to a command; a string where it makes nothing of it."""
    done = subprocess.run(
        [programs_of("genie") / "python", JUDGE],
        input=json.dumps(answers),
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    parsed: list[Any] = json.loads(done.stdout)
    return parsed
