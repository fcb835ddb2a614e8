"""The ordinary user for whom root's tests run too."""

from __future__ import annotations

import os
import pwd
from typing import Final

import pytest

ORDINARY_USER: Final = "mcastlab-test"


def ordinary_user() -> pwd.struct_passwd:
    """Return this user, or for root the one that ``./scripts/test --user`` adds; without it skip, and under CI fail."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(ORDINARY_USER)
    except KeyError:
        reason = f"there is no user {ORDINARY_USER}: ./scripts/test --user adds it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
