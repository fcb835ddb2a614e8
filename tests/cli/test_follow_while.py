"""A program of the user's own while groups are followed: its exit code, and nothing that stays joined behind it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from follow.test_follower import lab_of, world_of

from mcastlab.cli.follow_while import follow_while, refuse_unless_there
from mcastlab.follow.events import Kind
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from follow.world import FollowWorld


pytestmark = pytest.mark.process


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FollowWorld]:
    made = world_of(tmp_path, lab_of())
    yield made
    made.close()


def test_program_s_exit_code_is_returned_and_what_was_joined_meanwhile_is_left(
    world: FollowWorld, tmp_path: Path
) -> None:
    world.want("239.9.9.9")
    world.step()
    assert world.reported(Kind.JOINED) == ["239.9.9.9"]
    # It ends once the follower has looked.
    looked = tmp_path / "looked"
    world.follower.ports = replace(world.follower.ports, after_step=lambda _: looked.touch())
    program = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\nsys.exit(3)"
    assert follow_while(world.follower, [sys.executable, "-c", program, str(looked)]) == 3
    assert world.lines() == []


def test_program_that_a_signal_ended_has_the_exit_code_of_a_shell(world: FollowWorld) -> None:
    assert follow_while(world.follower, ["sh", "-c", "kill -9 $$"]) == 137


def test_program_that_cannot_be_run_ends_it(world: FollowWorld, tmp_path: Path) -> None:
    (tmp_path / "program").write_text("no program", encoding="utf-8")
    with pytest.raises(BadInputError, match="program cannot be run: Permission denied"):
        follow_while(world.follower, [str(tmp_path / "program")])


def test_program_is_not_run_where_the_router_is_out_of_reach(world: FollowWorld, tmp_path: Path) -> None:
    world.router.close()
    world.cut = True
    with pytest.raises(RefusedError):
        follow_while(world.follower, ["touch", str(tmp_path / "ran")])
    assert not (tmp_path / "ran").exists()


def test_program_that_is_not_there_is_bad_input() -> None:
    refuse_unless_there(())
    refuse_unless_there(["sh", "-c", "true"])
    with pytest.raises(BadInputError, match="no-such-program cannot be run"):
        refuse_unless_there(["no-such-program"])
