"""A follower's lock is held for a moment: other commands wait for it, and it never waits for them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli import exclusive
from mcastlab.cli.exclusive import exclusively
from mcastlab_base.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path


def held(path: Path, seconds: float, *, briefly: bool) -> threading.Thread:
    """Hold a lock in another process's stead."""
    ready = threading.Event()

    def hold() -> None:
        with exclusively(path, "the target", briefly=briefly):
            exclusive._held.discard(path)  # noqa: SLF001  (as if it were another process)
            ready.set()
            time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait()
    return thread


def test_a_command_waits_for_a_follower_that_writes(tmp_path: Path) -> None:
    thread = held(tmp_path / "lock", 0.4, briefly=True)
    begun = time.monotonic()
    with exclusively(tmp_path / "lock", "the target"):
        assert time.monotonic() - begun > 0.2
    thread.join()


def test_a_follower_does_not_wait_for_a_command(tmp_path: Path) -> None:
    thread = held(tmp_path / "lock", 0.4, briefly=False)
    with (
        pytest.raises(BusyError, match="another command works on the target: process"),
        exclusively(tmp_path / "lock", "the target", briefly=True),
    ):
        pass
    thread.join()


def test_a_follower_within_a_command_writes_under_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusively(path, "the target"), exclusively(path, "the target", briefly=True):
        assert path.exists()
    assert not path.exists()
