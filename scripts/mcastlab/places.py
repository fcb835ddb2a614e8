"""Where the project's own files are, and those that it keeps for its user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

from mcastlab_base import private_files

_PACKAGE: Final = Path(__file__).resolve().parent
_CLONE: Final = _PACKAGE.parents[1]

IS_CLONE: Final = (_CLONE / "app.py").is_file() and (_CLONE / "cdk.json").is_file()
"""Whether this runs from a clone, and not from an installed wheel."""

PROJECT: Final = _CLONE if IS_CLONE else _PACKAGE
"""The folder of cdk.json, stacks and router_templates: a clone, or the installed package, into which a wheel puts them.
"""

DEFAULT_LAB: Final = PROJECT / "cdk.json"
"""The demo's lab, and that of a plain `cdk` in a clone."""


APPLIANCES: Final = "MCASTLAB_APPLIANCES"
"""Names where appliances are reached from here, where that is not their own address: NAME=HOST:PORT, by spaces."""

STATE_VARIABLE: Final = "MCASTLAB_STATE_HOME"
"""Names the folder of a target's own state: what is recorded in a twin goes with it."""


def user_state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of what this user keeps on this machine, whatever the target of a command is.

    Source: XDG base directory specification, XDG_STATE_HOME.
    """
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "mcastlab"


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of what outlives a command on a lab: the one of `STATE_VARIABLE`, or else the user's."""
    own = environment.get(STATE_VARIABLE)
    return Path(own) if own else user_state_folder(environment)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of what can be fetched again.

    Source: XDG base directory specification, XDG_CACHE_HOME.
    """
    cache = environment.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "mcastlab"


def virtual_router_key() -> Path:
    """Return the file of the host key that practice routers keep; its folder is there."""
    return private_files.make_folder(user_state_folder()) / "virtual-router-host-key"
