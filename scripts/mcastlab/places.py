"""Where the project's own files are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
"""The folder of app.py and cdk.json."""

DEFAULT_LAB: Final = PROJECT / "cdk.json"
"""The lab of a command that names none."""
