"""The three labs whose design is written down by hand: nothing in this folder computes what it expects."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from documents import LABS

from mcastlab.lab_files import DEFAULT_LAB, read_lab

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


@cache
def lab(name: str) -> Lab:
    """Return the default lab, called ``default``, or one of tests/labs."""
    return read_lab(DEFAULT_LAB if name == "default" else LABS / f"{name}.yaml")
