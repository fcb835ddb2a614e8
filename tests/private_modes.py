"""What is open to others in a tree of files: nothing should be."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def open_to_others(root: Path) -> dict[str, str]:
    """Return the modes of everything from a folder on that is not 0700 (a folder) or 0600 (all else)."""
    found = {}
    for path in (root, *root.rglob("*")):
        mode = path.lstat().st_mode
        wanted = 0o700 if stat.S_ISDIR(mode) else 0o600
        if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) != wanted:
            found[str(path.relative_to(root))] = oct(stat.S_IMODE(mode))
    return found
