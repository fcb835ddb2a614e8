"""What ffmpeg, which we did not write, makes of a sound, and how much of that is a tone."""

from __future__ import annotations

import math
import subprocess
from array import array
from typing import TYPE_CHECKING, Any

from mcastlab.traffic.media import TONE_HZ

if TYPE_CHECKING:
    from pathlib import Path


def decoded(file: Path) -> array[int]:
    """Return a file's samples at 8000 Hz."""
    return array("h", ffmpeg("-i", str(file), "-ar", "8000", "-ac", "1", "-f", "s16le", "-"))


def made(file: Path, seconds: float, *options: str, hz: int = TONE_HZ) -> Path:
    """Make a file with a tone."""
    ffmpeg("-y", "-f", "lavfi", "-i", f"sine=frequency={hz}:sample_rate=48000:duration={seconds}", *options, str(file))
    return file


def ffmpeg(*words: str) -> bytes:
    """Run ffmpeg and return what it prints."""
    return subprocess.run(("ffmpeg", "-v", "error", *words), capture_output=True, check=True, timeout=60).stdout


def share_of_tone(samples: Any, hz: int = TONE_HZ) -> float:
    """Return how much of the loudness of samples at 8000 Hz is in the tone, past the first half second."""
    some = samples[4000:12000]
    power = sum(each * each for each in some)
    phase = [2 * math.pi * hz * place / 8000 for place in range(len(some))]
    real = sum(each * math.cos(angle) for each, angle in zip(some, phase, strict=True))
    imaginary = sum(each * math.sin(angle) for each, angle in zip(some, phase, strict=True))
    return 2 * (real * real + imaginary * imaginary) / len(some) / power if power else 0.0
