"""Routers that answer garbage: every verb ends in words and with a documented exit code."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from garbage.heap import GARBAGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from garbage.conftest import World
    from series import Sampled

pytestmark = pytest.mark.process

VERBS = {
    "configure": ("configure",),
    "drift": ("drift", "--json"),
    "verify": ("verify", "--no-traffic", "--json"),
    "status": ("status",),
}


def of_one(router: str, asked: str, make: Callable[[str], str]) -> Callable[[str, str, str], str]:
    return lambda device, command, answer: make(answer) if (device, command) == (router, asked) else answer


@pytest.mark.parametrize("said", ["% Authorization failed.", "Command authorization failed."])
@pytest.mark.parametrize("verb", ["configure", "drift"])
def test_a_command_that_the_user_may_not_run_is_reported_as_that(world: World, verb: str, said: str) -> None:
    ended = world.run(
        *VERBS[verb], garble=lambda _d, command, answer: f"{said}\n" if command == "show ip pim neighbor" else answer
    )
    assert ended.code == 3
    assert said in ended.err
    assert "show ip pim neighbor" in ended.err


@pytest.mark.series(gate=len(GARBAGE))  # a verb a kind
@pytest.mark.parametrize("verb", ["configure", "verify", "status"])
@pytest.mark.parametrize("kind", GARBAGE)
def test_one_answer_that_is_garbage_ends_in_words(world: World, verb: str, kind: str, sampled: Sampled) -> None:
    world.run(*VERBS[verb])
    asked = [(router, command) for router in sorted(world.asked) for command in world.asked[router]]
    for router, command in sampled(asked, gate=4):
        world.run(*VERBS[verb], garble=of_one(router, command, GARBAGE[kind]))


@pytest.mark.series(gate=len(GARBAGE))
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", GARBAGE)
def test_answers_that_are_all_garbage_end_in_words(world: World, verb: str, kind: str) -> None:
    world.run(*VERBS[verb], garble=lambda _device, _command, answer: GARBAGE[kind](answer))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(max_size=200), min_size=1, max_size=5),
    seed=st.integers(0, 2**32),
    share=st.sampled_from([0.05, 0.3, 1.0]),
    verb=st.sampled_from(sorted(VERBS)),
)
def test_any_text_in_place_of_any_answers_ends_in_words(
    world: World, texts: list[str], seed: int, share: float, verb: str
) -> None:
    def garble(device: str, command: str, answer: str) -> str:
        # Routers are asked at the same time, by threads that know nothing of each other.
        chance = random.Random(f"{seed} {device} {command}")  # noqa: S311  (nothing is to be secret)
        if chance.random() >= share:
            return answer
        begin = chance.randint(0, len(answer))
        return answer[:begin] + chance.choice(texts) + answer[chance.randint(begin, len(answer)) :]

    world.run(*VERBS[verb], garble=garble)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("show ip pim neighbor", "10.0.0.1 Tunnel200 soon/later v2 1 / S P G"),
        ("show ip interface brief", "Tunnel1 10.0.0.1 PERHAPS manual up up"),
        ("show ip bgp summary", "169.254.10.1    4   70000.1   1 1 1 0 0 never Idle"),
        ("show archive config rollback timer", "Timer type: gone"),
    ],
)
@pytest.mark.parametrize("verb", ["configure", "drift"])
def test_what_is_needed_and_cannot_be_read_is_reported_with_router_command_and_line(
    world: World, verb: str, command: str, line: str
) -> None:
    ended = world.run(*VERBS[verb], garble=lambda _d, asked, answer: line + "\n" if asked == command else answer)
    assert ended.code == 3
    for router in world.rig.boxes:
        assert f"{router}: cannot read {command}: '{line.strip()}'" in ended.err.replace("\n       ", "\n")
    assert "expected " in ended.err
    assert "hint:" in ended.err
    assert "nothing was sent" in ended.err


@pytest.mark.parametrize("verb", ["verify", "status"])
def test_one_router_that_cannot_be_read_fails_its_check_and_the_others_are_looked_at(world: World, verb: str) -> None:
    first, other = world.rig.boxes
    garble = of_one(first, "show ip pim neighbor", GARBAGE["not authorised"])
    ended = world.run(verb, *(("--no-traffic",) if verb == "verify" else ()), "--json", garble=garble)
    assert ended.code == 1
    assert "Authorization failed" in ended.out
    assert f"{other} answers by SSH" in ended.out
    assert other in world.asked
