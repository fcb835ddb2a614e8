"""Where the project's own files are, and those that it keeps for its user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
"""The folder of app.py and cdk.json."""

DEFAULT_LAB: Final = PROJECT / "cdk.json"
"""The lab of a command that names none."""


def virtual_router_key() -> Path:
    """Return the file of the host key that practice routers keep; its folder is there.

    Source: XDG base directory specification, XDG_STATE_HOME.
    """
    state = os.environ.get("XDG_STATE_HOME")
    folder = (Path(state) if state else Path.home() / ".local" / "state") / "mcastlab"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "virtual-router-host-key"
