"""The clips that virtual devices send: small, committed, and made by the command beside them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from mcastlab.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

CLIPS: Final = PROJECT / "scripts" / "mcastlab" / "traffic" / "clips"
MAKE: Final = "make.sh"
MOST_OCTETS: Final = 60_000


def clips(folder: Path) -> dict[str, int]:
    """The sizes of a folder's clips."""
    return {path.name: path.stat().st_size for path in folder.iterdir() if path.name != MAKE}


def test_clips_are_small_together() -> None:
    assert set(clips(CLIPS)) == {"picture.h264", "picture.ts", "tone.g722"}
    assert 0 < sum(clips(CLIPS).values()) <= MOST_OCTETS


@pytest.mark.process
def test_each_clip_is_made_by_the_command_beside_it(tmp_path: Path) -> None:
    shutil.copy(CLIPS / MAKE, tmp_path)
    subprocess.run((tmp_path / MAKE,), check=True, timeout=60, capture_output=True)
    made = clips(tmp_path)
    assert set(made) == set(clips(CLIPS))
    # Of another version of ffmpeg they differ a little.
    assert made == pytest.approx(clips(CLIPS), rel=0.2)
