"""The account of the twin's regions, which no real account has."""

from __future__ import annotations

from typing import Final

ACCOUNT: Final = "000000000000"
