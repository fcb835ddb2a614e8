"""What a verification does about groups that nobody listed: it draws some, and follows them where nobody does."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from documents import LABS

from mcastlab.cli.context import Context
from mcastlab.cli.following import UNFOLLOWED, choose
from mcastlab.cli.main import parser
from mcastlab.follow.follower_lock import follow_lock
from mcastlab.lab_files import DEFAULT_LAB
from mcastlab_base import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def context(lab: Path = DEFAULT_LAB) -> Context:
    return Context(parser().parse(["verify", "--twin", "--lab", str(lab)]), (), ExitStack())


@pytest.fixture
def _followed() -> Iterator[None]:
    file = follow_lock(context().lab)
    private_files.make_folder(file.parent)
    lock = private_files.take_lock(file)
    yield
    os.close(lock)


def test_nobody_follows_and_the_verification_does_and_says_so() -> None:
    choice = choose(context(), follows=True)
    assert choice.starts
    assert choice.lab is not None
    listed = context().lab.groups
    drawn = choice.lab.groups[len(listed) :]
    assert choice.lab.groups[: len(listed)] == listed
    assert len(drawn) == 3
    (note,) = choice.notes
    assert "followed by this verification, for as long as it lasts" in note
    assert all(str(group.address) in note for group in drawn)


@pytest.mark.usefixtures("_followed")
@pytest.mark.parametrize("follows", [True, False])
def test_groups_are_drawn_where_somebody_follows_them(follows: bool) -> None:  # noqa: FBT001
    choice = choose(context(), follows=follows)
    assert choice.lab is not None
    assert not choice.starts
    assert "followed by a follower that runs already" in choice.notes[0]


def test_not_to_follow_draws_nothing_and_is_reported() -> None:
    choice = choose(context(), follows=False)
    assert (choice.lab, choice.starts) == (None, False)
    (note,) = choice.notes
    assert note.startswith("not followed: the blocks of groups are not verified, as nobody runs")
    assert "lab follow" in note


def test_lab_without_blocks_has_nothing_to_follow() -> None:
    assert choose(context(LABS / "minimal.yaml"), follows=True) is UNFOLLOWED
