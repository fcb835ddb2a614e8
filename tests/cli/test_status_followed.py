"""``status`` shows what a follower has joined, for as long as one runs on this machine."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

import pytest
from verify.sound import sound

from mcastlab.cli import connections, targeting
from mcastlab.cli.main import main
from mcastlab.follow.follower_lock import follow_lock, snapshot_file
from mcastlab.follow.snapshot import FollowedView, FollowSnapshot, write_snapshot
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.verify import status
from mcastlab_base import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

NOW: Final = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)
WORDS: Final = ("status", "--lab", str(DEFAULT_LAB))
JOINED: Final = FollowedView(
    group=IPv4Address("239.9.1.1"),
    block="calls",
    by=("berlin", "doppel-1"),
    since=NOW,
    live=True,
    joined_after_s=0.134,
    refused="",
)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab that holds, about which a follower has written a group."""
    lab = read_lab(DEFAULT_LAB)
    seen = status.judged(sound(), taken=NOW, duration_s=1.0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(targeting, "enter", lambda *_, **__: targeting.twin_target(lab.name, None))
    monkeypatch.setattr(connections.Connections, "sources", lambda *_: None)
    monkeypatch.setattr(status, "status", lambda *_, **__: seen)
    write_snapshot(snapshot_file(lab), FollowSnapshot(pid=7, taken=NOW, groups=(JOINED,)))
    return lab


@pytest.fixture
def running(written: Lab) -> Iterator[None]:
    lock = private_files.take_lock(follow_lock(written))
    yield
    os.close(lock)


@pytest.mark.usefixtures("running")
def test_groups_are_shown_while_a_follower_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WORDS) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "239.9.1.1" in line)
    assert "berlin, doppel-1" in row
    assert main([*WORDS, "--json"]) == 0
    (group,) = json.loads(capsys.readouterr().out)["followed"]["groups"]
    assert (group["group"], group["by"], group["live"]) == ("239.9.1.1", ["berlin", "doppel-1"], True)


@pytest.mark.usefixtures("written")
def test_what_a_follower_of_before_wrote_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WORDS) == 0
    assert "239.9.1.1" not in capsys.readouterr().out
    assert main([*WORDS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["followed"] is None
